//! The identities of peers, as an identity provider asserts them. Only Firefox has them.

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
    /// Creates the provider of this domain, such as `idp.example.org`.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), protocol: None, username_hint: None, peer_identity: None, other: Members::new() }
    }

    /// Sets the protocol of the domain; the browser's default is `default`.
    #[doc(alias = "RTCIdentityProviderOptions.protocol")]
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocol = Some(protocol.into());
        self
    }

    /// Sets the name of the user at the provider, as a hint.
    #[doc(alias = "RTCIdentityProviderOptions.usernameHint")]
    #[must_use]
    pub fn username_hint(mut self, username_hint: impl Into<String>) -> Self {
        self.username_hint = Some(username_hint.into());
        self
    }

    /// Sets the identity that the remote peer asks for.
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

/// Identities. Only Firefox has them: elsewhere each of these functions returns `NotSupported`.
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
    /// Sets the provider that asserts the local identity, which descriptions have from then on.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-setidentityprovider)
    ///
    /// # Errors
    /// `NotSupported`, `Closed`, or `Syntax` for a domain that is none.
    #[doc(alias = "RTCPeerConnection.setIdentityProvider")]
    pub fn set_identity_provider(&self, provider: &IdentityProvider) -> Result<()> {
        const OPERATION: &str = "setIdentityProvider";
        self.with_identities(OPERATION)?;
        self.open(OPERATION)?.set_identity_provider_to(&provider.domain, &dictionary::to_js(provider)).during(OPERATION)
    }

    /// Returns the provider's assertion about the local peer, encoded as in a description. The next description
    /// requests it in any case: this function provides the result, or the failure, ahead of time.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-getidentityassertion)
    ///
    /// # Errors
    /// `NotSupported`, `Closed`, `InvalidState` without a provider, `Operation` where the provider cannot be reached
    /// or refuses.
    #[doc(alias = "RTCPeerConnection.getIdentityAssertion")]
    pub async fn identity_assertion(&self) -> Result<String> {
        const OPERATION: &str = "getIdentityAssertion";
        self.with_identities(OPERATION)?;
        let ask = || match global::call(&self.0.raw, OPERATION) {
            Some(promise) => promise.map(JsCast::unchecked_into),
            None => Ok(js_sys::Promise::resolve(&wasm_bindgen::JsValue::UNDEFINED).unchecked_into()),
        };
        let assertion = settled(OPERATION, &self.0.end, ask).await?;
        Ok(assertion.as_string().unwrap_or_default())
    }

    /// Returns the remote identity once it has been asserted and verified, which may never happen: race it with a
    /// timeout or another event. Cancel safe.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-peeridentity)
    ///
    /// # Errors
    /// `NotSupported`, `Closed`, or `Operation` where the assertion does not hold.
    #[doc(alias = "RTCPeerConnection.peerIdentity")]
    pub async fn peer_identity(&self) -> Result<IdentityAssertion> {
        const OPERATION: &str = "peerIdentity";
        self.with_identities(OPERATION)?;
        let promise: Promise = global::get(&self.0.raw, OPERATION).unchecked_into();
        let identity = settled(OPERATION, &self.0.end, || Ok(promise)).await?;
        dictionary::from_js(&identity)
            .ok_or_else(|| Error::new(OPERATION, ErrorKind::Other, "the browser returned no identity"))
    }

    /// Returns the URL where the user can log in, after an assertion failed for want of a login.
    /// [Specification](https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-idploginurl)
    #[doc(alias = "RTCPeerConnection.idpLoginUrl")]
    #[must_use]
    pub fn idp_login_url(&self) -> Option<String> {
        global::get(&self.0.raw, "idpLoginUrl").as_string()
    }

    fn with_identities(&self, operation: &'static str) -> Result<()> {
        if global::get(&self.0.raw, "peerIdentity").is_object() {
            return Ok(());
        }
        let advice = "this browser has no identities, which only Firefox has: compare certificate fingerprints instead";
        Err(Error::new(operation, ErrorKind::NotSupported, advice))
    }
}
