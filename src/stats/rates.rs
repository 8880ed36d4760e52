//! The rates between two reports.

use super::{
    CandidatePair, InboundRtp, OutboundRtp, RemoteInboundRtp, StatsEntry, StatsId, StatsReport, Timestamp, Transport,
};
use crate::media::TrackKind;

#[cfg(test)]
mod tests;

/// The rates between two reports of a connection, by [`rates`]. No number in it is infinite or NaN.
///
/// A rate is none where it cannot be known: where no time has passed, where the browser does not count, where a counter
/// was reset, and for a stream that was not there before.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// The bit rate of the payload of all sent streams, in bits per second: the sum of the known ones.
    pub outgoing_bit_rate: Option<f64>,
    /// The bit rate of the payload of all received streams, in bits per second: the sum of the known ones.
    pub incoming_bit_rate: Option<f64>,
    /// All that transports sent, data channels and RTP headers as well, in bits per second.
    pub transport_outgoing_bit_rate: Option<f64>,
    /// All that transports received, data channels and RTP headers as well, in bits per second.
    pub transport_incoming_bit_rate: Option<f64>,
    /// The fraction of packets of media that were lost on their way here, from 0 to 1.
    pub incoming_loss: Option<f64>,
    /// The time there and back, in seconds: the last one of the selected candidate pair, or their mean over this time,
    /// or else the longest that the peer reports of a stream.
    pub round_trip_time: Option<f64>,
    /// The rates of each sent stream.
    pub outgoing: Vec<OutboundRates>,
    /// The rates of each received stream.
    pub incoming: Vec<InboundRates>,
}

/// The rates of a sent stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OutboundRates {
    /// The id of the entry in the later report.
    pub id: StatsId<OutboundRtp>,
    /// The kind of media.
    pub kind: Option<TrackKind>,
    /// The name of the encoding, in simulcast.
    pub rid: Option<String>,
    /// The bit rate of the payload, in bits per second.
    pub bit_rate: Option<f64>,
    /// Packets per second.
    pub packet_rate: Option<f64>,
    /// The frames encoded per second.
    pub frame_rate: Option<f64>,
    /// The fraction of packets that the peer did not get, from 0 to 1, by its last report.
    pub loss: Option<f64>,
    /// The time there and back in seconds, by the peer's last report.
    pub round_trip_time: Option<f64>,
    /// The jitter of packets at the remote peer, in seconds, as in its last report.
    pub jitter: Option<f64>,
}

/// The rates of a received stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct InboundRates {
    /// The id of the entry in the later report.
    pub id: StatsId<InboundRtp>,
    /// The kind of media.
    pub kind: Option<TrackKind>,
    /// The id of the track.
    pub track_identifier: Option<String>,
    /// The bit rate of the payload, in bits per second.
    pub bit_rate: Option<f64>,
    /// Packets per second.
    pub packet_rate: Option<f64>,
    /// The frames decoded per second.
    pub frame_rate: Option<f64>,
    /// The fraction of packets that were lost, from 0 to 1; none where no packet was due.
    pub loss: Option<f64>,
    /// The jitter of packets at the later time, in seconds.
    pub jitter: Option<f64>,
}

