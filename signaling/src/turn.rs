//! The ICE servers that a client receives, and expiring TURN credentials.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

use super::redacted::Redacted;
use browser_rtc_proto::signaling::{IceServer, PeerId};

/// A TURN server that shares a secret with the signaling server, such as coturn with `use-auth-secret` and
/// `static-auth-secret`. The user name contains the expiry time, and the password is derived from the user name and the
/// secret.
///
/// The fields are public so that a configuration can be read. The setters build one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TurnServer {
    /// The URLs of the server, such as `turn:turn.example.org?transport=udp`.
    pub urls: Vec<String>,
    /// The shared secret.
    pub secret: Redacted,
    /// The time for which credentials are valid for new allocations. An allocation ends at its first refresh after
    /// that, so the time should be longer than a call. Default: 1 day.
    pub lifetime: Duration,
}

impl TurnServer {
    /// Creates a TURN server with its URLs and the shared secret.
    #[must_use]
    pub fn new(urls: impl IntoIterator<Item = impl Into<String>>, secret: impl Into<Redacted>) -> Self {
        let urls = urls.into_iter().map(Into::into).collect();
        Self { urls, secret: secret.into(), lifetime: Duration::from_secs(86_400) }
    }

    /// Sets [`lifetime`](#structfield.lifetime).
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.urls.is_empty() && !self.secret.reveal().is_empty()
    }

    fn credentials(&self, id: &PeerId, now: SystemTime) -> IceServer {
        let expires = (now + self.lifetime).duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let username = format!("{expires}:{id}");
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.secret.reveal().as_bytes());
        let credential = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
        IceServer::new(self.urls.clone()).username(username).credential(credential)
    }
}

/// All ICE servers that clients receive.
#[derive(Debug)]
pub struct IceServers {
    fixed: Vec<IceServer>,
    turn: Option<TurnServer>,
}

impl IceServers {
    pub fn new(fixed: Vec<IceServer>, turn: Option<TurnServer>) -> Self {
        Self { fixed, turn }
    }

    /// Returns the ICE servers for a peer that joins now.
    pub fn for_peer(&self, id: &PeerId) -> Vec<IceServer> {
        let turn = self.turn.as_ref().map(|turn| turn.credentials(id, SystemTime::now()));
        self.fixed.iter().cloned().chain(turn).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_match_coturn() {
        let turn = TurnServer::new(["turn:t"], "north").lifetime(Duration::from_secs(600));
        let server = turn.credentials(&"ada".into(), UNIX_EPOCH + Duration::from_secs(1_799_999_400));
        // printf 1800000000:ada | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(server, IceServer::turn("turn:t", "1800000000:ada", "RgrCQ8LW/vH5U93IENfd8YxpOx0="));
        assert!(!format!("{turn:?}").contains("north"));
    }
}
