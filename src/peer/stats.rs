//! The statistics of a connection.

use std::time::Duration;

use futures::{
    StreamExt,
    future::{Either, select},
    stream::{self, FusedStream},
};
use wasm_bindgen::{JsCast, JsValue};

use super::PeerConnection;
use crate::{
    error::{ErrorKind, Result},
    media::MediaStreamTrack,
    promise::{settled, settled_for_good},
    stats::StatsReport,
    sys::{self, promise::Promise},
    timer::{self, Sleep},
    wake::CloseSignal,
};

const OPERATION: &str = "getStats";

/// Statistics.
impl PeerConnection {
    /// Returns the statistics of the connection, its streams and its transports.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getstats)
    ///
    /// Browsers cache a report for a few tens of milliseconds.
    ///
    /// ```no_run
    /// # use browser_rtc::{peer::PeerConnection, stats::InboundRtp, Result};
    /// # async fn example(pc: &PeerConnection) -> Result<()> {
    /// let report = pc.stats().await?;
    /// for stream in report.of_type::<InboundRtp>() {
    ///     let codec = stream.codec_id.as_ref().and_then(|id| report.follow(id));
    ///     println!("{:?} bytes of {:?}", stream.bytes_received, codec.map(|codec| &codec.mime_type));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// A closed connection still has a report: Chromium 156 returns the entry of the connection, and Firefox 153 also
    /// returns transports and candidates until they have shut down. For the final numbers of a call, keep the last
    /// report before its end.
    ///
    /// # Errors
    /// The error of the browser, such as `Operation`. No case is known in which Chromium or Firefox fails.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCPeerConnection.getStats")]
    pub async fn stats(&self) -> Result<StatsReport> {
        report(&self.0.end, || self.0.raw.stats(None)).await
    }

    /// Returns the raw report, without the cost of reading all of its entries.
    ///
    /// # Errors
    /// `Closed` if the connection is closed.
    pub(crate) async fn raw_stats(&self) -> Result<sys::stats_report::StatsReport> {
        Ok(settled(OPERATION, &self.0.end, || self.0.raw.stats(None)).await?.unchecked_into())
    }

    /// Returns the statistics of the sender or receiver of a track, and the entries that they refer to.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getstats)
    ///
    /// # Errors
    /// `InvalidAccess` if no sender or receiver has the track, or several do. A closed connection has no senders or
    /// receivers.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub async fn stats_of(&self, track: &MediaStreamTrack) -> Result<StatsReport> {
        report(&self.0.end, || self.0.raw.stats(Some(track.as_raw()))).await
    }

    /// Returns a stream of reports: the first immediately, and each later one `interval` after the previous one was
    /// taken from the stream. The stream ends when the connection closes, and does not keep it open. The interval is 1
    /// ms to `i32::MAX` ms (24 days). An error of [`stats`](Self::stats) is an item of the stream, which then
    /// continues.
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
    ///     println!("{:?} bit/s, {:?} s round trip", rates.incoming_bit_rate, rates.round_trip_time);
    ///     earlier = later;
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use = "streams do nothing unless polled"]
    pub fn stats_every(&self, interval: Duration) -> impl FusedStream<Item = Result<StatsReport>> + Unpin + use<> {
        let ms = timer::milliseconds(interval);
        let (raw, end) = (self.0.raw.clone(), self.0.end.clone());
        let reports = stream::unfold((raw, end, false), move |(raw, end, wait)| async move {
            if wait && matches!(select(end.wait(), Sleep::new(ms)).await, Either::Left(_)) {
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

/// Awaits the report that `request` requests. Firefox never settles a request that is pending when the connection
/// closes, and answers one that is made afterwards, so that the request is repeated then.
pub(super) async fn report(
    end: &CloseSignal,
    request: impl Fn() -> std::result::Result<Promise, JsValue>,
) -> Result<StatsReport> {
    if !end.is_set() {
        let report = settled(OPERATION, end, &request).await;
        if !report.as_ref().is_err_and(|error| *error.kind() == ErrorKind::Closed) {
            return read(report?);
        }
    }
    read(settled_for_good(OPERATION, request()).await?)
}

fn read(report: JsValue) -> Result<StatsReport> {
    StatsReport::from_raw(report.unchecked_into())
}