/// Returns the rates between two reports of the same connection, of the streams in the later one.
///
/// ```
/// # use browser_rtc::stats::{self, InboundRtp, Stats, StatsReport, Timestamp};
/// # fn report(ms: f64, bytes: u64) -> StatsReport {
/// #     let mut stream = InboundRtp::default();
/// #     (stream.timestamp, stream.bytes_received) = (Timestamp::from_ms(ms), Some(bytes));
/// #     [Stats::from(stream)].into_iter().collect()
/// # }
/// # let (earlier, later) = (report(1_000.0, 5_000), report(3_000.0, 30_000));
/// let rates = stats::rates(&earlier, &later);
/// assert_eq!(rates.incoming_bit_rate, Some(100_000.0));
/// ```
#[must_use]
pub fn rates(earlier: &StatsReport, later: &StatsReport) -> Rates {
    let outgoing: Vec<_> = later.of_type().map(|now| outbound(earlier, later, now)).collect();
    let arrivals: Vec<_> = later.of_type().map(|now| inbound(earlier, now)).collect();
    let (transport_outgoing_bit_rate, transport_incoming_bit_rate) = transports(earlier, later);
    Rates {
        outgoing_bit_rate: sum(outgoing.iter().map(|stream| stream.bit_rate)),
        incoming_bit_rate: sum(arrivals.iter().map(|(stream, _)| stream.bit_rate)),
        transport_outgoing_bit_rate,
        transport_incoming_bit_rate,
        incoming_loss: fraction(
            sum(arrivals.iter().map(|(_, packets)| packets.lost)),
            sum(arrivals.iter().map(|(_, packets)| packets.received)),
        ),
        round_trip_time: round_trip(earlier, later)
            .or_else(|| outgoing.iter().filter_map(|stream| stream.round_trip_time).reduce(f64::max)),
        outgoing,
        incoming: arrivals.into_iter().map(|(stream, _)| stream).collect(),
    }
}

fn outbound(earlier: &StatsReport, later: &StatsReport, now: &OutboundRtp) -> OutboundRates {
    let before = same(earlier, &now.id, |before| before.ssrc == now.ssrc);
    let clock = Clock::new(before.map(|before| before.timestamp), now.timestamp);
    let remote = remote_report(later, now);
    let remote_before =
        remote.and_then(|remote| same(earlier, &remote.id, |before: &RemoteInboundRtp| before.ssrc == remote.ssrc));
    OutboundRates {
        id: now.id.clone(),
        kind: now.kind.clone(),
        rid: now.rid.clone(),
        bit_rate: clock.bits(before.and_then(|before| before.bytes_sent), now.bytes_sent),
        packet_rate: clock.rate(before.and_then(|before| before.packets_sent), now.packets_sent),
        frame_rate: clock
            .rate(before.and_then(|before| before.frames_encoded), now.frames_encoded)
            .or_else(|| finite(now.frames_per_second)),
        loss: finite(remote.and_then(|remote| remote.fraction_lost)).or_else(|| {
            let (before, now) = (remote_before?, remote?);
            Packets::between(before.packets_lost, before.packets_received, now.packets_lost, now.packets_received)
                .loss()
        }),
        round_trip_time: finite(remote.and_then(|remote| remote.round_trip_time)),
        jitter: finite(remote.and_then(|remote| remote.jitter)),
    }
}

/// Returns the report of the remote peer on a sent stream, by either of the two references that browsers have.
fn remote_report<'a>(report: &'a StatsReport, stream: &OutboundRtp) -> Option<&'a RemoteInboundRtp> {
    stream
        .remote_id
        .as_ref()
        .and_then(|id| report.follow(id))
        .or_else(|| report.of_type().find(|remote: &&RemoteInboundRtp| remote.local_id.as_ref() == Some(&stream.id)))
}

fn inbound(earlier: &StatsReport, now: &InboundRtp) -> (InboundRates, Packets) {
    let before = same(earlier, &now.id, |before| before.ssrc == now.ssrc);
    let clock = Clock::new(before.map(|before| before.timestamp), now.timestamp);
    let packets = before.map_or_else(Packets::default, |before| {
        Packets::between(before.packets_lost, before.packets_received, now.packets_lost, now.packets_received)
    });
    let rates = InboundRates {
        id: now.id.clone(),
        kind: now.kind.clone(),
        track_identifier: now.track_identifier.clone(),
        bit_rate: clock.bits(before.and_then(|before| before.bytes_received), now.bytes_received),
        packet_rate: clock.rate(before.and_then(|before| before.packets_received), now.packets_received),
        frame_rate: clock
            .rate(before.and_then(|before| before.frames_decoded), now.frames_decoded)
            .or_else(|| finite(now.frames_per_second)),
        loss: packets.loss(),
        jitter: finite(now.jitter),
    };
    (rates, packets)
}

