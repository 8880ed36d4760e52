//! SHA-256 hashes, which the browser computes off the main thread.

use browser_rtc_proto::files::Digest;
use js_sys::{Object, Uint8Array};

use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{crypto, promise::Promise},
};

const OPERATION: &str = "digest";

/// Checks that the page can compute hashes.
pub(super) fn check() -> Result<()> {
    subtle().map(drop)
}

fn subtle() -> Result<crypto::SubtleCrypto> {
    crypto::subtle().ok_or_else(|| {
        let message = "file transfers require crypto.subtle, which only secure pages have: serve the page over https, \
                       or from localhost";
        Error::new(OPERATION, ErrorKind::NotSupported, message)
    })
}

/// A hash that is being computed. The browser has copied the bytes.
pub(super) struct Hashing(Promise);

pub(super) fn start(bytes: &Object) -> Result<Hashing> {
    subtle()?.digest("SHA-256", bytes).during(OPERATION).map(Hashing)
}

impl Hashing {
    pub(super) async fn done(self) -> Result<Digest> {
        let buffer = settled_for_good(OPERATION, Ok(self.0)).await?;
        let mut digest = [0; 32];
        let bytes = Uint8Array::new(&buffer);
        if bytes.length() == 32 {
            bytes.copy_to(&mut digest);
        }
        Ok(Digest(digest))
    }
}

/// Returns the hash of concatenated hashes.
pub(super) async fn combine(digests: &[Digest]) -> Result<Digest> {
    let bytes: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
    start(&Uint8Array::from(&*bytes))?.done().await
}
