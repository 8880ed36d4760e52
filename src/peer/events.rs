//! The events of a connection as streams.

use wasm_bindgen::JsCast;

use super::{
    ConnectionState, IceCandidate, IceConnectionState, IceGatheringState, PeerConnection, RtpReceiver, RtpTransceiver,
    SignalingState, convert,
};
use crate::{
    channel::{DataChannel, Owner},
    event::EventStream,
    media::{MediaStream, MediaStreamTrack},
    sys::global,
};

/// A track that the remote peer sends. [Specification](https://www.w3.org/TR/webrtc/#rtctrackevent)
///
/// The fields are handles of the same objects that [`receivers`](PeerConnection::receivers) and
/// [`transceivers`](PeerConnection::transceivers) return.
#[doc(alias = "RTCTrackEvent")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackEvent {
    /// The track. It is muted until its media arrives.
    #[doc(alias = "RTCTrackEvent.track")]
    pub track: MediaStreamTrack,
    /// The streams that the remote peer has assigned the track to.
    #[doc(alias = "RTCTrackEvent.streams")]
    pub streams: Vec<MediaStream>,
    /// The receiver of the track.
    #[doc(alias = "RTCTrackEvent.receiver")]
    pub receiver: RtpReceiver,
    /// The transceiver of the receiver.
    #[doc(alias = "RTCTrackEvent.transceiver")]
    pub transceiver: RtpTransceiver,
}

/// A failure of a STUN or TURN server during gathering.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcpeerconnectioniceerrorevent)
#[doc(alias = "RTCPeerConnectionIceErrorEvent")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IceCandidateError {
    /// The local address that was used, if the browser reports it.
    #[doc(alias = "RTCPeerConnectionIceErrorEvent.address")]
    pub address: Option<String>,
    /// The local port that was used, if the browser reports it.
    #[doc(alias = "RTCPeerConnectionIceErrorEvent.port")]
    pub port: Option<u16>,
    /// The URL of the server.
    #[doc(alias = "RTCPeerConnectionIceErrorEvent.url")]
    pub url: String,
    /// The STUN error code of the server, 300 to 699, such as 401 for wrong credentials; or 701 if the server did not
    /// answer.
    #[doc(alias = "RTCPeerConnectionIceErrorEvent.errorCode")]
    pub code: u16,
    /// The reason, as reported by the server or the browser.
    #[doc(alias = "RTCPeerConnectionIceErrorEvent.errorText")]
    pub text: String,
}

