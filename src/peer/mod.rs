//! Connections to peers. [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-connections)
//!
//! Dictionaries that a browser returns and also accepts, such as [`Configuration`], [`Encoding`] and [`Codec`], have
//! public fields, a constructor and setters. Options that it only accepts, such as [`TransceiverInit`], have setters
//! alone.

mod certificate;
mod codec;
mod configuration;
mod convert;
mod described;
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
    error::{During, Error, ErrorKind, Result},
    identity::{identity, same_object},
    media::{MediaStream, MediaStreamTrack},
    registry::{Shared, shared},
    sys::{self, global},
    wake::CloseSignal,
};

/// A connection to one peer. [Specification](https://www.w3.org/TR/webrtc/#rtcpeerconnection-interface)
///
/// Clones share one connection. It closes with [`close`](Self::close), or when its last clone is dropped; its streams
/// and its channels end with it, and do not keep it open. It keeps the tracks alive that it sends.
///
/// Unless said otherwise, its futures are cancel safe in that dropping one leaves everything valid; the browser
/// carries the operation out all the same. They wait for the browser, not for the peer, and resolve with `Closed` when
/// the connection is closed. The peer is awaited by the streams of events, without a limit, and by
/// [`peer_identity`](Self::peer_identity).
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
/// let offer = pc.local_description(); // now to the peer, and each candidate as it comes
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
    /// The connection of a session reuses senders.
    reuse: RefCell<Option<reuse::Failed>>,
}

shared!(SharedConnection, raw);

impl PeerConnection {
    /// Creates a connection, which is not yet connected.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection)
    ///
    /// # Errors
    /// `NotSupported` where the browser has no WebRTC, `Syntax` for a malformed server URL, `InvalidAccess` for a
    /// TURN server without credentials.
    #[doc(alias = "RTCPeerConnection.constructor")]
    pub fn new(configuration: &Configuration) -> Result<Self> {
        const OPERATION: &str = "RTCPeerConnection";
        supported(OPERATION)?;
        let raw = sys::peer_connection::PeerConnection::new(&configuration.to_js()).during(OPERATION)?;
        Ok(Self::wrap(raw, true))
    }

    /// Returns a handle of a connection that something else looks after: dropping it does not close the connection.
    ///
    /// All handles of one connection share one state, also those of [`new`](Self::new): what one closes is closed for
    /// all, and where a handle of `new` exists, the drop of the last handle closes the connection.
    ///
    /// Close it through [`close`](Self::close) of a handle, not on the raw object: a browser neither settles what is
    /// pending then nor fires an event.
    #[must_use]
    pub fn from_raw(raw: web_sys::RtcPeerConnection) -> Self {
        let pc = SharedConnection::find(&raw).map_or_else(|| Self::wrap(raw.unchecked_into(), false), Self);
        // No event tells that the raw object has been closed.
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

    /// Returns what channels know of this connection.
    fn connection(&self) -> channel::Connection {
        channel::Connection { raw: self.0.raw.clone().into(), end: self.0.end.clone() }
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcPeerConnection {
        &self.0.raw
    }

    /// Returns the browser's own object, which no drop closes any more.
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
    /// Sends a track to the peer, in these streams. The connection keeps it alive.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtrack)
    ///
    /// On a [`Session`](crate::session::Session)'s connection, a sender that [`remove_track`](Self::remove_track) has
    /// emptied takes the next track of its kind, so that descriptions stay bounded however often a track is added and
    /// removed. Such a sender keeps its parameters, and its transceiver the codec preferences. One with an encoding
    /// that is not active is not used again. The browser takes the track after this has returned; where it refuses it,
    /// the session emits a [`Failed`](crate::session::SessionEvent::Failed). On other connections the browser's own
    /// rules apply: a sender that has sent is not used again.
    ///
    /// # Errors
    /// `InvalidAccess` where the track is sent already, `Closed`.
    #[doc(alias = "RTCPeerConnection.addTrack")]
    pub fn add_track(&self, track: &MediaStreamTrack, streams: &[&MediaStream]) -> Result<RtpSender> {
        const OPERATION: &str = "addTrack";
        if self.reuses_senders()
            && let Some(sender) = self.add_track_again(track, streams)?
        {
            return Ok(sender);
        }
        let streams = streams.iter().map(|stream| stream.as_raw()).collect();
        let raw = self.open(OPERATION)?.add_track(track.as_raw(), &streams).during(OPERATION)?;
        let sender = self.rtp().sender(raw);
        sender.keep(Some(track.clone()));
        Ok(sender)
    }

    /// Stops sending; the peer sees the track go with the next negotiation. The track itself runs on while another
    /// handle holds it.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-removetrack)
    ///
    /// # Errors
    /// `InvalidAccess` for a sender of another connection, `Closed`.
    #[doc(alias = "RTCPeerConnection.removeTrack")]
    pub fn remove_track(&self, sender: &RtpSender) -> Result<()> {
        const OPERATION: &str = "removeTrack";
        let raw = self.open(OPERATION)?;
        if self.remove_track_again(sender)? {
            return Ok(());
        }
        let had_track = sender.track().is_some();
        raw.remove_track(sender.raw()).during(OPERATION)?;
        // A stopped sender still has its track.
        if sender.track().is_none() {
            if self.reuses_senders() && had_track {
                sender.empty();
            }
            sender.keep(None);
        }
        Ok(())
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

    /// Opens a channel to the peer. The first one needs a negotiation, later ones do not.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-createdatachannel)
    ///
    /// # Errors
    /// `Type` for a label or protocol of more than 65,535 bytes, `Operation` where the id is taken or none is free,
    /// `Closed`.
    #[doc(alias = "RTCPeerConnection.createDataChannel")]
    pub fn create_data_channel(&self, label: &str, init: &ChannelInit) -> Result<DataChannel> {
        const OPERATION: &str = "createDataChannel";
        let raw = self.open(OPERATION)?.create_data_channel(label, &init.to_js()).during(OPERATION)?;
        Ok(DataChannel::handle(raw, self.connection(), Owner::Handles))
    }

    /// Returns a handle of a channel of this connection that something else looks after, as [`DataChannel::from_raw`]
    /// does. In addition it ends with the connection, and knows the [largest message](DataChannel::max_message_size).
    #[must_use]
    pub fn data_channel_from_raw(&self, raw: web_sys::RtcDataChannel) -> DataChannel {
        DataChannel::handle(raw.unchecked_into(), self.connection(), Owner::Other)
    }

    /// Returns whether there is anything to negotiate that was added through a handle of this crate.
    pub(crate) fn has_media_or_channels(&self) -> bool {
        let transceivers = self.0.raw.transceivers();
        transceivers.is_ok_and(|transceivers| transceivers.length() > 0) || channel::has_channels(&self.0.raw)
    }

    /// Closes the connection at once: its streams end, what waits on it gets `Closed`, the tracks it alone held stop,
    /// and so do those that it received. The peer notices by itself, after seconds.
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
