//! The ICE transport of a connection.

use std::fmt;

use browser_rtc_proto::dictionary;
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::EventTarget;

use super::{IceCandidate, IceComponent, IceGatheringState, IceRole, IceTransportState, convert, transport::Transport};
use crate::{
    dictionary::{self, js_members},
    error::Result,
    event::EventStream,
    sys::global,
    wake::CloseSignal,
};

/// An ICE transport, which finds a path to the remote peer and sends packets over it.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcicetransport)
///
/// Clones share one transport. A transport does not keep its connection alive. Firefox supports only the states and the
/// role; the other functions fail with `NotSupported` there. The [statistics](super::PeerConnection::stats) of the
/// connection contain their values.
#[doc(alias = "RTCIceTransport")]
#[derive(Clone, PartialEq, Eq)]
pub struct IceTransport(Transport);

/// The pair of candidates that a transport uses.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcicecandidatepair)
#[doc(alias = "RTCIceCandidatePair")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IceCandidatePair {
    /// The local candidate.
    #[doc(alias = "RTCIceCandidatePair.local")]
    pub local: IceCandidate,
    /// The remote candidate.
    #[doc(alias = "RTCIceCandidatePair.remote")]
    pub remote: IceCandidate,
}

/// The credentials by which the two peers recognize each other's connectivity checks.
/// [Specification](https://www.w3.org/TR/webrtc/#rtciceparameters)
#[doc(alias = "RTCIceParameters")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IceParameters {
    /// The user name fragment. An ICE restart changes it.
    #[doc(alias = "RTCIceParameters.usernameFragment")]
    pub username_fragment: String,
    /// The password.
    #[doc(alias = "RTCIceParameters.password")]
    pub password: String,
}

dictionary! {
    IceParameters = Self { username_fragment: String::new(), password: String::new() },
    required ["usernameFragment", "password"],
    username_fragment / "usernameFragment",
    password / "password",
}

js_members!(IceParameters:);

impl IceTransport {
    /// Returns `None` for `null`.
    pub(super) fn new(raw: JsValue, connection: &CloseSignal) -> Option<Self> {
        Transport::new(raw, connection).map(Self)
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &EventTarget {
        &self.0.raw
    }

    /// Returns the role; `None` in Chromium, which does not report it.
    #[doc(alias = "RTCIceTransport.role")]
    #[must_use]
    pub fn role(&self) -> Option<IceRole> {
        global::get(&self.0.raw, "role").as_string().map(|role| role.as_str().into())
    }

    /// Returns the component; `None` in Chromium and Firefox, which do not report it. It is always
    /// [`IceComponent::Rtp`], because RTP and RTCP share a transport.
    #[doc(alias = "RTCIceTransport.component")]
    #[must_use]
    pub fn component(&self) -> Option<IceComponent> {
        global::get(&self.0.raw, "component").as_string().map(|component| component.as_str().into())
    }

    /// Returns the current state.
    #[doc(alias = "RTCIceTransport.state")]
    #[must_use]
    pub fn state(&self) -> IceTransportState {
        self.0.state("state", IceTransportState::Closed)
    }

    /// Returns a stream of the state: the current one, then each change, `Closed` last.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-onstatechange)
    #[doc(alias = "RTCIceTransport.onstatechange")]
    pub fn states(&self) -> EventStream<IceTransportState> {
        self.0.states("state", "statechange", IceTransportState::Closed)
    }

    /// Returns the state of gathering local candidates.
    #[doc(alias = "RTCIceTransport.gatheringState")]
    #[must_use]
    pub fn gathering_state(&self) -> IceGatheringState {
        self.0.read("gatheringState")
    }

    /// Returns a stream of the state of gathering: the current one, then each change.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-ongatheringstatechange)
    #[doc(alias = "RTCIceTransport.ongatheringstatechange")]
    pub fn gathering_states(&self) -> EventStream<IceGatheringState> {
        let Transport { raw, connection } = &self.0;
        let transport = self.0.clone();
        EventStream::from_states(connection, raw, &["gatheringstatechange"], move || transport.read("gatheringState"))
    }

    /// Returns the local candidates that have been gathered so far.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getlocalcandidates)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.getLocalCandidates")]
    pub fn local_candidates(&self) -> Result<Vec<IceCandidate>> {
        self.candidates("getLocalCandidates")
    }

    /// Returns the remote candidates that have been added. Chromium omits those within the remote description.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getremotecandidates)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.getRemoteCandidates")]
    pub fn remote_candidates(&self) -> Result<Vec<IceCandidate>> {
        self.candidates("getRemoteCandidates")
    }

    /// Returns the selected pair; `None` if no pair is selected yet.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getselectedcandidatepair)
    ///
    /// # Errors
    /// `NotSupported` in Firefox: follow
    /// [`Transport::selected_candidate_pair_id`](crate::stats::Transport::selected_candidate_pair_id) there.
    #[doc(alias = "RTCIceTransport.getSelectedCandidatePair")]
    pub fn selected_candidate_pair(&self) -> Result<Option<IceCandidatePair>> {
        self.0.call("getSelectedCandidatePair").map(|pair| pair_from_js(&pair))
    }

    /// Returns a stream of the selected pair: the current one, then each change; `None` while no pair is selected.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-onselectedcandidatepairchange)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.onselectedcandidatepairchange")]
    pub fn selected_candidate_pairs(&self) -> Result<EventStream<Option<IceCandidatePair>>> {
        const GETTER: &str = "getSelectedCandidatePair";
        self.0.call(GETTER)?;
        let Transport { raw, connection } = &self.0;
        let transport = self.0.clone();
        let pair = move || transport.call(GETTER).ok().and_then(|pair| pair_from_js(&pair));
        Ok(EventStream::from_states(connection, raw, &["selectedcandidatepairchange"], pair))
    }

    /// Returns the local credentials; `None` before the local description is set, and in Chromium, which does not
    /// report them.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getlocalparameters)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.getLocalParameters")]
    pub fn local_parameters(&self) -> Result<Option<IceParameters>> {
        self.parameters("getLocalParameters")
    }

    /// Returns the remote credentials; `None` before the remote description is set, and in Chromium, which does not
    /// report them.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getremoteparameters)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.getRemoteParameters")]
    pub fn remote_parameters(&self) -> Result<Option<IceParameters>> {
        self.parameters("getRemoteParameters")
    }

    fn candidates(&self, method: &'static str) -> Result<Vec<IceCandidate>> {
        let candidates = self.0.call(method)?;
        Ok(global::items(&candidates)
            .into_iter()
            .filter_map(|candidate| convert::candidate_from_js(&candidate))
            .collect())
    }

    fn parameters(&self, method: &'static str) -> Result<Option<IceParameters>> {
        self.0.call(method).map(|parameters| dictionary::from_js(&parameters))
    }
}

fn pair_from_js(pair: &JsValue) -> Option<IceCandidatePair> {
    let candidate = |end| convert::candidate_from_js(&global::get(pair, end));
    Some(IceCandidatePair { local: candidate("local")?, remote: candidate("remote")? })
}

impl fmt::Debug for IceTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceTransport").field("state", &self.state()).finish_non_exhaustive()
    }
}
