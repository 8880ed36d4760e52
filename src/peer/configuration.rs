//! How a connection finds its way to the peer.

use js_sys::{Array, Object};
use serde::{Deserialize, Serialize};

use crate::{spec_enum::spec_enum, sys::global};

spec_enum! {
    /// Which candidates may be used.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicetransportpolicy-enum)
    #[doc(alias = "RTCIceTransportPolicy")]
    IceTransportPolicy {
        /// Only through a TURN server, which hides one's address from the peer.
        #[doc(alias = "RTCIceTransportPolicy.relay")]
        Relay = "relay",
        /// Any, as is the default.
        #[doc(alias = "RTCIceTransportPolicy.all")]
        All = "all",
    }
}

spec_enum! {
    /// How media shares transports with a peer that cannot bundle.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcbundlepolicy-enum)
    #[doc(alias = "RTCBundlePolicy")]
    BundlePolicy {
        /// One transport a kind of media, as is the default.
        #[doc(alias = "RTCBundlePolicy.balanced")]
        Balanced = "balanced",
        /// One transport a track.
        #[doc(alias = "RTCBundlePolicy.max-compat")]
        MaxCompat = "max-compat",
        /// One transport for everything.
        #[doc(alias = "RTCBundlePolicy.max-bundle")]
        MaxBundle = "max-bundle",
    }
}

/// A STUN or TURN server. [Specification](https://www.w3.org/TR/webrtc/#rtciceserver-dictionary)
#[doc(alias = "RTCIceServer")]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:host`, `turn:host?transport=udp`, `turns:host` …
    #[doc(alias = "RTCIceServer.urls")]
    pub urls: Vec<String>,
    /// The user's name, for TURN.
    #[doc(alias = "RTCIceServer.username")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's password, for TURN.
    #[doc(alias = "RTCIceServer.credential")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl IceServer {
    /// A server that tells us our public address.
    pub fn stun(url: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], username: None, credential: None }
    }

    /// A server that relays for its users.
    pub fn turn(url: impl Into<String>, username: impl Into<String>, credential: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], username: Some(username.into()), credential: Some(credential.into()) }
    }

    fn to_js(&self) -> Object {
        let object = Object::new();
        let urls: Array = self.urls.iter().map(|url| wasm_bindgen::JsValue::from_str(url)).collect();
        global::set(&object, "urls", &urls);
        for (name, value) in [("username", &self.username), ("credential", &self.credential)] {
            if let Some(value) = value {
                global::set(&object, name, &value.as_str().into());
            }
        }
        object
    }
}

/// Without the credential, as this is what gets logged.
impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).field("username", &self.username).finish_non_exhaustive()
    }
}

/// How a [`PeerConnection`](super::PeerConnection) is set up. The default has no ICE servers: peers on one network
/// find each other, and others need a STUN or TURN server of yours.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcconfiguration-dictionary)
///
/// ```
/// use browser_rtc::peer::{Configuration, IceServer};
///
/// let configuration = Configuration::new()
///     .ice_server(IceServer::stun("stun:stun.example.org"))
///     .ice_server(IceServer::turn("turn:turn.example.org", "ada", "secret"));
/// # let _ = configuration;
/// ```
#[doc(alias = "RTCConfiguration")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Configuration {
    /// STUN and TURN servers.
    #[doc(alias = "RTCConfiguration.iceServers")]
    pub ice_servers: Vec<IceServer>,
    /// Which candidates may be used; the browser's default is [`IceTransportPolicy::All`].
    #[doc(alias = "RTCConfiguration.iceTransportPolicy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_transport_policy: Option<IceTransportPolicy>,
    /// How media shares transports; the browser's default is [`BundlePolicy::Balanced`].
    #[doc(alias = "RTCConfiguration.bundlePolicy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_policy: Option<BundlePolicy>,
    /// How many transports gather candidates ahead of time, 0 to 255; the browser's default is 0.
    #[doc(alias = "RTCConfiguration.iceCandidatePoolSize")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_candidate_pool_size: Option<u8>,
}

impl Configuration {
    /// The defaults: no servers, all candidates.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a server.
    #[must_use]
    pub fn ice_server(mut self, server: IceServer) -> Self {
        self.ice_servers.push(server);
        self
    }

    /// Says which candidates may be used.
    #[must_use]
    pub fn ice_transport_policy(mut self, policy: IceTransportPolicy) -> Self {
        self.ice_transport_policy = Some(policy);
        self
    }

    /// Says how media shares transports.
    #[must_use]
    pub fn bundle_policy(mut self, policy: BundlePolicy) -> Self {
        self.bundle_policy = Some(policy);
        self
    }

    /// Has candidates gathered ahead of time.
    #[must_use]
    pub fn ice_candidate_pool_size(mut self, transports: u8) -> Self {
        self.ice_candidate_pool_size = Some(transports);
        self
    }

    pub(super) fn to_js(&self) -> Object {
        let object = Object::new();
        if !self.ice_servers.is_empty() {
            let servers: Array = self.ice_servers.iter().map(IceServer::to_js).collect();
            global::set(&object, "iceServers", &servers);
        }
        if let Some(policy) = &self.ice_transport_policy {
            global::set(&object, "iceTransportPolicy", &policy.as_str().into());
        }
        if let Some(policy) = &self.bundle_policy {
            global::set(&object, "bundlePolicy", &policy.as_str().into());
        }
        if let Some(transports) = self.ice_candidate_pool_size {
            global::set(&object, "iceCandidatePoolSize", &transports.into());
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_travels_as_the_specification_spells_it() {
        let configuration = Configuration::new()
            .ice_server(IceServer::turn("turn:t.example", "ada", "secret"))
            .ice_transport_policy(IceTransportPolicy::Relay);
        let expected = serde_json::json!({
            "iceServers": [{ "urls": ["turn:t.example"], "username": "ada", "credential": "secret" }],
            "iceTransportPolicy": "relay",
        });
        assert_eq!(serde_json::to_value(&configuration).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Configuration>(expected).unwrap(), configuration);
    }

    #[test]
    fn the_credential_is_not_logged() {
        let logged = format!("{:?}", IceServer::turn("turn:t.example", "ada", "secret"));
        assert!(!logged.contains("secret"), "{logged}");
    }
}
