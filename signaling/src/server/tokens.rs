//! Who may join: tokens that somebody else signs.

use std::fmt;
use std::io;
use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use super::config::invalid;
use super::rooms::Refusal;
use super::{Hidden, signatures};
use crate::ErrorCode;

/// The JSON Web Tokens that open rooms: signed by one of these keys, with the room and perhaps the name in it.
///
/// ```
/// use browser_rtc_signaling::server::Tokens;
///
/// let tokens = Tokens::new().hs256(&"a secret of 32 characters or more".into())?;
/// # let _ = tokens;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Tokens {
    keys: Vec<(Algorithm, DecodingKey)>,
    audience: Option<String>,
    leeway: Duration,
}

/// What a token says.
#[derive(Deserialize)]
struct Claims {
    room: Option<RoomClaim>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RoomClaim {
    One(String),
    Many(Vec<String>),
}

/// HS256 is no stronger than its key: one as long as the hash is asked for (RFC 7518, section 3.2).
const SECRET_BYTES: usize = 32;

impl Default for Tokens {
    fn default() -> Self {
        Self { keys: Vec::new(), audience: None, leeway: Duration::from_secs(30) }
    }
}

impl Tokens {
    /// No key yet, and so no way in. Clocks may differ by 30 s.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes tokens that are signed with HS256 by this secret.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a secret of less than 32 bytes.
    pub fn hs256(mut self, secret: &Hidden) -> io::Result<Self> {
        let secret = secret.reveal().as_bytes();
        if secret.len() < SECRET_BYTES {
            return Err(invalid(format!("the secret for HS256 needs {SECRET_BYTES} bytes")));
        }
        self.keys.push((Algorithm::HS256, DecodingKey::from_secret(secret)));
        Ok(self)
    }

    /// Takes tokens that are signed with EdDSA by the Ed25519 key to this public key, in PEM.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for anything else.
    pub fn eddsa(mut self, pem: &[u8]) -> io::Result<Self> {
        let key = DecodingKey::from_ed_pem(pem).ok();
        let key = key.filter(|key| key.try_get_as_bytes().is_ok_and(|bytes| bytes.len() == 32));
        let key = key.ok_or_else(|| invalid("the key for EdDSA is no public Ed25519 key in PEM"))?;
        self.keys.push((Algorithm::EdDSA, key));
        Ok(self)
    }

    /// Takes only tokens that are made for this audience. Without it, the claim `aud` is not looked at.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// How far the clock of whoever signs may be from this one.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    pub(super) fn check(&self, token: Option<&str>, room: &str, name: &str) -> Result<(), Refusal> {
        let refuse = |message| Err(Refusal::new(ErrorCode::Unauthorized, message));
        let Some(token) = token else { return refuse("this server asks for a token") };
        let claims = match self.claims(token) {
            Ok(claims) => claims,
            Err(ErrorKind::ExpiredSignature) => return refuse("the token has expired"),
            Err(ErrorKind::ImmatureSignature) => return refuse("the token is not valid yet"),
            // What exactly is wrong is no help to an honest client.
            Err(_) => return refuse("the token is not valid"),
        };
        if !claims.room.is_some_and(|claim| claim.opens(room.trim())) {
            return refuse("the token is not for this room");
        }
        if claims.name.is_some_and(|claim| claim.trim() != name.trim()) {
            return refuse("the token is not for this name");
        }
        Ok(())
    }

    fn claims(&self, token: &str) -> Result<Claims, ErrorKind> {
        signatures::install();
        let mut wrong = ErrorKind::InvalidToken;
        for (algorithm, key) in &self.keys {
            match decode(token, key, &self.validation(*algorithm)) {
                Ok(data) => return Ok(data.claims),
                Err(error) => match error.into_kind() {
                    // Another key may be the one.
                    ErrorKind::InvalidAlgorithm | ErrorKind::InvalidSignature => {}
                    kind => wrong = kind,
                },
            }
        }
        Err(wrong)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.leeway.as_secs();
        validation.validate_nbf = true;
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.set_required_spec_claims(&["exp", "aud"]);
            }
            None => validation.validate_aud = false,
        }
        validation
    }
}

impl RoomClaim {
    fn opens(&self, room: &str) -> bool {
        let fits = |claim: &String| claim == "*" || claim.trim() == room;
        match self {
            Self::One(claim) => fits(claim),
            Self::Many(claims) => claims.iter().any(fits),
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.keys.iter().map(|(algorithm, _)| algorithm).collect();
        f.debug_struct("Tokens")
            .field("keys", &algorithms)
            .field("audience", &self.audience)
            .field("leeway", &self.leeway)
            .finish()
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
