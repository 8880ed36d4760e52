//! The configuration of a connection.

use browser_rtc_proto::{
    as_dictionary, dictionary, spec_enum,
    webidl::{self, FromIdl},
};
use js_sys::{Array, Object};
use serde::{
    Deserializer, Serialize,
    de::{IgnoredAny, MapAccess, SeqAccess},
};
use wasm_bindgen::{JsCast, JsValue};

use super::{Certificate, PeerConnection};
use crate::{
    error::{During, Result},
    members::{Members, member_setter},
    sys::global,
};

spec_enum! {
    /// The candidates that may be used.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicetransportpolicy-enum)
    #[doc(alias = "RTCIceTransportPolicy")]
    IceTransportPolicy {
        /// Candidates of TURN servers only, which hides the local address from the remote peer.
        #[doc(alias = "RTCIceTransportPolicy.relay")]
        Relay = "relay",
        /// All candidates. This is the default.
        #[doc(alias = "RTCIceTransportPolicy.all")]
        All = "all",
    }
}

spec_enum! {
    /// The sharing of transports with a remote peer that cannot bundle.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcbundlepolicy-enum)
    #[doc(alias = "RTCBundlePolicy")]
    BundlePolicy {
        /// One transport for each kind of media. This is the default.
        #[doc(alias = "RTCBundlePolicy.balanced")]
        Balanced = "balanced",
        /// One transport for each track.
        #[doc(alias = "RTCBundlePolicy.max-compat")]
        MaxCompat = "max-compat",
        /// One transport for everything.
        #[doc(alias = "RTCBundlePolicy.max-bundle")]
        MaxBundle = "max-bundle",
    }
}

spec_enum! {
    /// The sharing of a transport by RTP and RTCP. The current specification always requires it.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcrtcpmuxpolicy-enum)
    #[doc(alias = "RTCRtcpMuxPolicy")]
    RtcpMuxPolicy {
        /// RTP and RTCP share a transport, and a remote peer that does not support it is rejected.
        #[doc(alias = "RTCRtcpMuxPolicy.require")]
        Require = "require",
    }
}

/// A STUN or TURN server. [Specification](https://www.w3.org/TR/webrtc/#rtciceserver-dictionary)
#[doc(alias = "RTCIceServer")]
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IceServer {
    /// The URLs, such as `stun:host`, `turn:host?transport=udp` or `turns:host`.
    ///
    /// Serialized as a list; deserialized from a list or from one string.
    #[doc(alias = "RTCIceServer.urls")]
    pub urls: Vec<String>,
    /// The user name, for TURN.
    #[doc(alias = "RTCIceServer.username")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password, for TURN.
    #[doc(alias = "RTCIceServer.credential")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

impl IceServer {
    /// Creates a STUN server, which reports the public address of the local peer, such as `stun:stun.example.org`.
    pub fn stun(url: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], username: None, credential: None, other: Members::new() }
    }

    /// Creates a TURN server, which relays media and data for its users, such as `turn:turn.example.org`.
    pub fn turn(url: impl Into<String>, username: impl Into<String>, credential: impl Into<String>) -> Self {
        let (username, credential) = (Some(username.into()), Some(credential.into()));
        Self { username, credential, ..Self::stun(url) }
    }

    member_setter!();

    // Written by hand for the size of the program, as in `convert`.
    fn to_js(&self) -> Object {
        let object = Object::new();
        let urls: Array = self.urls.iter().map(|url| JsValue::from_str(url)).collect();
        global::set(&object, "urls", &urls);
        for (name, value) in [("username", &self.username), ("credential", &self.credential)] {
            if let Some(value) = value {
                global::set_text(&object, name, value);
            }
        }
        self.other.write(&object);
        object
    }

    fn from_js(server: &JsValue) -> Self {
        // Chromium returns empty strings for absent members.
        let text = |member| global::get(server, member).as_string().filter(|text| !text.is_empty());
        // Firefox returns a `credentialType` of an earlier specification, which can only be `password`.
        const KNOWN: [&str; 4] = ["urls", "username", "credential", "credentialType"];
        let urls = global::get(server, "urls");
        let urls = if urls.is_string() { vec![urls] } else { global::items(&urls) };
        Self {
            urls: urls.iter().filter_map(JsValue::as_string).collect(),
            username: text("username"),
            credential: text("credential"),
            other: Members::except(&KNOWN, server),
        }
    }
}

