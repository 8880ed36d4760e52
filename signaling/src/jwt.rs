//! Verification of the tokens that clients need to join.

use std::{fmt, io, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::ErrorKind};
use serde::Deserialize;

use super::{error::invalid_input, jwt_crypto, redacted::Redacted, refusal::Refusal};
use browser_rtc_proto::signaling::ErrorCode;

/// A verifier of JSON Web Tokens that permit clients to join rooms. A valid token is signed by one of the keys, and has
/// a claim for the room and optionally one for the name.
///
/// ```
/// use browser_rtc_signaling::JwtVerifier;
///
/// let verifier = JwtVerifier::new().hs256(&"a secret of 32 characters or more".into())?;
/// # let _ = verifier;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct JwtVerifier {
    keys: Vec<(Algorithm, DecodingKey)>,
    audience: Option<String>,
    leeway: Duration,
}

/// The claims of a token.
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

/// The minimum length of a secret for HS256: that of the hash (RFC 7518, section 3.2).
const MIN_SECRET_BYTES: usize = 32;

impl Default for JwtVerifier {
    fn default() -> Self {
        Self { keys: Vec::new(), audience: None, leeway: Duration::from_secs(30) }
    }
}

impl JwtVerifier {
    /// Creates a verifier without keys, which accepts no token, and with a leeway of 30 s.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret for tokens signed with HS256.
    ///
    /// # Errors
    /// Returns [`InvalidInput`](io::ErrorKind::InvalidInput) if the secret has less than 32 bytes.
    pub fn hs256(mut self, secret: &Redacted) -> io::Result<Self> {
        let secret = secret.reveal().as_bytes();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(invalid_input(format!("the secret for HS256 needs at least {MIN_SECRET_BYTES} bytes")));
        }
        self.keys.push((Algorithm::HS256, DecodingKey::from_secret(secret)));
        Ok(self)
    }

    /// Adds a public Ed25519 key, in PEM, for tokens signed with EdDSA.
    ///
    /// # Errors
    /// Returns [`InvalidInput`](io::ErrorKind::InvalidInput) if the text is not such a key.
    pub fn eddsa(mut self, pem: &[u8]) -> io::Result<Self> {
        let key = DecodingKey::from_ed_pem(pem).ok();
        let key = key.filter(|key| key.try_get_as_bytes().is_ok_and(|bytes| bytes.len() == 32));
        let key = key.ok_or_else(|| invalid_input("the key for EdDSA is not a public Ed25519 key in PEM"))?;
        self.keys.push((Algorithm::EdDSA, key));
        Ok(self)
    }

    /// Sets the required audience of tokens. By default, the claim `aud` is ignored.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Sets the tolerance for differences between the clocks of this server and the token issuer.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    pub(super) fn verify(&self, token: Option<&str>, room: &str, name: &str) -> Result<(), Refusal> {
        let refuse = |message| Err(Refusal::new(ErrorCode::Unauthorized, message));
        let Some(token) = token else { return refuse("this server requires a token") };
        let claims = match self.claims(token) {
            Ok(claims) => claims,
            Err(ErrorKind::ExpiredSignature) => return refuse("the token has expired"),
            Err(ErrorKind::ImmatureSignature) => return refuse("the token is not valid yet"),
            // Details would only help an attacker.
            Err(_) => return refuse("the token is not valid"),
        };
        if !claims.room.is_some_and(|claim| claim.includes(room.trim())) {
            return refuse("the token is not for this room");
        }
        if claims.name.is_some_and(|claim| claim.trim() != name.trim()) {
            return refuse("the token is not for this name");
        }
        Ok(())
    }

    fn claims(&self, token: &str) -> Result<Claims, ErrorKind> {
        jwt_crypto::install();
        let mut last_error = ErrorKind::InvalidToken;
        for (algorithm, key) in &self.keys {
            match decode(token, key, &self.validation(*algorithm)) {
                Ok(data) => return Ok(data.claims),
                Err(error) => match error.into_kind() {
                    // Another key may match.
                    ErrorKind::InvalidAlgorithm | ErrorKind::InvalidSignature => {}
                    kind => last_error = kind,
                },
            }
        }
        Err(last_error)
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
    fn includes(&self, room: &str) -> bool {
        let matches = |claim: &String| claim == "*" || claim.trim() == room;
        match self {
            Self::One(claim) => matches(claim),
            Self::Many(claims) => claims.iter().any(matches),
        }
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.keys.iter().map(|(algorithm, _)| algorithm).collect();
        f.debug_struct("JwtVerifier")
            .field("keys", &algorithms)
            .field("audience", &self.audience)
            .field("leeway", &self.leeway)
            .finish()
    }
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
