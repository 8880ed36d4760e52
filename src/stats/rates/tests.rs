use super::*;
use crate::stats::{CandidatePairState, Stats};

fn report(entries: impl IntoIterator<Item = Stats>) -> StatsReport {
    entries.into_iter().collect()
}

fn video(ms: f64, bytes: u64, frames: u32) -> InboundRtp {
    InboundRtp {
        id: "in".into(),
        timestamp: Timestamp::from_ms(ms),
        ssrc: Some(1),
        kind: Some(TrackKind::Video),
        bytes_received: Some(bytes),
        frames_decoded: Some(frames),
        ..Default::default()
    }
}

fn arriving(ms: f64, received: u64, lost: i64) -> InboundRtp {
    InboundRtp { packets_received: Some(received), packets_lost: Some(lost), ..video(ms, received * 100, 0) }
}

fn incoming(before: InboundRtp, now: InboundRtp) -> InboundRates {
    let rates = rates(&report([Stats::from(before)]), &report([Stats::from(now)]));
    rates.incoming.into_iter().next().unwrap()
}

fn audio(ms: f64, bytes: u64) -> OutboundRtp {
    OutboundRtp {
        id: "out".into(),
        timestamp: Timestamp::from_ms(ms),
        bytes_sent: Some(bytes),
        remote_id: Some("remote".into()),
        ..Default::default()
    }
}

fn pair(ms: f64, bytes: u64) -> CandidatePair {
    CandidatePair {
        id: "pair".into(),
        timestamp: Timestamp::from_ms(ms),
        nominated: Some(true),
        state: Some(CandidatePairState::Succeeded),
        bytes_sent: Some(bytes),
        bytes_received: Some(2 * bytes),
        ..Default::default()
    }
}

fn transport(ms: f64, bytes: u64) -> Transport {
    Transport {
        id: "transport".into(),
        timestamp: Timestamp::from_ms(ms),
        bytes_sent: Some(bytes),
        bytes_received: Some(bytes),
        ..Default::default()
    }
}

#[test]
fn rates_use_timestamps_of_entries() {
    let rates = incoming(video(1_000.0, 1_000, 10), video(3_000.0, 6_000, 70));
    assert_eq!((rates.bit_rate, rates.frame_rate), (Some(20_000.0), Some(30.0)));
}

#[test]
fn equal_timestamps_give_no_rate() {
    for now in [1_000.0, 999.0, f64::NAN, f64::INFINITY] {
        let rates = incoming(video(1_000.0, 0, 0), video(now, 5_000, 60));
        assert_eq!((rates.bit_rate, rates.frame_rate), (None, None), "{now}");
    }
}

#[test]
fn tiny_interval_gives_finite_rates() {
    let rates = incoming(video(0.0, 0, 0), video(f64::MIN_POSITIVE, u64::MAX, 60));
    assert!(rates.bit_rate.is_none_or(f64::is_finite), "{rates:?}");
}

#[test]
fn reset_counter_affects_one_rate() {
    let rates = incoming(video(0.0, 9_000, 10), video(1_000.0, 100, 40));
    assert_eq!((rates.bit_rate, rates.frame_rate), (None, Some(30.0)));
}

#[test]
fn reused_id_is_new_stream() {
    let other = InboundRtp { ssrc: Some(2), ..video(1_000.0, 9_000, 10) };
    assert_eq!(incoming(video(0.0, 0, 0), other).bit_rate, None);
}

#[test]
fn streams_are_from_later_report() {
    let gone = InboundRtp { id: "gone".into(), ..video(0.0, 5_000, 0) };
    let new = InboundRtp { id: "new".into(), jitter: Some(0.25), ..video(1_000.0, 7_000, 0) };
    let earlier = report([Stats::from(gone), Stats::from(video(0.0, 0, 0))]);
    let later = report([Stats::from(video(1_000.0, 1_000, 0)), Stats::from(new)]);
    let rates = rates(&earlier, &later);
    let ids: Vec<_> = rates.incoming.iter().map(|stream| stream.id.as_str()).collect();
    assert_eq!(ids, ["in", "new"]);
    assert_eq!(rates.incoming[1].bit_rate, None);
    assert_eq!(rates.incoming[1].jitter, Some(0.25));
    assert_eq!(rates.incoming_bit_rate, Some(8_000.0), "of the stream in both reports");
}

#[test]
fn empty_reports_give_no_rates() {
    assert_eq!(rates(&StatsReport::default(), &StatsReport::default()), Rates::default());
}

#[test]
fn loss_is_fraction_of_expected_packets() {
    assert_eq!(incoming(arriving(0.0, 100, 5), arriving(1_000.0, 175, 30)).loss, Some(0.25));
    assert_eq!(incoming(arriving(0.0, 100, 5), arriving(1_000.0, 200, 5)).loss, Some(0.0));
    assert_eq!(incoming(arriving(0.0, 100, 5), arriving(1_000.0, 100, 15)).loss, Some(1.0));
    assert_eq!(incoming(arriving(0.0, 100, 5), arriving(1_000.0, 100, 5)).loss, None, "no packet was expected");
    assert_eq!(incoming(arriving(0.0, 100, 5), arriving(1_000.0, 200, -3)).loss, Some(0.0), "duplicated packets");
    assert_eq!(incoming(arriving(0.0, 100, 5), arriving(1_000.0, 50, 6)).loss, None, "a reset counter");
    assert_eq!(
        incoming(arriving(0.0, 0, i64::MIN), arriving(1_000.0, 1, i64::MAX)).loss.map(f64::is_finite),
        Some(true)
    );
}