impl<'de> webidl::Dictionary<'de> for IceServer {
    const MEMBERS: &'static [&'static str] = &["urls", "username", "credential"];
    const REQUIRED: &'static [&'static str] = &["urls"];

    fn empty() -> Self {
        Self { urls: Vec::new(), username: None, credential: None, other: Members::new() }
    }

    fn read_member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> std::result::Result<bool, M::Error> {
        match name {
            "urls" => {
                let mut urls = Urls(Vec::new());
                let is_present = webidl::member(map, &mut urls)?;
                self.urls = urls.0;
                Ok(is_present)
            }
            "username" => webidl::member(map, &mut self.username),
            "credential" => webidl::member(map, &mut self.credential),
            _ => map.next_value::<IgnoredAny>().map(|_| false),
        }
    }

    fn read_sequence<S: SeqAccess<'de>>(mut sequence: S) -> std::result::Result<Self, S::Error> {
        let mut server = Self::empty();
        webidl::element(&mut sequence, &mut server.urls)?;
        webidl::element(&mut sequence, &mut server.username)?;
        webidl::element(&mut sequence, &mut server.credential)?;
        Ok(server)
    }
}

as_dictionary!(IceServer);

/// A URL or a list of URLs.
struct Urls(Vec<String>);

impl<'de> webidl::Union<'de> for Urls {
    const EXPECTED: &'static str = "a URL or a list of URLs";

    fn from_primitive<D: Deserializer<'de>>(url: D) -> std::result::Result<Self, D::Error> {
        String::from_idl(url).map(|url| Self(vec![url]))
    }

    fn from_list<D: Deserializer<'de>>(urls: D) -> std::result::Result<Self, D::Error> {
        Vec::from_idl(urls).map(Self)
    }
}

impl<'de> FromIdl<'de> for Urls {
    fn from_idl<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        webidl::union(deserializer)
    }
}

/// Omits the credential, so that it is not logged.
impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).field("username", &self.username).finish_non_exhaustive()
    }
}

/// The configuration of a [`PeerConnection`](super::PeerConnection).
/// [Specification](https://www.w3.org/TR/webrtc/#rtcconfiguration-dictionary)
///
/// The default has no ICE servers. Peers in one network connect without servers; peers in different networks need a
/// STUN or TURN server.
///
/// ```
/// use browser_rtc::peer::{Configuration, IceServer};
///
/// let configuration = Configuration::new()
///     .ice_server(IceServer::stun("stun:stun.example.org"))
///     .ice_server(IceServer::turn("turn:turn.example.org", "ada", "secret"));
/// // Only through the relay, which hides the local address from the remote peer:
/// let relayed = configuration.clone().ice_transport_policy(browser_rtc::peer::IceTransportPolicy::Relay);
/// # let _ = (configuration, relayed);
/// ```
#[doc(alias = "RTCConfiguration")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Configuration {
    /// STUN and TURN servers.
    #[doc(alias = "RTCConfiguration.iceServers")]
    pub ice_servers: Vec<IceServer>,
    /// The candidates that may be used; the browser's default is [`IceTransportPolicy::All`].
    #[doc(alias = "RTCConfiguration.iceTransportPolicy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_transport_policy: Option<IceTransportPolicy>,
    /// The sharing of transports; the browser's default is [`BundlePolicy::Balanced`].
    #[doc(alias = "RTCConfiguration.bundlePolicy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_policy: Option<BundlePolicy>,
    /// The sharing of a transport by RTP and RTCP; the browser's default is [`RtcpMuxPolicy::Require`].
    #[doc(alias = "RTCConfiguration.rtcpMuxPolicy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtcp_mux_policy: Option<RtcpMuxPolicy>,
    /// The certificates of the connection; if the list is empty, the browser generates one. Of several certificates
    /// with different algorithms, the remote peer chooses one. Firefox accepts only one certificate. They are not
    /// serialized.
    #[doc(alias = "RTCConfiguration.certificates")]
    #[serde(skip)]
    pub certificates: Vec<Certificate>,
    /// The number of transports that gather candidates ahead of time, 0 to 255; the browser's default is 0. Firefox
    /// ignores it.
    #[doc(alias = "RTCConfiguration.iceCandidatePoolSize")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_candidate_pool_size: Option<u8>,
    /// True adds a section for data channels to each offer, even if no channel has been created; the browser's default
    /// is false. Chromium supports it, Firefox ignores it.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#always-negotiating-datachannels)
    #[doc(alias = "RTCConfiguration.alwaysNegotiateDataChannels")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub always_negotiate_data_channels: Option<bool>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    Configuration = Self::default(),
    required [],
    ice_servers / "iceServers",
    ice_transport_policy / "iceTransportPolicy",
    bundle_policy / "bundlePolicy",
    rtcp_mux_policy / "rtcpMuxPolicy",
    ice_candidate_pool_size / "iceCandidatePoolSize",
    always_negotiate_data_channels / "alwaysNegotiateDataChannels",
}

