//! Identities of peers, asserted by an identity provider. Only Firefox supports them.

use browser_rtc_proto::dictionary;
use serde::Serialize;
use wasm_bindgen::JsCast;

use super::PeerConnection;
use crate::{
    dictionary::{self, js_members},
    error::{During, Error, ErrorKind, Result},
    members::{Members, member_setter},
    promise::settled,
    sys::{global, promise::Promise},
};

/// The identity provider of the local peer.
/// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcidentityprovideroptions)
#[doc(alias = "RTCIdentityProviderOptions")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityProvider {
    #[serde(skip)]
    domain: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username_hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_identity: Option<String>,
    #[serde(skip)]
    other: Members,
}

dictionary! {
    IdentityProvider = Self::new(""),
    required [],
    protocol / "protocol",
    username_hint / "usernameHint",
    peer_identity / "peerIdentity",
}

js_members!(IdentityProvider: ; other);

impl IdentityProvider {
    /// Creates the provider of a domain, such as `idp.example.org`.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), protocol: None, username_hint: None, peer_identity: None, other: Members::new() }
    }

    /// Sets the protocol of the provider; the browser's default is `default`.
    #[doc(alias = "RTCIdentityProviderOptions.protocol")]
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocol = Some(protocol.into());
        self
    }

    /// Sets a hint of the user's name at the provider.
    #[doc(alias = "RTCIdentityProviderOptions.usernameHint")]
    #[must_use]
    pub fn username_hint(mut self, username_hint: impl Into<String>) -> Self {
        self.username_hint = Some(username_hint.into());
        self
    }

    /// Sets the identity that the remote peer requests.
    #[doc(alias = "RTCIdentityProviderOptions.peerIdentity")]
    #[must_use]
    pub fn peer_identity(mut self, peer_identity: impl Into<String>) -> Self {
        self.peer_identity = Some(peer_identity.into());
        self
    }

    member_setter!();
}

/// The asserted identity of the remote peer.
/// [Specification](https://www.w3.org/TR/webrtc-identity/#rtcidentityassertion-interface)
#[doc(alias = "RTCIdentityAssertion")]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct IdentityAssertion {
    /// The domain of the identity provider.
    #[doc(alias = "RTCIdentityAssertion.idp")]
    pub idp: String,
    /// The name of the remote peer at the provider, such as `ada@example.org`.
    #[doc(alias = "RTCIdentityAssertion.name")]
    pub name: String,
}

dictionary! {
    IdentityAssertion = Self { idp: String::new(), name: String::new() },
    required ["idp", "name"],
    idp / "idp",
    name / "name",
}

js_members!(IdentityAssertion:);

/// Identities. Only Firefox supports them; in other browsers these functions fail with `NotSupported`.
///
/// ```no_run
/// # use browser_rtc::{peer::{IdentityProvider, PeerConnection}, Result};
/// # async fn example(pc: &PeerConnection, greet: impl Fn(String)) -> Result<()> {
/// pc.set_identity_provider(&IdentityProvider::new("idp.example.org"))?; // before the offer or the answer
/// pc.set_local_description().await?;
/// greet(pc.peer_identity().await?.name);
/// # Ok(()) }
/// ```
impl PeerConnection {
    /// Sets the provider of the local identity, whose assertion is part of later descriptions.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-setidentityprovider)
    ///
    /// # Errors
    /// - `NotSupported` if the browser does not support identities.
    /// - `Closed` if the connection is closed.
    /// - `Syntax` for an invalid domain.
    #[doc(alias = "RTCPeerConnection.setIdentityProvider")]
    pub fn set_identity_provider(&self, provider: &IdentityProvider) -> Result<()> {
        const OPERATION: &str = "setIdentityProvider";
        self.check_support(OPERATION)?;
        self.open(OPERATION)?.set_identity_provider_to(&provider.domain, &dictionary::to_js(provider)).during(OPERATION)
    }

    /// Returns the provider's assertion of the local identity, encoded as in a description. The browser requests it for
    /// the next description in any case; this function reports a failure earlier.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-getidentityassertion)
    ///
    /// # Errors
    /// - `NotSupported` if the browser does not support identities.
    /// - `Closed` if the connection is closed.
    /// - `InvalidState` if no provider is set.
    /// - `Operation` if the provider is unreachable or rejects the request.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCPeerConnection.getIdentityAssertion")]
    pub async fn identity_assertion(&self) -> Result<String> {
        const OPERATION: &str = "getIdentityAssertion";
        self.check_support(OPERATION)?;
        let request = || match global::call(&self.0.raw, OPERATION) {
            Some(promise) => promise.map(JsCast::unchecked_into),
            None => Ok(js_sys::Promise::resolve(&wasm_bindgen::JsValue::UNDEFINED).unchecked_into()),
        };
        let assertion = settled(OPERATION, &self.0.end, request).await?;
        Ok(assertion.as_string().unwrap_or_default())
    }

    /// Returns the identity of the remote peer once it has been asserted and verified. If the remote peer asserts none,
    /// the future waits until the connection closes: race it with a timer or another event.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-peeridentity)
    ///
    /// # Errors
    /// - `NotSupported` if the browser does not support identities.
    /// - `Closed` if the connection is closed.
    /// - `Operation` if the assertion is invalid.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCPeerConnection.peerIdentity")]
    pub async fn peer_identity(&self) -> Result<IdentityAssertion> {
        const OPERATION: &str = "peerIdentity";
        self.check_support(OPERATION)?;
        let promise: Promise = global::get(&self.0.raw, OPERATION).unchecked_into();
        let identity = settled(OPERATION, &self.0.end, || Ok(promise)).await?;
        dictionary::from_js(&identity)
            .ok_or_else(|| Error::new(OPERATION, ErrorKind::Other, "the browser returned no identity"))
    }

    /// Returns the URL at which the user can log in, after an assertion has failed because the user is not logged in.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-idploginurl)
    #[doc(alias = "RTCPeerConnection.idpLoginUrl")]
    #[must_use]
    pub fn idp_login_url(&self) -> Option<String> {
        global::get(&self.0.raw, "idpLoginUrl").as_string()
    }

    fn check_support(&self, operation: &'static str) -> Result<()> {
        if global::get(&self.0.raw, "peerIdentity").is_object() {
            return Ok(());
        }
        let advice = "this browser does not support peer identities: compare certificate fingerprints instead";
        Err(Error::new(operation, ErrorKind::NotSupported, advice))
    }
}