/// Returns the bytes sent and received by the transports, or by the selected pair where the browser has no transports.
fn transports(earlier: &StatsReport, later: &StatsReport) -> (Option<f64>, Option<f64>) {
    let rates: Vec<_> = later
        .of_type::<Transport>()
        .map(|now| {
            let before = same(earlier, &now.id, |_| true);
            let clock = Clock::new(before.map(|before| before.timestamp), now.timestamp);
            (
                clock.bits(before.and_then(|before| before.bytes_sent), now.bytes_sent),
                clock.bits(before.and_then(|before| before.bytes_received), now.bytes_received),
            )
        })
        .collect();
    let pair = || {
        let (before, now) = pairs(earlier, later)?;
        let clock = Clock::new(Some(before.timestamp), now.timestamp);
        Some((clock.bits(before.bytes_sent, now.bytes_sent), clock.bits(before.bytes_received, now.bytes_received)))
    };
    match (sum(rates.iter().map(|rate| rate.0)), sum(rates.iter().map(|rate| rate.1))) {
        (None, None) => pair().unwrap_or_default(),
        known => known,
    }
}

/// The way that is in use, before and now: not where another came into use.
fn pairs<'a>(earlier: &'a StatsReport, later: &'a StatsReport) -> Option<(&'a CandidatePair, &'a CandidatePair)> {
    let now = later.selected_pair()?;
    Some((earlier.follow(&now.id)?, now))
}

fn round_trip(earlier: &StatsReport, later: &StatsReport) -> Option<f64> {
    let mean = || {
        let (before, now) = pairs(earlier, later)?;
        let time = now.total_round_trip_time? - before.total_round_trip_time?;
        let answers = increase(before.responses_received, now.responses_received)?;
        finite(Some(time / answers)).filter(|mean| *mean >= 0.0)
    };
    finite(later.selected_pair().and_then(|pair| pair.current_round_trip_time)).or_else(mean)
}

/// The same entry in the earlier report. Browsers may give a used id to another stream.
fn same<'a, T: StatsEntry>(earlier: &'a StatsReport, id: &StatsId<T>, is_same: impl Fn(&T) -> bool) -> Option<&'a T> {
    earlier.follow(id).filter(|before| is_same(before))
}

/// The seconds between two measurements, where there were any.
struct Clock(Option<f64>);

impl Clock {
    fn new(before: Option<Timestamp>, now: Timestamp) -> Self {
        let seconds = before.map(|before| (now.as_ms() - before.as_ms()) / 1000.0);
        Self(finite(seconds).filter(|seconds| *seconds > 0.0))
    }

    fn rate<N: Into<u64>>(&self, before: Option<N>, now: Option<N>) -> Option<f64> {
        finite(Some(increase(before, now)? / self.0?))
    }

    fn bits(&self, before: Option<u64>, now: Option<u64>) -> Option<f64> {
        self.rate(before, now).map(|bytes| bytes * 8.0)
    }
}

/// Returns the numbers of received and of lost packets.
#[derive(Default)]
struct Packets {
    lost: Option<f64>,
    received: Option<f64>,
}

impl Packets {
    /// Returns both or none. The count of losses may decrease by itself, as packets arrive twice or late.
    fn between(
        lost_before: Option<i64>,
        received_before: Option<u64>,
        lost_now: Option<i64>,
        received_now: Option<u64>,
    ) -> Self {
        let lost = || Some(lost_now?.saturating_sub(lost_before?).max(0) as f64);
        match (lost(), increase(received_before, received_now)) {
            (Some(lost), Some(received)) => Self { lost: Some(lost), received: Some(received) },
            _ => Self::default(),
        }
    }

    fn loss(&self) -> Option<f64> {
        fraction(self.lost, self.received)
    }
}

fn fraction(lost: Option<f64>, received: Option<f64>) -> Option<f64> {
    let lost = lost?;
    finite(Some(lost / (lost + received?)))
}

/// Returns `None` where the counter went down: it was reset, and its last value is not known.
fn increase<N: Into<u64>>(before: Option<N>, now: Option<N>) -> Option<f64> {
    now?.into().checked_sub(before?.into()).map(|more| more as f64)
}

fn sum(numbers: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    numbers.flatten().reduce(|sum, number| sum + number)
}

fn finite(number: Option<f64>) -> Option<f64> {
    number.filter(|number| number.is_finite())
}
