//! The URL of a blob.

use browser_rtc::{Error, Result};
use web_sys::{Blob, Url};

/// A URL under which the page can show and save a blob. It is revoked on drop.
pub struct ObjectUrl(String);

impl ObjectUrl {
    pub fn new(blob: &Blob) -> Result<Self> {
        let url = Url::create_object_url_with_blob(blob).map_err(|thrown| Error::from_js("createObjectURL", thrown))?;
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _revoked = Url::revoke_object_url(&self.0);
    }
}
