//! The options of a call.

use std::time::Duration;

use browser_rtc_proto::call::MAX_METADATA_BYTES;
use serde::Serialize;

use super::{media::CallMedia, outgoing::json};
use crate::{
    error::{Error, ErrorKind, Result},
    peer::{Configuration, SessionDescription},
    session::sdp_transform::SdpTransform,
    signaling::Data,
};

/// The operation of the errors of metadata.
const METADATA: &str = "metadata";

/// The options of [`Room::call_with`](super::Room::call_with) and
/// [`IncomingCall::accept_with`](super::IncomingCall::accept_with).
///
/// # Examples
/// ```
/// use browser_rtc::{
///     peer::{Configuration, IceTransportPolicy},
///     room::CallOptions,
/// };
/// use std::{collections::BTreeMap, time::Duration};
///
/// let options = CallOptions::new(None)
///     .metadata(&BTreeMap::from([("subject", "the invoice")]))?
///     .ring_time(Duration::from_secs(120))
///     .configuration(Configuration::new().ice_transport_policy(IceTransportPolicy::Relay));
/// # drop(options);
/// # browser_rtc::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct CallOptions<'a> {
    pub(super) media: CallMedia<'a>,
    pub(super) metadata: Option<Data>,
    pub(super) ring_time: Option<Duration>,
    pub(super) configuration: Option<Configuration>,
    pub(super) sdp_transform: Option<SdpTransform>,
}

impl<'a> CallOptions<'a> {
    /// Creates options with the media that is sent to the peer: `&camera`, `None` to only receive, or a
    /// [future](CallMedia::from_future) of a stream.
    pub fn new(media: impl Into<CallMedia<'a>>) -> Self {
        Self { media: media.into(), metadata: None, ring_time: None, configuration: None, sdp_transform: None }
    }

    /// Sets the metadata for the peer, such as the subject of the call: any value that can be represented in JSON of at
    /// most 16,384 bytes.
    ///
    /// The callee reads the caller's from [`IncomingCall::metadata`](super::IncomingCall::metadata) before it answers, and
    /// both read the other's from [`Call::metadata`](super::Call::metadata). `null` stands for no metadata.
    ///
    /// # Errors
    /// - `Type` if the value cannot be represented in JSON.
    /// - `TooLarge` if the JSON exceeds the limit.
    pub fn metadata<T: Serialize + ?Sized>(self, value: &T) -> Result<Self> {
        self.metadata_data(json(METADATA, value)?)
    }

    /// Attaches JSON to the call.
    pub(crate) fn metadata_data(mut self, data: Data) -> Result<Self> {
        let size = data.get().len();
        if size > MAX_METADATA_BYTES {
            let message = format!("the JSON has {size} bytes, and the limit is {MAX_METADATA_BYTES} bytes");
            return Err(Error::new(METADATA, ErrorKind::TooLarge { limit: MAX_METADATA_BYTES as u64 }, message));
        }
        self.metadata = Some(data);
        Ok(self)
    }

    /// Sets how long the call waits for an answer, in place of [`Join::ring_time`](super::Join::ring_time). The peer rings
    /// for up to 15 seconds longer, in case the caller's cancellation is lost, and for at most 10 minutes. Has no effect on
    /// the answer to a call.
    #[must_use]
    pub fn ring_time(mut self, time: Duration) -> Self {
        self.ring_time = Some(time);
        self
    }

    /// Sets the configuration of the connection, in place of [`Join::configuration`](super::Join::configuration). The ICE
    /// servers that the signaling server provides are appended to those of the configuration.
    #[must_use]
    pub fn configuration(mut self, configuration: Configuration) -> Self {
        self.configuration = Some(configuration);
        self
    }

    /// Sets a function that changes the SDP of the local descriptions of the call, as
    /// [`SessionOptions::sdp_transform`](crate::session::SessionOptions::sdp_transform) does. If the function returns an
    /// error, the call ends with [`EndReason::ConnectionFailed`](super::EndReason::ConnectionFailed).
    ///
    /// # Examples
    /// ```
    /// use browser_rtc::room::CallOptions;
    ///
    /// let stereo = CallOptions::new(None)
    ///     .sdp_transform(|description| Ok(description.sdp.replace("useinbandfec=1", "useinbandfec=1;stereo=1")));
    /// # drop(stereo);
    /// ```
    #[must_use]
    pub fn sdp_transform(mut self, transform: impl Fn(&SessionDescription) -> Result<String> + 'static) -> Self {
        self.sdp_transform = Some(SdpTransform::new(transform));
        self
    }
}
