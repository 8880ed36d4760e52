//! Peer connections, which carry media and data directly between two browsers.
//! [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-connections)
//!
//! A [`PeerConnection`] connects this page to one remote peer. It sends and receives the tracks of cameras, microphones
//! and screens, and [data channels](crate::channel). The two peers first exchange descriptions (an offer and an answer)
//! and ICE candidates over a signaling channel that the program provides; the browsers then find a path between
//! them automatically.
//!
//! This module wraps the browser's interface. A [`Session`](crate::session::Session) performs this exchange
//! automatically, repeats it when tracks or channels change, and recovers from network failures. A
//! [`Room`](crate::room::Room) also connects the peers to a signaling server.
//!
//! # Examples
//!
//! The two ends of a connection, in one page. In an application each peer has one end, and the descriptions and
//! candidates are sent over the signaling channel.
//!
//! ```no_run
//! use browser_rtc::{
//!     Result,
//!     media::MediaStream,
//!     peer::{Configuration, ConnectionState, IceServer, PeerConnection},
//! };
//! use futures::{StreamExt, select};
//!
//! async fn call(camera: &MediaStream) -> Result<(PeerConnection, PeerConnection)> {
//!     let configuration = Configuration::new().ice_server(IceServer::stun("stun:stun.example.org"));
//!     let caller = PeerConnection::new(&configuration)?;
//!     let callee = PeerConnection::new(&configuration)?;
//!     for track in camera.tracks() {
//!         caller.add_track(&track, &[camera])?;
//!     }
//!     // Subscribed before the exchange begins, so that no candidate is missed.
//!     let mut caller_candidates = caller.ice_candidates();
//!     let mut callee_candidates = callee.ice_candidates();
//!     let mut states = caller.connection_states();
//!
//!     caller.set_local_description().await?; // an offer
//!     if let Some(offer) = caller.local_description() {
//!         callee.set_remote_description(&offer).await?;
//!     }
//!     callee.set_local_description().await?; // the answer
//!     if let Some(answer) = callee.local_description() {
//!         caller.set_remote_description(&answer).await?;
//!     }
//!     loop {
//!         select! {
//!             candidate = caller_candidates.select_next_some() => callee.add_ice_candidate(&candidate).await?,
//!             candidate = callee_candidates.select_next_some() => caller.add_ice_candidate(&candidate).await?,
//!             state = states.select_next_some() => if state == ConnectionState::Connected {
//!                 return Ok((caller, callee));
//!             },
//!             complete => return Ok((caller, callee)), // closed
//!         }
//!     }
//! }
//! ```
//!
//! The callee receives the caller's tracks from [`tracks`](PeerConnection::tracks), and
//! [`media::show`](crate::media::show) shows a stream in an element.
//!
//! # Types
//!
//! | For | Types |
//! |---|---|
//! | the connection | [`PeerConnection`], [`Configuration`], [`IceServer`] |
//! | descriptions and candidates | [`SessionDescription`], [`SdpType`], [`OfferOptions`], [`IceCandidate`], [`ParsedCandidate`] |
//! | states | [`ConnectionState`], [`IceConnectionState`], [`IceGatheringState`], [`SignalingState`] |
//! | events | [`TrackEvent`], [`IceCandidateError`] |
//! | sending and receiving media | [`RtpTransceiver`], [`TransceiverInit`], [`TransceiverDirection`], [`RtpSender`], [`RtpReceiver`], [`RtpSource`] |
//! | encodings and simulcast | [`RtpSendParameters`], [`Encoding`], [`SetParameterOptions`], [`DegradationPreference`] |
//! | codecs | [`Codec`], [`RtpCapabilities`], [`RtpParameters`], [`CodecParameters`] |
//! | transports | [`IceTransport`], [`DtlsTransport`], [`SctpTransport`] |
//! | certificates and identities | [`Certificate`], [`Fingerprint`], [`IdentityProvider`], [`IdentityAssertion`] |
//!
//! Dictionaries that a browser both returns and accepts, such as [`Configuration`], [`Encoding`] and [`Codec`], have
//! public fields, a constructor and setters. Options that it only accepts, such as [`TransceiverInit`], have setters
//! only.
//!
//! # Events and states
//!
//! Each event of a connection is a stream, such as [`ice_candidates`](PeerConnection::ice_candidates). Each state
//! machine is a getter and a stream of the current state and its changes, such as
//! [`connection_state`](PeerConnection::connection_state) and [`connection_states`](PeerConnection::connection_states).
//! The streams end when the connection closes.

