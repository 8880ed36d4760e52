//! The rates between two reports.

use super::{
    CandidatePair, InboundRtp, OutboundRtp, RemoteInboundRtp, StatsEntry, StatsId, StatsReport, Timestamp, Transport,
};
use crate::media::TrackKind;

#[cfg(test)]
mod tests;

/// The rates between two reports of a connection, from [`rates()`]. All numbers are finite.
///
/// A rate is `None` if it cannot be computed: no time has passed, the browser does not report the counter, the counter
/// was reset, or the earlier report does not contain the stream.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// The bit rate of the payload of all sent streams, in bits per second: the sum of the known rates.
    pub outgoing_bit_rate: Option<f64>,
    /// The bit rate of the payload of all received streams, in bits per second: the sum of the known rates.
    pub incoming_bit_rate: Option<f64>,
    /// The bit rate of everything that the transports sent, including data channels and RTP headers, in bits per
    /// second.
    pub transport_outgoing_bit_rate: Option<f64>,
    /// The bit rate of everything that the transports received, including data channels and RTP headers, in bits per
    /// second.
    pub transport_incoming_bit_rate: Option<f64>,
    /// The fraction of incoming media packets that were lost, from 0 to 1.
    pub incoming_loss: Option<f64>,
    /// The round-trip time, in seconds: the latest one of the selected candidate pair, or its mean between the reports,
    /// or else the longest that the remote peer reports for a stream.
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
    /// The fraction of packets that the remote peer did not receive, from 0 to 1, according to its last report.
    pub loss: Option<f64>,
    /// The round-trip time, in seconds, according to the last report of the remote peer.
    pub round_trip_time: Option<f64>,
    /// The jitter of packets at the remote peer, in seconds, according to its last report.
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
    /// The fraction of packets that were lost, from 0 to 1; `None` if no packet was expected.
    pub loss: Option<f64>,
    /// The jitter of packets, in seconds, according to the later report.
    pub jitter: Option<f64>,
}

/// Returns the rates between two reports of one connection, for the streams in the later one.
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

/// Returns the report of the remote peer on a sent stream. Browsers have one or both of two references.
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

/// Returns the bit rates of the transports, or of the selected pair if the browser reports no transports.
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

/// Returns the selected pair of the later report in both reports.
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

/// Returns the entry of the same object in the earlier report. Browsers may reuse an id for another stream.
fn same<'a, T: StatsEntry>(earlier: &'a StatsReport, id: &StatsId<T>, is_same: impl Fn(&T) -> bool) -> Option<&'a T> {
    earlier.follow(id).filter(|before| is_same(before))
}

/// The time between two measurements, in seconds, if it is known.
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

/// The numbers of lost and of received packets between two measurements.
#[derive(Default)]
struct Packets {
    lost: Option<f64>,
    received: Option<f64>,
}

impl Packets {
    /// Computes both numbers or neither. The count of losses may decrease, because packets arrive twice or late.
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

/// Returns the increase of a counter; `None` if it has decreased, because it was reset.
fn increase<N: Into<u64>>(before: Option<N>, now: Option<N>) -> Option<f64> {
    now?.into().checked_sub(before?.into()).map(|more| more as f64)
}

fn sum(numbers: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    numbers.flatten().reduce(|sum, number| sum + number)
}

fn finite(number: Option<f64>) -> Option<f64> {
    number.filter(|number| number.is_finite())
}
