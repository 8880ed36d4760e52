//! One way to the peer.

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

/// One way to the peer, and the search for it.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcicetransport)
///
/// Clones share one transport. It does not keep its connection alive. Firefox tells its states and its role alone: the
/// rest gives `NotSupported` there, and stands in the connection's [statistics](super::PeerConnection::stats).
#[doc(alias = "RTCIceTransport")]
#[derive(Clone, PartialEq, Eq)]
pub struct IceTransport(Transport);

/// The pair of candidates that a transport uses.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcicecandidatepair)
#[doc(alias = "RTCIceCandidatePair")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IceCandidatePair {
    /// Ours.
    #[doc(alias = "RTCIceCandidatePair.local")]
    pub local: IceCandidate,
    /// The peer's.
    #[doc(alias = "RTCIceCandidatePair.remote")]
    pub remote: IceCandidate,
}

/// What the two ends know each other by while they search.
/// [Specification](https://www.w3.org/TR/webrtc/#rtciceparameters)
#[doc(alias = "RTCIceParameters")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IceParameters {
    /// Which generation of candidates this is; a restart gives a new one.
    #[doc(alias = "RTCIceParameters.usernameFragment")]
    pub username_fragment: String,
    /// The secret that goes with it.
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
    /// None for `null`.
    pub(super) fn new(raw: JsValue, connection: &CloseSignal) -> Option<Self> {
        Transport::new(raw, connection).map(Self)
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &EventTarget {
        &self.0.raw
    }

    /// Which end chooses the pair; none where the browser does not tell, as Chromium for a connection's.
    #[doc(alias = "RTCIceTransport.role")]
    #[must_use]
    pub fn role(&self) -> Option<IceRole> {
        global::get(&self.0.raw, "role").as_string().map(|role| role.as_str().into())
    }

    /// What it carries; none where the browser does not tell, as neither Chromium nor Firefox: it is always
    /// [`IceComponent::Rtp`] today.
    #[doc(alias = "RTCIceTransport.component")]
    #[must_use]
    pub fn component(&self) -> Option<IceComponent> {
        global::get(&self.0.raw, "component").as_string().map(|component| component.as_str().into())
    }

    /// The search for a way to the peer.
    #[doc(alias = "RTCIceTransport.state")]
    #[must_use]
    pub fn state(&self) -> IceTransportState {
        self.0.state("state", IceTransportState::Closed)
    }

    /// The state of the search: now, then each change, `Closed` last.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-onstatechange)
    #[doc(alias = "RTCIceTransport.onstatechange")]
    pub fn states(&self) -> EventStream<IceTransportState> {
        self.0.states("state", "statechange", IceTransportState::Closed)
    }

    /// The gathering of our own candidates for it.
    #[doc(alias = "RTCIceTransport.gatheringState")]
    #[must_use]
    pub fn gathering_state(&self) -> IceGatheringState {
        self.0.now("gatheringState")
    }

    /// The state of gathering: now, then each change.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-ongatheringstatechange)
    #[doc(alias = "RTCIceTransport.ongatheringstatechange")]
    pub fn gathering_states(&self) -> EventStream<IceGatheringState> {
        let Transport { raw, connection } = &self.0;
        let now = self.0.clone();
        EventStream::of_states(connection, raw, &["gatheringstatechange"], move || now.now("gatheringState"))
    }

    /// Our candidates, as far as they have been found.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getlocalcandidates)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.getLocalCandidates")]
    pub fn local_candidates(&self) -> Result<Vec<IceCandidate>> {
        self.candidates("getLocalCandidates")
    }

    /// The peer's candidates that were added. Those that came within its description are not among them in Chromium.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getremotecandidates)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.getRemoteCandidates")]
    pub fn remote_candidates(&self) -> Result<Vec<IceCandidate>> {
        self.candidates("getRemoteCandidates")
    }

    /// The pair that is in use; none before there is one.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getselectedcandidatepair)
    ///
    /// # Errors
    /// `NotSupported` in Firefox: follow
    /// [`Transport::selected_candidate_pair_id`](crate::stats::Transport::selected_candidate_pair_id) there.
    #[doc(alias = "RTCIceTransport.getSelectedCandidatePair")]
    pub fn selected_candidate_pair(&self) -> Result<Option<IceCandidatePair>> {
        self.0.call("getSelectedCandidatePair").map(|pair| selected(&pair))
    }

    /// The pair that is in use: now, then each change, `None` while there is none.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-onselectedcandidatepairchange)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.onselectedcandidatepairchange")]
    pub fn selected_candidate_pairs(&self) -> Result<EventStream<Option<IceCandidatePair>>> {
        const GETTER: &str = "getSelectedCandidatePair";
        self.0.call(GETTER)?;
        let Transport { raw, connection } = &self.0;
        let now = self.0.clone();
        let pair = move || now.call(GETTER).ok().and_then(|pair| selected(&pair));
        Ok(EventStream::of_states(connection, raw, &["selectedcandidatepairchange"], pair))
    }

    /// What the peer knows us by; none before our description is set, and none in Chromium for a connection's.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransport-getlocalparameters)
    ///
    /// # Errors
    /// `NotSupported` in Firefox.
    #[doc(alias = "RTCIceTransport.getLocalParameters")]
    pub fn local_parameters(&self) -> Result<Option<IceParameters>> {
        self.parameters("getLocalParameters")
    }

    /// What we know the peer by; none before its description is set, and none in Chromium for a connection's.
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

fn selected(pair: &JsValue) -> Option<IceCandidatePair> {
    let candidate = |end| convert::candidate_from_js(&global::get(pair, end));
    Some(IceCandidatePair { local: candidate("local")?, remote: candidate("remote")? })
}

impl fmt::Debug for IceTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceTransport").field("state", &self.state()).finish_non_exhaustive()
    }
}
