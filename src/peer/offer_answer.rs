//! Offers, answers and candidates.

use browser_rtc_proto::dictionary;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{IceCandidate, PeerConnection, SessionDescription, convert};
use crate::{
    dictionary::{self, js_members},
    error::{During, Error, ErrorKind, Result},
    members::{Members, member_setter},
    promise::settled,
};

/// Offers, answers and candidates.
impl PeerConnection {
    /// Creates an offer, without setting it. [`set_local_description`](Self::set_local_description) creates and sets
    /// one.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-createoffer)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `Operation` if the browser fails to create the offer.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCPeerConnection.createOffer")]
    pub async fn create_offer(&self) -> Result<SessionDescription> {
        self.create_offer_with(&OfferOptions::new()).await
    }

    /// Creates an offer with options, without setting it.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-createoffer)
    ///
    /// # Errors
    /// The same errors as [`create_offer`](Self::create_offer).
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub async fn create_offer_with(&self, options: &OfferOptions) -> Result<SessionDescription> {
        const OPERATION: &str = "createOffer";
        let offer = settled(OPERATION, &self.0.end, || self.0.raw.create_offer(&dictionary::to_js(options))).await?;
        description(OPERATION, &offer)
    }

    /// Creates an answer to the remote offer, without setting it.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-createanswer)
    ///
    /// # Errors
    /// - `InvalidState` if no remote offer is set.
    /// - `Closed` if the connection is closed.
    /// - `Operation` if the browser fails to create the answer.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCPeerConnection.createAnswer")]
    pub async fn create_answer(&self) -> Result<SessionDescription> {
        const OPERATION: &str = "createAnswer";
        let answer = settled(OPERATION, &self.0.end, || self.0.raw.create_answer()).await?;
        description(OPERATION, &answer)
    }

    /// Creates and sets the local description: an answer if a remote offer is set, otherwise an offer. The browser then
    /// starts to gather candidates. [`local_description`](Self::local_description) returns the description to send to
    /// the remote peer.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-setlocaldescription)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `Operation` if the browser fails to create the description.
    ///
    /// # Cancel safety
    /// If the future is dropped before it resolves, the browser still sets the description.
    #[doc(alias = "RTCPeerConnection.setLocalDescription")]
    pub async fn set_local_description(&self) -> Result<()> {
        settled("setLocalDescription", &self.0.end, || self.0.raw.set_implicit_local_description()).await?;
        Ok(())
    }

    /// Sets a description from [`create_offer`](Self::create_offer) or [`create_answer`](Self::create_answer) as the
    /// local description, or rolls the local offer back.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-setlocaldescription)
    ///
    /// # Errors
    /// - `InvalidState` if the signaling state does not permit this type of description.
    /// - `InvalidModification` if the description was modified. Chromium and Firefox accept most modifications.
    /// - `Operation` for SDP that cannot be parsed; [`Error::rtc`] has the line.
    /// - `NotSupported` for a provisional answer in Firefox.
    /// - `Closed` if the connection is closed.
    ///
    /// # Cancel safety
    /// If the future is dropped before it resolves, the browser still sets the description.
    pub async fn set_local_description_to(&self, description: &SessionDescription) -> Result<()> {
        let set = || self.0.raw.set_local_description(&convert::description_to_js(description));
        let set = settled("setLocalDescription", &self.0.end, set).await;
        set.map(drop).map_err(|error| error.with_sdp(&description.sdp))
    }

