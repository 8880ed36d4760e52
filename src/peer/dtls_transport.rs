//! The DTLS transport of a connection.

use std::fmt;

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::EventTarget;

use super::{DtlsTransportState, IceTransport, transport::Transport};
use crate::{
    error::{Error, Result},
    event::EventStream,
    sys::global,
    wake::CloseSignal,
};

/// A DTLS transport, which encrypts the packets on an [`IceTransport`]. Bundled media and data share one.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcdtlstransport-interface)
///
/// Clones share one transport. A transport does not keep its connection alive.
#[doc(alias = "RTCDtlsTransport")]
#[derive(Clone, PartialEq, Eq)]
pub struct DtlsTransport(Transport);

impl DtlsTransport {
    /// Returns `None` for `null`.
    pub(super) fn new(raw: wasm_bindgen::JsValue, connection: &CloseSignal) -> Option<Self> {
        Transport::new(raw, connection).map(Self)
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &EventTarget {
        &self.0.raw
    }

    /// Returns the ICE transport that carries the packets.
    #[doc(alias = "RTCDtlsTransport.iceTransport")]
    #[must_use]
    pub fn ice_transport(&self) -> Option<IceTransport> {
        IceTransport::new(global::get(&self.0.raw, "iceTransport"), &self.0.connection)
    }

    /// Returns the current state.
    #[doc(alias = "RTCDtlsTransport.state")]
    #[must_use]
    pub fn state(&self) -> DtlsTransportState {
        self.0.state("state", DtlsTransportState::Closed)
    }

    /// Returns a stream of the state: the current one, then each change, `Closed` last.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtlstransport-onstatechange)
    #[doc(alias = "RTCDtlsTransport.onstatechange")]
    pub fn states(&self) -> EventStream<DtlsTransportState> {
        self.0.states("state", "statechange", DtlsTransportState::Closed)
    }

    /// Returns a stream of the failures of the transport; [`Error::rtc`] has the alerts that were sent and received.
    /// Firefox emits none, although the state becomes [`Failed`](DtlsTransportState::Failed).
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtlstransport-onerror)
    #[doc(alias = "RTCDtlsTransport.onerror")]
    #[doc(alias = "RTCErrorEvent.error")]
    pub fn errors(&self) -> EventStream<Error> {
        EventStream::new(&self.0.connection)
            .on(&self.0.raw, "error", |event| Some(Error::from_js("dtls", global::get(&event, "error"))))
    }

    /// Returns the certificate chain of the remote peer in DER, its own certificate first; empty before the transport
    /// is connected.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtlstransport-getremotecertificates)
    ///
    /// # Errors
    /// `NotSupported` if the browser does not report certificates.
    #[doc(alias = "RTCDtlsTransport.getRemoteCertificates")]
    pub fn remote_certificates(&self) -> Result<Vec<Vec<u8>>> {
        let certificates = self.0.call("getRemoteCertificates")?;
        let bytes = |buffer: ArrayBuffer| Uint8Array::new(&buffer).to_vec();
        Ok(global::items(&certificates).into_iter().filter_map(|buffer| buffer.dyn_into().ok()).map(bytes).collect())
    }
}

impl fmt::Debug for DtlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DtlsTransport").field("state", &self.state()).finish_non_exhaustive()
    }
}
