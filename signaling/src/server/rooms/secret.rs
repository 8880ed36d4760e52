//! Numbers that nobody can guess.

use std::fmt;

use super::Refusal;
use crate::{ErrorCode, ResumeToken};

/// 128 random bits, kept as a number: to compare it with a guess takes the same time however close that is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(u128);

impl Secret {
    pub fn random() -> Result<Self, Refusal> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| {
            tracing::error!(%error, "no randomness");
            Refusal::new(ErrorCode::Internal, "the server cannot make an id")
        })?;
        Ok(Self(u128::from_ne_bytes(bytes)))
    }

    /// None for what was never a token.
    pub fn of(token: &ResumeToken) -> Option<Self> {
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
