//! The SCTP transport of a connection's data channels.

use std::fmt;

use browser_rtc_proto::spec_enum;
use wasm_bindgen::JsValue;
use web_sys::EventTarget;

use super::{DtlsTransport, PeerConnection, transport::Transport};
use crate::{event::EventStream, sys::global, wake::CloseSignal};

spec_enum! {
    /// The state of an SCTP transport. [Specification](https://www.w3.org/TR/webrtc/#rtcsctptransportstate-enum)
    #[doc(alias = "RTCSctpTransportState")]
    SctpTransportState {
        /// The transport is connecting.
        #[doc(alias = "RTCSctpTransportState.connecting")]
        Connecting = "connecting",
        /// The transport is connected, and channels can open.
        #[doc(alias = "RTCSctpTransportState.connected")]
        Connected = "connected",
        /// The transport was closed by either peer.
        #[doc(alias = "RTCSctpTransportState.closed")]
        Closed = "closed",
    }
}

/// The SCTP transport, which all data channels of a connection share.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcsctptransport-interface)
///
/// Clones share one transport. A transport does not keep its connection alive. If the answer bundles channels with
/// media, Chromium closes the transport of the offer and creates another one, and in Firefox the transport gets another
/// DTLS [`transport`](Self::transport). Call [`PeerConnection::sctp`] after the answer is set.
///
/// ```no_run
/// # use browser_rtc::{peer::{PeerConnection, SctpTransportState}, Result};
/// # use futures::StreamExt;
/// # async fn example(pc: &PeerConnection) -> Result<()> {
/// let Some(sctp) = pc.sctp() else { return Ok(()) }; // no data channel has been negotiated
/// let mut states = sctp.states();
/// while let Some(state) = states.next().await {
///     if state == SctpTransportState::Connected { break }
/// }
/// println!("messages of up to {:?} bytes", sctp.max_message_size());
/// let dtls = sctp.transport();
/// let ice = dtls.as_ref().and_then(|dtls| dtls.ice_transport());
/// println!("DTLS: {:?}, ICE: {:?}", dtls.map(|dtls| dtls.state()), ice.map(|ice| ice.state()));
/// # Ok(()) }
/// ```
#[doc(alias = "RTCSctpTransport")]
#[derive(Clone, PartialEq, Eq)]
pub struct SctpTransport(Transport);

impl SctpTransport {
    /// Returns `None` for `null`.
    pub(super) fn new(raw: JsValue, connection: &CloseSignal) -> Option<Self> {
        Transport::new(raw, connection).map(Self)
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &EventTarget {
        &self.0.raw
    }

    /// Returns the DTLS transport that encrypts the packets.
    #[doc(alias = "RTCSctpTransport.transport")]
    #[must_use]
    pub fn transport(&self) -> Option<DtlsTransport> {
        DtlsTransport::new(global::get(&self.0.raw, "transport"), &self.0.connection)
    }

    /// Returns the current state.
    #[doc(alias = "RTCSctpTransport.state")]
    #[must_use]
    pub fn state(&self) -> SctpTransportState {
        self.0.state("state", SctpTransportState::Closed)
    }

    /// Returns a stream of the state: the current one, then each change, `Closed` last.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcsctptransport-onstatechange)
    #[doc(alias = "RTCSctpTransport.onstatechange")]
    pub fn states(&self) -> EventStream<SctpTransportState> {
        self.0.states("state", "statechange", SctpTransportState::Closed)
    }

    /// Returns the size in bytes of the largest message that [`DataChannel::send`](crate::channel::DataChannel::send)
    /// accepts; infinite if the remote peer has announced no limit. It is known once the transport is connected in
    /// Chromium, and `None` before; Firefox reports 65,536 until the answer is set.
    #[doc(alias = "RTCSctpTransport.maxMessageSize")]
    #[must_use]
    pub fn max_message_size(&self) -> Option<f64> {
        global::get(&self.0.raw, "maxMessageSize").as_f64()
    }

    /// Returns the maximum number of channels; `None` before the transport is connected, and in Firefox.
    #[doc(alias = "RTCSctpTransport.maxChannels")]
    #[must_use]
    pub fn max_channels(&self) -> Option<u16> {
        global::integer(&self.0.raw, "maxChannels")
    }
}

impl PeerConnection {
    /// Returns the SCTP transport; `None` before the first offer or answer with a data channel.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-sctp)
    #[doc(alias = "RTCPeerConnection.sctp")]
    #[must_use]
    pub fn sctp(&self) -> Option<SctpTransport> {
        SctpTransport::new(global::get(&self.0.raw, "sctp"), &self.0.end)
    }
}

impl fmt::Debug for SctpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SctpTransport").field("state", &self.state()).finish_non_exhaustive()
    }
}