#[test]
fn total_loss_covers_all_streams() {
    let second = |stream: InboundRtp| Stats::from(InboundRtp { id: "second".into(), ..stream });
    let earlier = report([Stats::from(arriving(0.0, 0, 0)), second(arriving(0.0, 0, 0))]);
    let later = report([Stats::from(arriving(1_000.0, 90, 10)), second(arriving(1_000.0, 300, 0))]);
    assert_eq!(rates(&earlier, &later).incoming_loss, Some(0.025));
}

#[test]
fn frame_rate_falls_back_to_browser() {
    let gauge = InboundRtp { frames_decoded: None, frames_per_second: Some(24.0), ..video(1_000.0, 0, 0) };
    assert_eq!(incoming(video(0.0, 0, 0), gauge).frame_rate, Some(24.0));
}

#[test]
fn sent_stream_uses_remote_report() {
    let remote = RemoteInboundRtp {
        id: "remote".into(),
        fraction_lost: Some(0.5),
        round_trip_time: Some(0.04),
        jitter: Some(0.002),
        ..Default::default()
    };
    let by_local_id = RemoteInboundRtp { id: "other".into(), local_id: Some("out".into()), ..remote.clone() };
    for remote in [remote, by_local_id] {
        let earlier = report([Stats::from(audio(0.0, 0))]);
        let later = report([Stats::from(audio(500.0, 2_000)), Stats::from(remote)]);
        let rates = rates(&earlier, &later);
        let stream = &rates.outgoing[0];
        assert_eq!((stream.loss, stream.round_trip_time, stream.jitter), (Some(0.5), Some(0.04), Some(0.002)));
        assert_eq!((stream.bit_rate, rates.outgoing_bit_rate), (Some(32_000.0), Some(32_000.0)));
        assert_eq!(rates.round_trip_time, Some(0.04));
    }
}

#[test]
fn remote_loss_falls_back_to_counters() {
    let remote = |received, lost| {
        Stats::from(RemoteInboundRtp {
            id: "remote".into(),
            packets_received: Some(received),
            packets_lost: Some(lost),
            ..Default::default()
        })
    };
    let earlier = report([Stats::from(audio(0.0, 0)), remote(100, 0)]);
    let later = report([Stats::from(audio(500.0, 2_000)), remote(190, 10)]);
    assert_eq!(rates(&earlier, &later).outgoing[0].loss, Some(0.1));
}

#[test]
fn bit_rate_falls_back_to_selected_pair() {
    let earlier = report([Stats::from(pair(0.0, 0))]);
    let later = report([Stats::from(pair(1_000.0, 125))]);
    let by_pair = rates(&earlier, &later);
    assert_eq!(by_pair.transport_outgoing_bit_rate, Some(1_000.0));
    assert_eq!(by_pair.transport_incoming_bit_rate, Some(2_000.0));

    let earlier = report([Stats::from(pair(0.0, 0)), Stats::from(transport(0.0, 0))]);
    let later = report([Stats::from(pair(1_000.0, 125)), Stats::from(transport(1_000.0, 250))]);
    assert_eq!(rates(&earlier, &later).transport_outgoing_bit_rate, Some(2_000.0));
}

#[test]
fn round_trip_time_is_latest_or_mean() {
    let measured = |ms, total, answers| CandidatePair {
        total_round_trip_time: Some(total),
        responses_received: Some(answers),
        ..pair(ms, 0)
    };
    let round_trip = |before: CandidatePair, now: CandidatePair| {
        rates(&report([Stats::from(before)]), &report([Stats::from(now)])).round_trip_time
    };
    assert_eq!(round_trip(measured(0.0, 1.0, 4), measured(1_000.0, 2.0, 8)), Some(0.25));
    assert_eq!(round_trip(measured(0.0, 1.0, 4), measured(1_000.0, 1.0, 4)), None, "no measurement");
    let last = CandidatePair { current_round_trip_time: Some(0.5), ..measured(1_000.0, 2.0, 8) };
    assert_eq!(round_trip(measured(0.0, 1.0, 4), last), Some(0.5));
}

#[test]
fn selected_pair_has_three_sources() {
    let pair = |id: &str, selected| {
        let other = CandidatePair { id: id.into(), selected, ..pair(0.0, 0) };
        Stats::from(other)
    };
    let transport = Transport { selected_candidate_pair_id: Some("c".into()), ..transport(0.0, 0) };
    let entries = [pair("a", None), pair("b", Some(true)), pair("c", None)];
    let selected = |report: StatsReport| report.selected_pair().map(|pair| pair.id.as_str().to_owned());
    assert_eq!(selected(report(entries.iter().cloned().chain([Stats::from(transport)]))).as_deref(), Some("c"));
    assert_eq!(selected(report(entries)).as_deref(), Some("b"));
    assert_eq!(selected(report([pair("a", None)])).as_deref(), Some("a"));
    assert_eq!(selected(report([])), None);
}

#[test]
fn reference_to_another_type_is_none() {
    let report = report([Stats::from(video(0.0, 0, 0))]);
    assert!(report.follow(&StatsId::<InboundRtp>::from("in")).is_some());
    assert!(report.follow(&StatsId::<OutboundRtp>::from("in")).is_none());
    assert!(report.follow(&StatsId::<InboundRtp>::from("out")).is_none());
}

#[test]
fn report_serializes_as_specified() {
    let json = serde_json::to_value(report([Stats::from(video(5.5, 7, 8))])).unwrap();
    let expected = serde_json::json!({
        "in": {
            "type": "inbound-rtp", "id": "in", "timestamp": 5.5, "ssrc": 1, "kind": "video",
            "bytesReceived": 7, "framesDecoded": 8,
        }
    });
    assert_eq!(json, expected);
}
