//! The statistics of a connection.

use std::time::Duration;

use futures::{
    StreamExt,
    future::{Either, select},
    stream::{self, FusedStream},
};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::{JsCast, JsValue};

use super::PeerConnection;
use crate::{
    error::{ErrorKind, Result},
    media::MediaStreamTrack,
    promise::{settled, settled_for_good},
    stats::StatsReport,
    sys::{self, promise::Promise},
    timer,
    wake::CloseSignal,
};

const OPERATION: &str = "getStats";

/// Statistics.
impl PeerConnection {
    /// Returns the statistics of the connection and of all its streams and transports.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getstats)
    ///
    /// Browsers answer from a cache for some tens of milliseconds.
    ///
    /// ```no_run
    /// # use browser_rtc::{peer::PeerConnection, stats::InboundRtp, Result};
    /// # async fn example(pc: &PeerConnection) -> Result<()> {
    /// let report = pc.stats().await?;
    /// for stream in report.of_type::<InboundRtp>() {
    ///     let codec = stream.codec_id.as_ref().and_then(|id| report.follow(id));
    ///     let _told = (stream.bytes_received, codec.map(|codec| &codec.mime_type));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// A closed connection still has a report: Chromium 156 returns the entry of the connection itself, and Firefox
    /// 153, for as long as it takes to shut down, its transports and candidates as well. For the last numbers of a
    /// call, keep the last report before its end.
    ///
    /// # Errors
    /// The browser's, such as `Operation`; both answer in all cases that are known.
    #[doc(alias = "RTCPeerConnection.getStats")]
    pub async fn stats(&self) -> Result<StatsReport> {
        report(&self.0.end, || self.0.raw.stats(None)).await
    }

    /// Returns the raw report, without the cost of reading all of it; `Closed` once the connection is.
    pub(crate) async fn raw_stats(&self) -> Result<sys::stats_report::StatsReport> {
        Ok(settled(OPERATION, &self.0.end, || self.0.raw.stats(None)).await?.unchecked_into())
    }

    /// Returns the statistics of what sends or receives this track, and of what that refers to.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getstats)
    ///
    /// # Errors
    /// `InvalidAccess` where no sender or receiver has this track, or more than one. A connection that was connected
    /// has none once it is closed.
    pub async fn stats_of(&self, track: &MediaStreamTrack) -> Result<StatsReport> {
        report(&self.0.end, || self.0.raw.stats(Some(track.as_raw()))).await
    }

    /// A report now, and another each time this long after the one before it has been taken from the stream. It ends
    /// when the connection closes, and does not keep it open. Less than a millisecond counts as one, more than
    /// `i32::MAX` milliseconds as that.
    ///
    /// ```no_run
    /// # use browser_rtc::{peer::PeerConnection, stats, Result};
    /// # use futures::StreamExt;
    /// # use std::time::Duration;
    /// # async fn example(pc: &PeerConnection) -> Result<()> {
    /// let mut reports = pc.stats_every(Duration::from_secs(1));
    /// let Some(mut earlier) = reports.next().await.transpose()? else { return Ok(()) };
    /// while let Some(later) = reports.next().await.transpose()? {
    ///     let rates = stats::rates(&earlier, &later);
    ///     let _told = (rates.incoming_bit_rate, rates.round_trip_time);
    ///     earlier = later;
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use = "nothing is asked until the stream is polled"]
    pub fn stats_every(&self, interval: Duration) -> impl FusedStream<Item = Result<StatsReport>> + Unpin + use<> {
        let ms = timer::milliseconds(interval);
        let (raw, end) = (self.0.raw.clone(), self.0.end.clone());
        let reports = stream::unfold((raw, end, false), move |(raw, end, wait)| async move {
            if wait && matches!(select(end.wait(), TimeoutFuture::new(ms)).await, Either::Left(_)) {
                return None;
            }
            match settled(OPERATION, &end, || raw.stats(None)).await {
                Err(error) if *error.kind() == ErrorKind::Closed => None,
                report => Some((report.and_then(read), (raw, end, true))),
            }
        });
        Box::pin(reports.fuse())
    }
}

/// Awaits the report that `ask` asks for. Firefox never settles a promise that is pending when the connection closes,
/// and answers one that is asked for afterwards: so the report is asked for again then.
pub(super) async fn report(
    end: &CloseSignal,
    ask: impl Fn() -> std::result::Result<Promise, JsValue>,
) -> Result<StatsReport> {
    if !end.is_set() {
        let report = settled(OPERATION, end, &ask).await;
        if !report.as_ref().is_err_and(|error| *error.kind() == ErrorKind::Closed) {
            return read(report?);
        }
    }
    read(settled_for_good(OPERATION, ask()).await?)
}

fn read(report: JsValue) -> Result<StatsReport> {
    StatsReport::from_raw(report.unchecked_into())
}