/// Defines the getter of a state and the stream of its changes.
macro_rules! state_machine {
    (
        $(#[$meta:meta])* $now:ident / $attribute:literal,
        $(#[$stream_meta:meta])* $stream:ident / $event:literal: $state:ident
    ) => {
        $(#[$meta])*
        #[must_use]
        pub fn $now(&self) -> $state {
            state(&self.0.raw, $attribute)
        }

        $(#[$stream_meta])*
        pub fn $stream(&self) -> EventStream<$state> {
            let raw = self.0.raw.clone();
            EventStream::from_states(&self.0.end, &self.0.raw, &[$event], move || state(&raw, $attribute))
        }
    };
}

fn state<S: for<'a> From<&'a str>>(raw: &wasm_bindgen::JsValue, attribute: &str) -> S {
    S::from(&global::get(raw, attribute).as_string().unwrap_or_default())
}

/// Events. Each stream buffers events until it is polled, and ends when the connection closes, either by
/// [`close`](Self::close) or because its last handle is dropped.
impl PeerConnection {
    state_machine! {
        /// Returns the state of the connection as a whole.
        #[doc(alias = "RTCPeerConnection.connectionState")]
        connection_state / "connectionState",
        /// Returns a stream of the connection's state: the current one, then each change, `Closed` last.
        #[doc(alias = "RTCPeerConnection.onconnectionstatechange")]
        connection_states / "connectionstatechange": ConnectionState
    }

    state_machine! {
        /// Returns the state of ICE.
        #[doc(alias = "RTCPeerConnection.iceConnectionState")]
        ice_connection_state / "iceConnectionState",
        /// Returns a stream of the state of ICE: the current one, then each change, `Closed` last.
        #[doc(alias = "RTCPeerConnection.oniceconnectionstatechange")]
        ice_connection_states / "iceconnectionstatechange": IceConnectionState
    }

    state_machine! {
        /// Returns the state of gathering local candidates.
        #[doc(alias = "RTCPeerConnection.iceGatheringState")]
        ice_gathering_state / "iceGatheringState",
        /// Returns a stream of the state of gathering: the current one, then each change.
        #[doc(alias = "RTCPeerConnection.onicegatheringstatechange")]
        ice_gathering_states / "icegatheringstatechange": IceGatheringState
    }

    state_machine! {
        /// Returns the signaling state.
        #[doc(alias = "RTCPeerConnection.signalingState")]
        signaling_state / "signalingState",
        /// Returns a stream of the signaling state: the current one, then each change, `Closed` last.
        #[doc(alias = "RTCPeerConnection.onsignalingstatechange")]
        signaling_states / "signalingstatechange": SignalingState
    }

    /// Returns a stream of the local candidates, each of which is to be sent to the remote peer. The last candidate of
    /// each gathering is the [end of candidates](IceCandidate::is_end_of_candidates), in every browser.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-onicecandidate)
    #[doc(alias = "RTCPeerConnection.onicecandidate")]
    #[doc(alias = "RTCPeerConnectionIceEvent.candidate")]
    pub fn ice_candidates(&self) -> EventStream<IceCandidate> {
        EventStream::new(&self.0.end).on(&self.0.raw, "icecandidate", move |event| {
            match convert::candidate_from_js(&global::get(&event, "candidate")) {
                // Firefox fires an empty candidate for each transport. All browsers fire a null candidate when the last
                // transport is done.
                Some(candidate) => (!candidate.is_end_of_candidates()).then_some(candidate),
                None => Some(IceCandidate::end_of_candidates()),
            }
        })
    }

    /// Returns a stream of the failures of STUN and TURN servers. Gathering continues without those servers.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-onicecandidateerror)
    ///
    /// ```no_run
    /// # use browser_rtc::peer::PeerConnection;
    /// # use futures::StreamExt;
    /// # async fn example(pc: &PeerConnection, warn: impl Fn(String)) {
    /// let mut errors = pc.ice_candidate_errors();
    /// while let Some(error) = errors.next().await {
    ///     match error.code {
    ///         401 => warn(format!("{} rejects the credentials", error.url)),
    ///         701 => warn(format!("{} does not answer", error.url)),
    ///         code => warn(format!("{}: {code} {}", error.url, error.text)),
    ///     }
    /// }
    /// # }
    /// ```
    #[doc(alias = "RTCPeerConnection.onicecandidateerror")]
    pub fn ice_candidate_errors(&self) -> EventStream<IceCandidateError> {
        EventStream::new(&self.0.end).on(&self.0.raw, "icecandidateerror", |event| {
            let text = |member| global::get(&event, member).as_string();
            Some(IceCandidateError {
                address: text("address"),
                port: global::integer(&event, "port"),
                url: text("url").unwrap_or_default(),
                code: global::integer(&event, "errorCode").unwrap_or_default(),
                text: text("errorText").unwrap_or_default(),
            })
        })
    }

    /// Returns a stream of events that request a negotiation, because tracks or channels have changed.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-onnegotiationneeded)
    #[doc(alias = "RTCPeerConnection.onnegotiationneeded")]
    pub fn negotiation_needed(&self) -> EventStream<()> {
        EventStream::new(&self.0.end).on(&self.0.raw, "negotiationneeded", |_| Some(()))
    }

    /// Returns a stream of the tracks that the remote peer adds.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-ontrack)
    #[doc(alias = "RTCPeerConnection.ontrack")]
    pub fn tracks(&self) -> EventStream<TrackEvent> {
        let (raw, rtp) = (self.0.raw.clone(), self.rtp());
        EventStream::new(&self.0.end).on(&self.0.raw, "track", move |event| {
            let event: web_sys::RtcTrackEvent = event.unchecked_into();
            let transceiver = rtp.transceiver(event.transceiver().unchecked_into());
            // Creates the handles of all receivers, so that all tracks of the streams end with the connection.
            let _ = rtp.receivers(&raw);
            let streams = js_sys::Array::from(&event.streams());
            Some(TrackEvent {
                track: transceiver.receiver().track(),
                streams: streams.iter().map(|raw| MediaStream::from_raw(raw.unchecked_into())).collect(),
                receiver: transceiver.receiver().clone(),
                transceiver,
            })
        })
    }

    /// Returns a stream of the channels that the remote peer creates. The messages of a channel are buffered
    /// from the first one, even if the stream is polled later.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-ondatachannel)
    #[doc(alias = "RTCPeerConnection.ondatachannel")]
    #[doc(alias = "RTCDataChannelEvent.channel")]
    pub fn data_channels(&self) -> EventStream<DataChannel> {
        let connection = self.connection();
        EventStream::new(&self.0.end).on(&self.0.raw, "datachannel", move |event| {
            let raw = global::get(&event, "channel");
            // The listeners of the channel are attached within this event, because a message may arrive with the next.
            raw.is_object().then(|| DataChannel::handle(raw.unchecked_into(), connection.clone(), Owner::Handles))
        })
    }
}