mod certificate;
mod codec;
mod configuration;
mod convert;
mod descriptions;
mod dtls_transport;
mod encoding;
mod events;
mod ice_transport;
mod identity;
mod offer_answer;
mod parameters;
mod receiver;
mod reuse;
mod rtp;
mod sctp_transport;
mod sender;
mod stats;
mod transceiver;
mod transport;

use std::{
    cell::{Cell, OnceCell, RefCell},
    fmt,
    rc::Rc,
};

use wasm_bindgen::JsCast;

#[doc(inline)]
pub use browser_rtc_proto::sdp::{
    ConnectionState, DtlsTransportState, IceCandidate, IceCandidateType, IceComponent, IceConnectionState,
    IceGatheringState, IceProtocol, IceRole, IceServerTransportProtocol, IceTcpCandidateType, IceTransportState,
    ParseCandidateError, ParsedCandidate, SdpType, SessionDescription, SignalingState,
};

use self::rtp::Rtp;
pub use self::{
    certificate::{Certificate, Fingerprint, KeyAlgorithm, NamedCurve},
    codec::{Codec, CodecParameters, HeaderExtensionCapability, RtpCapabilities},
    configuration::{BundlePolicy, Configuration, IceServer, IceTransportPolicy, RtcpMuxPolicy},
    dtls_transport::DtlsTransport,
    encoding::{Encoding, ResolutionRestriction},
    events::{IceCandidateError, TrackEvent},
    ice_transport::{IceCandidatePair, IceParameters, IceTransport},
    identity::{IdentityAssertion, IdentityProvider},
    offer_answer::OfferOptions,
    parameters::{
        DegradationPreference, EncodingOptions, HeaderExtensionParameters, RtcpParameters, RtpParameters,
        RtpSendParameters, SetParameterOptions,
    },
    receiver::{RtpReceiver, RtpSource},
    sctp_transport::{SctpTransport, SctpTransportState},
    sender::RtpSender,
    transceiver::{RtpTransceiver, TrackOrKind, TransceiverDirection, TransceiverInit},
};
pub use crate::channel::PriorityType;
use crate::{
    channel::{self, ChannelInit, DataChannel, Owner},
    dtmf::DtmfSender,
    error::{During, Error, ErrorKind, Result},
    identity::{identity, same_object},
    media::{MediaStream, MediaStreamTrack, TrackKind},
    registry::{Shared, shared},
    sys::{self, global},
    wake::CloseSignal,
};

/// A connection to one peer. [Specification](https://www.w3.org/TR/webrtc/#rtcpeerconnection-interface)
///
/// Clones share one connection. It closes with [`close`](Self::close), or when its last clone is dropped. Its event
/// streams and channels do not keep it open, and end with it. A connection keeps the tracks alive that it sends.
///
/// The futures of a connection wait for the browser, not for the remote peer, and resolve with `Closed` when the
/// connection is closed. The exception is [`peer_identity`](Self::peer_identity), which waits for the remote peer.
///
/// ```no_run
/// # use browser_rtc::{peer::{Configuration, PeerConnection}, media::MediaStream, Result};
/// # async fn example(camera: MediaStream) -> Result<()> {
/// let pc = PeerConnection::new(&Configuration::new())?;
/// for track in camera.tracks() {
///     pc.add_track(&track, &[&camera])?;
/// }
/// let mut candidates = pc.ice_candidates();
/// pc.set_local_description().await?;
/// let offer = pc.local_description(); // to be sent to the remote peer, as is each candidate
/// # let _ = (offer, &mut candidates); Ok(()) }
/// ```
#[doc(alias = "RTCPeerConnection")]
#[derive(Clone)]
pub struct PeerConnection(Rc<SharedConnection>);

struct SharedConnection {
    raw: sys::peer_connection::PeerConnection,
    end: CloseSignal,
    rtp: OnceCell<Rc<dyn Rtp>>,
    close_on_drop: Cell<bool>,
    /// Set for the connection of a session, which reuses senders.
    reuse: RefCell<Option<reuse::Failed>>,
}

shared!(SharedConnection, raw);