    /// Sets the description that was received from the remote peer. A remote offer rolls a pending local offer back.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-setremotedescription)
    ///
    /// # Errors
    /// - `InvalidState` if the signaling state does not permit this type of description.
    /// - `Operation` for SDP that cannot be parsed; [`Error::rtc`] has the line.
    /// - `InvalidAccess` or `Operation` for SDP that cannot be applied.
    /// - `Type` for an unknown type of description.
    /// - `NotSupported` for a provisional answer in Firefox.
    /// - `Closed` if the connection is closed.
    ///
    /// # Cancel safety
    /// If the future is dropped before it resolves, the browser still sets the description.
    #[doc(alias = "RTCPeerConnection.setRemoteDescription")]
    pub async fn set_remote_description(&self, description: &SessionDescription) -> Result<()> {
        let set = || self.0.raw.set_remote_description(&convert::description_to_js(description));
        let set = settled("setRemoteDescription", &self.0.end, set).await;
        set.map(drop).map_err(|error| error.with_sdp(&description.sdp))
    }

    /// Adds a candidate that was received from the remote peer.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-addicecandidate)
    ///
    /// # Errors
    /// - `InvalidState` before the remote description is set.
    /// - `Operation` for a candidate that cannot be parsed or refers to no media section of the description. A
    ///   candidate of an earlier ICE generation is also `Operation` in Firefox, and is ignored by Chromium.
    /// - `Type` for a candidate without a reference to a media section.
    /// - `Closed` if the connection is closed.
    ///
    /// # Cancel safety
    /// If the future is dropped before it resolves, the browser still adds the candidate.
    #[doc(alias = "RTCPeerConnection.addIceCandidate")]
    pub async fn add_ice_candidate(&self, candidate: &IceCandidate) -> Result<()> {
        let add = || self.0.raw.add_ice_candidate(&convert::candidate_to_js(candidate));
        settled("addIceCandidate", &self.0.end, add).await?;
        Ok(())
    }

    /// Restarts ICE with the next offer. A negotiation is needed then.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-restartice)
    ///
    /// # Errors
    /// `Closed` if the connection is closed.
    #[doc(alias = "RTCPeerConnection.restartIce")]
    pub fn restart_ice(&self) -> Result<()> {
        const OPERATION: &str = "restartIce";
        self.open(OPERATION)?.restart_ice().during(OPERATION)
    }
}

/// Options of [`create_offer_with`](PeerConnection::create_offer_with).
/// [Specification](https://www.w3.org/TR/webrtc/#dictionary-rtcofferoptions-members)
#[doc(alias = "RTCOfferOptions")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferOptions {
    ice_restart: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer_to_receive_audio: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer_to_receive_video: Option<bool>,
    #[serde(skip)]
    other: Members,
}

dictionary! {
    OfferOptions = Self::default(),
    required [],
    ice_restart / "iceRestart",
    offer_to_receive_audio / "offerToReceiveAudio",
    offer_to_receive_video / "offerToReceiveVideo",
}

js_members!(OfferOptions: ; other);

impl OfferOptions {
    /// Creates the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the offer restarts ICE. [`restart_ice`](PeerConnection::restart_ice) does the same for the next
    /// offers until one succeeds.
    #[doc(alias = "RTCOfferOptions.iceRestart")]
    #[must_use]
    pub fn ice_restart(mut self, restart: bool) -> Self {
        self.ice_restart = restart;
        self
    }

    /// Sets whether to receive audio. If true, the connection gains a receiver of audio if it has none; if false, its
    /// audio transceivers no longer receive.
    #[doc(alias = "RTCOfferOptions.offerToReceiveAudio")]
    #[must_use]
    pub fn offer_to_receive_audio(mut self, receive: bool) -> Self {
        self.offer_to_receive_audio = Some(receive);
        self
    }

    /// Sets whether to receive video. If true, the connection gains a receiver of video if it has none; if false, its
    /// video transceivers no longer receive.
    #[doc(alias = "RTCOfferOptions.offerToReceiveVideo")]
    #[must_use]
    pub fn offer_to_receive_video(mut self, receive: bool) -> Self {
        self.offer_to_receive_video = Some(receive);
        self
    }

    member_setter!();
}

fn description(operation: &'static str, value: &JsValue) -> Result<SessionDescription> {
    convert::description_from_js(value)
        .ok_or_else(|| Error::new(operation, ErrorKind::Other, "the browser returned no description"))
}
