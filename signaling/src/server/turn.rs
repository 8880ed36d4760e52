//! The ICE servers that a client is given, and credentials for a relay that do not last.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::{Config, Hidden};
use crate::{IceServer, PeerId};

/// A TURN server that shares a secret with this one, in coturn's scheme for a REST API (`use-auth-secret` and
/// `static-auth-secret`): the name says until when it is good, and the password is made from the name and the secret.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The URLs of the server, such as `turn:turn.example.org?transport=udp`.
    pub urls: Vec<String>,
    /// What it shares with this one.
    pub secret: Hidden,
    /// How long the credentials can be used for new allocations. An allocation outlives them no longer than until it is
    /// to be refreshed: longer than a call is a good choice.
    pub lifetime: Duration,
}

impl Turn {
    fn server(&self, id: &PeerId, now: SystemTime) -> IceServer {
        let expires = (now + self.lifetime).duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let username = format!("{expires}:{id}");
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.secret.reveal().as_bytes());
        let credential = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
        IceServer::new(self.urls.clone()).username(username).credential(credential)
    }
}

/// All that clients are given.
#[derive(Debug)]
pub struct IceServers {
    fixed: Vec<IceServer>,
    turn: Option<Turn>,
}

impl IceServers {
    pub fn new(config: &Config) -> Self {
        Self { fixed: config.ice_servers.clone(), turn: config.turn.clone() }
    }

    /// Of this moment.
    pub fn of(&self, id: &PeerId) -> Vec<IceServer> {
        let turn = self.turn.as_ref().map(|turn| turn.server(id, SystemTime::now()));
        self.fixed.iter().cloned().chain(turn).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_made_as_coturn_makes_them() {
        let turn = Turn { urls: vec!["turn:t".into()], secret: "north".into(), lifetime: Duration::from_secs(600) };
        let server = turn.server(&"ada".into(), UNIX_EPOCH + Duration::from_secs(1_799_999_400));
        // printf 1800000000:ada | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(server, IceServer::turn("turn:t", "1800000000:ada", "RgrCQ8LW/vH5U93IENfd8YxpOx0="));
        assert!(!format!("{turn:?}").contains("north"));
    }
}