impl PeerConnection {
    /// Creates a connection. It connects once the two peers have exchanged descriptions and candidates.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection)
    ///
    /// # Errors
    /// - `NotSupported` if the browser has no WebRTC.
    /// - `Syntax` for a malformed server URL.
    /// - `InvalidAccess` for a TURN server without credentials.
    /// - `Type` for an unknown policy.
    #[doc(alias = "RTCPeerConnection.constructor")]
    pub fn new(configuration: &Configuration) -> Result<Self> {
        const OPERATION: &str = "RTCPeerConnection";
        supported(OPERATION)?;
        let raw = sys::peer_connection::PeerConnection::new(&configuration.to_js()).during(OPERATION)?;
        Ok(Self::wrap(raw, true))
    }

    /// Returns a handle of a connection that belongs to other code. Dropping the handle does not close the connection.
    ///
    /// All handles of one connection share one state, including those of [`new`](Self::new): if there is a handle of
    /// `new`, dropping the last handle of either kind closes the connection.
    ///
    /// Close the connection with [`close`](Self::close) of a handle, not through the raw object: when a connection is
    /// closed, browsers neither settle pending promises nor fire an event.
    #[must_use]
    pub fn from_raw(raw: web_sys::RtcPeerConnection) -> Self {
        let pc = SharedConnection::find(&raw).map_or_else(|| Self::wrap(raw.unchecked_into(), false), Self);
        // Browsers fire no event when the raw object is closed.
        if pc.signaling_state() == SignalingState::Closed {
            pc.close();
        }
        pc
    }

    fn wrap(raw: sys::peer_connection::PeerConnection, close_on_drop: bool) -> Self {
        let inner = Rc::new(SharedConnection {
            raw,
            end: CloseSignal::default(),
            rtp: OnceCell::new(),
            close_on_drop: Cell::new(close_on_drop),
            reuse: RefCell::default(),
        });
        inner.register();
        Self(inner)
    }

    /// Returns this connection as its channels refer to it.
    fn connection(&self) -> channel::Connection {
        channel::Connection { raw: self.0.raw.clone().into(), end: self.0.end.clone() }
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcPeerConnection {
        &self.0.raw
    }

    /// Returns the underlying browser object. Dropping the remaining handles no longer closes the connection.
    #[must_use]
    pub fn into_raw(self) -> web_sys::RtcPeerConnection {
        self.0.close_on_drop.set(false);
        self.0.raw.clone().unchecked_into()
    }

    fn open(&self, operation: &'static str) -> Result<&sys::peer_connection::PeerConnection> {
        rtp::open(operation, &self.0.raw, &self.0.end)
    }
}

/// Tracks and channels.
impl PeerConnection {
    /// Sends a track to the remote peer, as part of `streams`; a negotiation is needed then. The connection keeps the
    /// track alive.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtrack)
    ///
    /// On the connection of a [`Session`](crate::session::Session), the track takes a sender of its kind whose track
    /// was removed with [`remove_track`](Self::remove_track), if there is one. Descriptions then do not grow however
    /// often tracks are added and removed. The sender keeps its parameters, and its transceiver the codec preferences.
    /// A sender with an inactive encoding is not reused. The browser sets the track after this function has returned;
    /// if it rejects the track, the session emits a [`Failed`](crate::session::SessionEvent::Failed). On other
    /// connections, the browser's rule applies, by which a sender that has sent media is not reused.
    ///
    /// # Errors
    /// - `InvalidAccess` if the connection sends the track already.
    /// - `Closed` if the connection is closed.
    #[doc(alias = "RTCPeerConnection.addTrack")]
    pub fn add_track(&self, track: &MediaStreamTrack, streams: &[&MediaStream]) -> Result<RtpSender> {
        const OPERATION: &str = "addTrack";
        if self.reuses_senders()
            && let Some(sender) = self.add_track_to_emptied(track, streams)?
        {
            return Ok(sender);
        }
        let streams = streams.iter().map(|stream| stream.as_raw()).collect();
        let raw = self.open(OPERATION)?.add_track(track.as_raw(), &streams).during(OPERATION)?;
        let sender = self.rtp().sender(raw);
        sender.keep(Some(track.clone()));
        Ok(sender)
    }

    /// Stops sending the track of a sender. A negotiation is needed then, with which the track is removed at the remote
    /// peer. The track is stopped unless the program holds another handle of it.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-removetrack)
    ///
    /// # Errors
    /// - `InvalidAccess` for a sender of another connection.
    /// - `Closed` if the connection is closed.
    #[doc(alias = "RTCPeerConnection.removeTrack")]
    pub fn remove_track(&self, sender: &RtpSender) -> Result<()> {
        const OPERATION: &str = "removeTrack";
        let raw = self.open(OPERATION)?;
        if self.remove_pending_track(sender)? {
            return Ok(());
        }
        let had_track = sender.track().is_some();
        raw.remove_track(sender.raw()).during(OPERATION)?;
        // The sender of a stopped transceiver still has its track.
        if sender.track().is_none() {
            if self.reuses_senders() && had_track {
                sender.empty();
            }
            sender.keep(None);
        }
        Ok(())
    }