impl Configuration {
    /// Creates the default configuration, without servers.
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

    /// Sets which candidates may be used.
    #[must_use]
    pub fn ice_transport_policy(mut self, policy: IceTransportPolicy) -> Self {
        self.ice_transport_policy = Some(policy);
        self
    }

    /// Sets how media shares transports.
    #[must_use]
    pub fn bundle_policy(mut self, policy: BundlePolicy) -> Self {
        self.bundle_policy = Some(policy);
        self
    }

    /// Sets whether RTP and RTCP share a transport.
    #[must_use]
    pub fn rtcp_mux_policy(mut self, policy: RtcpMuxPolicy) -> Self {
        self.rtcp_mux_policy = Some(policy);
        self
    }

    /// Adds a certificate.
    #[must_use]
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Sets the number of transports that gather candidates ahead of time.
    #[must_use]
    pub fn ice_candidate_pool_size(mut self, transports: u8) -> Self {
        self.ice_candidate_pool_size = Some(transports);
        self
    }

    /// Sets whether each offer has a section for data channels.
    #[must_use]
    pub fn always_negotiate_data_channels(mut self, always: bool) -> Self {
        self.always_negotiate_data_channels = Some(always);
        self
    }

    member_setter!();

    // Written by hand for the size of the program, as in `convert`.
    pub(super) fn to_js(&self) -> Object {
        let object = Object::new();
        if !self.ice_servers.is_empty() {
            let servers: Array = self.ice_servers.iter().map(IceServer::to_js).collect();
            global::set(&object, "iceServers", &servers);
        }
        if let Some(policy) = &self.ice_transport_policy {
            global::set_text(&object, "iceTransportPolicy", policy.as_str());
        }
        if let Some(policy) = &self.bundle_policy {
            global::set_text(&object, "bundlePolicy", policy.as_str());
        }
        if let Some(policy) = &self.rtcp_mux_policy {
            global::set_text(&object, "rtcpMuxPolicy", policy.as_str());
        }
        if !self.certificates.is_empty() {
            let certificates: Array = self.certificates.iter().map(Certificate::as_raw).collect();
            global::set(&object, "certificates", &certificates);
        }
        if let Some(transports) = self.ice_candidate_pool_size {
            global::set(&object, "iceCandidatePoolSize", &transports.into());
        }
        if let Some(always) = self.always_negotiate_data_channels {
            global::set(&object, "alwaysNegotiateDataChannels", &always.into());
        }
        self.other.write(&object);
        object
    }

