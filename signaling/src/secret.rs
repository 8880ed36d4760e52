//! Random secrets.

use std::fmt;

use super::refusal::Refusal;
use browser_rtc_proto::signaling::{ErrorCode, ResumeToken};

/// A secret of 128 random bits, stored as a number so that comparisons take constant time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(u128);

impl Secret {
    pub fn random() -> Result<Self, Refusal> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| {
            tracing::error!(%error, "cannot read random bytes from the system");
            Refusal::new(ErrorCode::Internal, "the server cannot generate an id")
        })?;
        Ok(Self(u128::from_ne_bytes(bytes)))
    }

    /// Returns the secret of a resume token, or `None` if the text is malformed.
    pub fn from_token(token: &ResumeToken) -> Option<Self> {
        let text = token.as_str();
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    pub fn hex(self) -> String {
        format!("{:032x}", self.0)
    }

    pub fn token(self) -> ResumeToken {
        self.hex().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