    /// Returns the DTMF sender of the first sender with an audio track.
    pub(crate) fn first_dtmf_sender(&self) -> Result<DtmfSender> {
        let sends_audio = |sender: &RtpSender| sender.track().is_some_and(|track| track.kind() == TrackKind::Audio);
        match self.senders().into_iter().find(sends_audio) {
            Some(sender) => sender.dtmf(),
            None => Err(Error::new("dtmf", ErrorKind::NotSupported, "no audio track is sent that could carry tones")),
        }
    }

    /// Returns all senders; none once the connection is closed.
    #[doc(alias = "RTCPeerConnection.getSenders")]
    #[must_use]
    pub fn senders(&self) -> Vec<RtpSender> {
        let senders = self.0.raw.senders().unwrap_or_default();
        if self.0.end.is_set() {
            return Vec::new();
        }
        let rtp = self.rtp();
        senders.iter().map(|raw| rtp.sender(raw.unchecked_into())).collect()
    }

    /// Creates a data channel to the remote peer. The first channel of a connection requires a negotiation, later ones
    /// do not.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-createdatachannel)
    ///
    /// # Errors
    /// - `Type` for a label or protocol of more than 65,535 bytes.
    /// - `Operation` if the id is taken or no id is free.
    /// - `Closed` if the connection is closed.
    #[doc(alias = "RTCPeerConnection.createDataChannel")]
    pub fn create_data_channel(&self, label: &str, init: &ChannelInit) -> Result<DataChannel> {
        const OPERATION: &str = "createDataChannel";
        let raw = self.open(OPERATION)?.create_data_channel(label, &init.to_js()).during(OPERATION)?;
        Ok(DataChannel::handle(raw, self.connection(), Owner::Handles))
    }

    /// Returns a handle of a channel of this connection that belongs to other code, as [`DataChannel::from_raw`] does.
    /// This handle also ends with the connection and has a [largest message](DataChannel::max_message_size).
    #[must_use]
    pub fn data_channel_from_raw(&self, raw: web_sys::RtcDataChannel) -> DataChannel {
        DataChannel::handle(raw.unchecked_into(), self.connection(), Owner::Other)
    }

    /// Returns whether there is anything to negotiate that was added through a handle of this crate.
    pub(crate) fn has_media_or_channels(&self) -> bool {
        let transceivers = self.0.raw.transceivers();
        transceivers.is_ok_and(|transceivers| transceivers.length() > 0) || channel::has_channels(&self.0.raw)
    }

    /// Closes the connection immediately. Its streams end, pending operations fail with `Closed`, received tracks stop,
    /// and sent tracks stop unless the program holds other handles of them. The remote peer detects the end after some
    /// seconds.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-close)
    #[doc(alias = "RTCPeerConnection.close")]
    pub fn close(&self) {
        self.0.close();
    }
}

impl SharedConnection {
    fn close(&self) {
        self.raw.close();
        if self.end.set() {
            channel::end_channels(&self.raw);
            if let Some(rtp) = self.rtp.get() {
                rtp.close();
            }
        }
    }
}

impl Drop for SharedConnection {
    fn drop(&mut self) {
        if self.close_on_drop.get() {
            self.close();
        } else if self.end.set()
            && let Some(rtp) = self.rtp.get()
        {
            rtp.leave_running();
        }
        self.unregister();
    }
}

/// Returns whether this browser has WebRTC.
#[must_use]
pub fn is_supported() -> bool {
    global::has("RTCPeerConnection")
}

fn supported(operation: &'static str) -> Result<()> {
    let advice = "this browser has no WebRTC: use a current Chrome, Edge, Firefox or Safari";
    if is_supported() { Ok(()) } else { Err(Error::new(operation, ErrorKind::NotSupported, advice)) }
}

impl fmt::Debug for PeerConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerConnection").field("connection_state", &self.connection_state()).finish_non_exhaustive()
    }
}

identity!(PeerConnection, |this, other| same_object(&this.0.raw, &other.0.raw));