    pub(super) fn from_js(configuration: &JsValue) -> Self {
        let text = |member| global::get(configuration, member).as_string();
        let list = |member| global::items(&global::get(configuration, member));
        Self {
            ice_servers: list("iceServers").iter().map(IceServer::from_js).collect(),
            ice_transport_policy: text("iceTransportPolicy").map(|policy| policy.as_str().into()),
            bundle_policy: text("bundlePolicy").map(|policy| policy.as_str().into()),
            rtcp_mux_policy: text("rtcpMuxPolicy").map(|policy| policy.as_str().into()),
            certificates: certificates(configuration),
            ice_candidate_pool_size: global::integer(configuration, "iceCandidatePoolSize"),
            always_negotiate_data_channels: global::get(configuration, "alwaysNegotiateDataChannels").as_bool(),
            other: Members::except(&KNOWN, configuration),
        }
    }
}

fn certificates(configuration: &JsValue) -> Vec<Certificate> {
    let raw = global::items(&global::get(configuration, "certificates")).into_iter();
    raw.map(|raw| Certificate::from_raw(raw.unchecked_into())).collect()
}

/// The members of [`Configuration`] in JavaScript.
const KNOWN: [&str; 7] = [
    "iceServers",
    "iceTransportPolicy",
    "bundlePolicy",
    "rtcpMuxPolicy",
    "certificates",
    "iceCandidatePoolSize",
    "alwaysNegotiateDataChannels",
];

/// The configuration of a live connection.
impl PeerConnection {
    /// Returns the current configuration. Members that the browser does not report are absent.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getconfiguration)
    #[doc(alias = "RTCPeerConnection.getConfiguration")]
    #[must_use]
    pub fn configuration(&self) -> Configuration {
        global::call(&self.0.raw, "getConfiguration")
            .and_then(std::result::Result::ok)
            .map(|configuration| Configuration::from_js(&configuration))
            .unwrap_or_default()
    }

    /// Reads a JavaScript value with the rules and the errors of the browser's constructor.
    #[cfg(feature = "npm")]
    pub(crate) fn configuration_from(operation: &'static str, value: &Object) -> Result<Configuration> {
        super::supported(operation)?;
        let pc = Self::wrap(crate::sys::peer_connection::PeerConnection::new(value).during(operation)?, true);
        let mut configuration = pc.configuration();
        // Not every browser returns the certificates.
        if configuration.certificates.is_empty() {
            configuration.certificates = certificates(value);
        }
        Ok(configuration)
    }

    /// Replaces the configuration as a whole: absent members get their defaults. New servers and a new policy take
    /// effect with the next gathering, such as after [`restart_ice`](Self::restart_ice).
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-setconfiguration)
    ///
    /// ```no_run
    /// # use browser_rtc::{peer::{IceServer, PeerConnection}, Result};
    /// # fn example(pc: &PeerConnection, server: IceServer) -> Result<()> {
    /// let mut configuration = pc.configuration();
    /// configuration.ice_servers = vec![server];
    /// pc.set_configuration(&configuration)?;
    /// pc.restart_ice()
    /// # }
    /// ```
    ///
    /// # Errors
    /// The configuration does not change if one of these occurs:
    /// - `InvalidModification` if the bundle policy, the rtcp-mux policy or the certificates differ, or if the
    ///   candidate pool differs once a local description is set.
    /// - `Syntax` for a malformed server URL.
    /// - `InvalidAccess` for a TURN server without credentials.
    /// - `Type` for an unknown policy.
    /// - `Closed` if the connection is closed.
    #[doc(alias = "RTCPeerConnection.setConfiguration")]
    pub fn set_configuration(&self, configuration: &Configuration) -> Result<()> {
        const OPERATION: &str = "setConfiguration";
        self.open(OPERATION)?.set_configuration_to(&configuration.to_js()).during(OPERATION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_serializes_as_specified() {
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
    fn credential_is_not_logged() {
        let logged = format!("{:?}", IceServer::turn("turn:t.example", "ada", "secret"));
        assert!(!logged.contains("secret"), "{logged}");
    }
}
