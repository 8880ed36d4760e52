//! SHA-256 by the browser, beside the page's own thread.

use browser_rtc_proto::files::Digest;
use js_sys::{Object, Uint8Array};

use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{crypto, promise::Promise},
};

const OPERATION: &str = "digest";

/// Whether this page can hash at all.
pub(super) fn check() -> Result<()> {
    subtle().map(drop)
}

fn subtle() -> Result<crypto::SubtleCrypto> {
    crypto::subtle().ok_or_else(|| {
        let message = "files are hashed by crypto.subtle, which only secure pages have: serve this one over https, or \
                       from localhost";
        Error::new(OPERATION, ErrorKind::NotSupported, message)
    })
}

/// A digest under way. The bytes were copied by the browser already.
pub(super) struct Hashing(Promise);

pub(super) fn begin(bytes: &Object) -> Result<Hashing> {
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

/// The digest of digests, one after the other: what stands for the whole file.
pub(super) async fn of_all(digests: &[Digest]) -> Result<Digest> {
    let bytes: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
    begin(&Uint8Array::from(&*bytes))?.done().await
}
