//! Statistics of connections, senders, receivers and tracks.

use std::{pin::pin, time::Duration};

use browser_rtc::{
    ErrorKind,
    channel::ChannelInit,
    media::TrackKind,
    peer::{IceCandidateType, PeerConnection},
    stats::{
        self, CandidatePairState, Channel, Codec, Connection, InboundRtp, MediaSource, OutboundRtp, RemoteInboundRtp,
        Stats, StatsId, StatsReport, StatsType, Unknown, VideoSource,
    },
};
use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{camera, microphone},
    now,
    pair::{Pair, connection},
    rest, sleep, watched,
};

async fn report(pc: &PeerConnection) -> StatsReport {
    pc.stats().within("getStats").await.unwrap()
}

/// Returns the first report that meets the condition.
async fn report_where(pc: &PeerConnection, awaited: &str, condition: impl Fn(&StatsReport) -> bool) -> StatsReport {
    let mut reports = pc.stats_every(Duration::from_millis(100));
    async {
        loop {
            let report = reports.next().await.expect("the connection closed").unwrap();
            if condition(&report) {
                return report;
            }
        }
    }
    .within(awaited)
    .await
}

fn first<T: stats::StatsEntry + Clone>(report: &StatsReport) -> Option<T> {
    report.of_type::<T>().next().cloned()
}

/// Sends a camera from `a` to `b`, and waits until frames are decoded.
async fn camera_call() -> (Pair, browser_rtc::media::MediaStream) {
    let (pair, camera) = (Pair::new(), camera().await);
    pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
    pair.connect().await;
    let has_decoded = |report: &StatsReport| {
        first::<InboundRtp>(report).is_some_and(|stream| stream.frames_decoded.is_some_and(|frames| frames > 5))
    };
    report_where(&pair.b, "decoded frames", has_decoded).await;
    (pair, camera)
}

#[wasm_bindgen_test]
async fn f25_stream_is_reported_at_both_ends() {
    watched(async {
        let (pair, camera) = camera_call().await;
        let track = camera.tracks()[0].id();

        let sent = report(&pair.a).await;
        let outbound: OutboundRtp = first(&sent).expect("an outbound stream");
        assert_eq!(outbound.kind, Some(TrackKind::Video));
        assert!(outbound.packets_sent > Some(0) && outbound.bytes_sent > Some(0), "{outbound:?}");
        assert!(outbound.frames_encoded > Some(5), "{outbound:?}");
        assert_eq!((outbound.frame_width, outbound.frame_height), (Some(320), Some(240)));
        if js::is_firefox() {
            assert_eq!(outbound.media_source_id, None, "Firefox has no references to media sources");
        } else {
            let source =
                sent.follow(outbound.media_source_id.as_ref().expect("the id of the source")).expect("the source");
            assert_eq!(source.track_identifier(), Some(&*track));
            assert!(matches!(source, MediaSource::Video(VideoSource { .. })));
        }

        let received = report(&pair.b).await;
        let inbound: InboundRtp = first(&received).expect("an inbound stream");
        assert_eq!((inbound.kind.clone(), inbound.ssrc), (Some(TrackKind::Video), outbound.ssrc));
        assert!(inbound.packets_received > Some(0) && inbound.bytes_received > Some(0), "{inbound:?}");
        // On a busy machine, packets may be lost.
        assert!(inbound.packets_lost.is_some());
        assert!(inbound.jitter.is_some());

        for (report, codec) in [(&sent, &outbound.codec_id), (&received, &inbound.codec_id)] {
            let codec: &Codec = report.follow(codec.as_ref().expect("the id of the codec")).expect("the codec");
            assert!(codec.mime_type.as_ref().unwrap().starts_with("video/"), "{codec:?}");
            assert_eq!(codec.clock_rate, Some(90_000));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_entries_are_found_by_id() {
    watched(async {
        let (pair, _camera) = camera_call().await;
        let report = report(&pair.a).await;
        assert!(report.len() > 5);
        for entry in &report {
            assert_eq!(report.get(entry.id()).map(Stats::id), Some(entry.id()));
            let raw = entry.raw().expect("the raw entry");
            assert_eq!(js::string(raw, "id"), entry.id());
            assert_eq!(js::string(raw, "type"), entry.stats_type().as_str());
            assert_eq!(js::number(raw, "timestamp"), entry.timestamp().as_ms());
        }
        let unknown: Vec<_> = report.of_type::<Unknown>().map(|entry| entry.stats_type.clone()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    })
    .await;
}

fn unknown_members(entry: &Stats) -> Vec<String> {
    let members = match entry {
        Stats::Codec(entry) => entry.unknown_members(),
        Stats::InboundRtp(entry) => entry.unknown_members(),
        Stats::OutboundRtp(entry) => entry.unknown_members(),
        Stats::RemoteInboundRtp(entry) => entry.unknown_members(),
        Stats::RemoteOutboundRtp(entry) => entry.unknown_members(),
        Stats::MediaSource(MediaSource::Audio(entry)) => entry.unknown_members(),
        Stats::MediaSource(MediaSource::Video(entry)) => entry.unknown_members(),
        Stats::MediaPlayout(entry) => entry.unknown_members(),
        Stats::PeerConnection(entry) => entry.unknown_members(),
        Stats::DataChannel(entry) => entry.unknown_members(),
        Stats::Transport(entry) => entry.unknown_members(),
        Stats::CandidatePair(entry) => entry.unknown_members(),
        Stats::LocalCandidate(entry) => entry.unknown_members(),
        Stats::RemoteCandidate(entry) => entry.unknown_members(),
        Stats::Certificate(entry) => entry.unknown_members(),
        entry => panic!("{entry:?}"),
    };
    members.into_iter().map(|(name, _)| name).collect()
}

/// Formats all numbers with 10 digits, because the JSON parser may be off in the last digit.
fn normalized(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => format!("{:.9e}", number.as_f64().unwrap()).into(),
        serde_json::Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, normalized(value))).collect()
        }
        value => value,
    }
}

#[wasm_bindgen_test]
async fn f25_members_match_browser() {
    watched(async {
        let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        pair.a.add_track(&microphone.tracks()[0], &[&microphone]).unwrap();
        let _chat = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        pair.connect().await;
        let both = |report: &StatsReport| report.of_type::<InboundRtp>().count() == 2;
        report_where(&pair.b, "two streams", both).await;
        for report in [report(&pair.a).await, report(&pair.b).await] {
            for entry in &report {
                let json = js::run("entry", &[entry.raw().unwrap()], "return JSON.stringify(entry)");
                let mut expected: serde_json::Value = serde_json::from_str(&json.as_string().unwrap()).unwrap();
                for unknown in unknown_members(entry) {
                    expected
                        .as_object_mut()
                        .unwrap()
                        .remove(&unknown)
                        .expect("an unknown member exists in the raw entry");
                }
                assert_eq!(normalized(serde_json::to_value(entry).unwrap()), normalized(expected));
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_selected_pair_is_found() {
    watched(async {
        let (pair, _camera) = camera_call().await;
        let report = report(&pair.a).await;
        let selected = report.selected_pair().expect("a selected pair");
        assert_eq!((&selected.state, selected.nominated), (&Some(CandidatePairState::Succeeded), Some(true)));
        let local = report.follow(selected.local_candidate_id.as_ref().unwrap()).expect("the local candidate");
        let remote = report.follow(selected.remote_candidate_id.as_ref().unwrap()).expect("the remote candidate");
        assert_eq!(local.candidate_type, Some(IceCandidateType::Host));
        assert_eq!((&*local.protocol.clone().unwrap(), &*remote.protocol.clone().unwrap()), ("udp", "udp"));
        assert!(local.port.is_some_and(|port| port > 0) && remote.port.is_some_and(|port| port > 0));
        assert!(selected.bytes_sent > Some(0), "{selected:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_rates_are_computed_between_reports() {
    watched(async {
        let (pair, _camera) = camera_call().await;
        let before = [report(&pair.a).await, report(&pair.b).await];
        // At least a second passes, and more until new frames and bytes of the transport are reported.
        sleep(Duration::from_secs(1)).await;
        let (a, b) = (&before[0], &before[1]);
        let has_sent = |report: &StatsReport| {
            first::<OutboundRtp>(report).unwrap().frames_encoded > first::<OutboundRtp>(a).unwrap().frames_encoded
                && stats::rates(a, report).transport_outgoing_bit_rate > Some(1_000.0)
        };
        let has_received = |report: &StatsReport| {
            first::<InboundRtp>(report).unwrap().frames_decoded > first::<InboundRtp>(b).unwrap().frames_decoded
                && stats::rates(b, report).transport_incoming_bit_rate > Some(1_000.0)
        };
        let after = [
            report_where(&pair.a, "sent frames", has_sent).await,
            report_where(&pair.b, "received frames", has_received).await,
        ];
        let [a, b] = [0, 1].map(|end| stats::rates(&before[end], &after[end]));

        let frames = 1.0..61.0;
        let [outbound] = &*a.outgoing else { panic!("{a:?}") };
        assert!(outbound.bit_rate > Some(1_000.0) && outbound.packet_rate > Some(0.0), "{outbound:?}");
        assert!(frames.contains(&outbound.frame_rate.unwrap()), "{outbound:?}");
        assert_eq!(a.outgoing_bit_rate, outbound.bit_rate);
        assert!(a.incoming.is_empty() && a.incoming_bit_rate.is_none());
        assert!(a.transport_outgoing_bit_rate > Some(1_000.0), "{a:?}");

        let [inbound] = &*b.incoming else { panic!("{b:?}") };
        assert!(inbound.bit_rate > Some(1_000.0), "{inbound:?}");
        assert!(frames.contains(&inbound.frame_rate.unwrap()), "{inbound:?}");
        let packets = |report: &StatsReport| {
            let stream = first::<InboundRtp>(report).unwrap();
            (stream.packets_lost.unwrap() as f64, stream.packets_received.unwrap() as f64)
        };
        let ((lost_before, received_before), (lost, received)) = (packets(&before[1]), packets(&after[1]));
        let (lost, received) = ((lost - lost_before).max(0.0), received - received_before);
        let loss = lost / (lost + received);
        assert!((inbound.loss.unwrap() - loss).abs() < 1e-9 && b.incoming_loss == inbound.loss, "{loss}: {b:?}");
        assert!(b.transport_incoming_bit_rate > Some(1_000.0), "{b:?}");

        assert_eq!(stats::rates(&after[0], &after[0]).outgoing_bit_rate, None, "there is no rate without elapsed time");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_remote_inbound_stats_are_read() {
    watched(async {
        let (pair, _camera) = camera_call().await;
        let has_reported = |report: &StatsReport| {
            first::<RemoteInboundRtp>(report).is_some_and(|remote| remote.round_trip_time.is_some())
        };
        let report = report_where(&pair.a, "a round-trip time", has_reported).await;
        let remote: RemoteInboundRtp = first(&report).unwrap();
        let stream =
            report.follow(remote.local_id.as_ref().expect("the id of the local stream")).expect("the local stream");
        assert_eq!(stream.ssrc, remote.ssrc);
        let rates = stats::rates(&report, &report);
        assert_eq!(rates.outgoing[0].round_trip_time, remote.round_trip_time);
        assert!(remote.fraction_lost.is_some());
        assert_eq!(rates.outgoing[0].loss, remote.fraction_lost);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_sender_and_track_reports_are_filtered() {
    watched(async {
        let (pair, camera, sound) = (Pair::new(), camera().await, microphone().await);
        let video = pair.a.add_track(&camera.tracks()[0], &[]).unwrap();
        let audio = pair.a.add_track(&sound.tracks()[0], &[]).unwrap();
        pair.connect().await;
        let both = |report: &StatsReport| report.of_type::<OutboundRtp>().count() == 2;
        report_where(&pair.a, "two streams", both).await;
        for (sender, kind) in [(video, TrackKind::Video), (audio, TrackKind::Audio)] {
            let of_sender = sender.stats().within("getStats of the sender").await.unwrap();
            let of_track = pair.a.stats_of(&sender.track().unwrap()).within("getStats of the track").await.unwrap();
            for report in [of_sender, of_track] {
                let kinds: Vec<_> = report.of_type::<OutboundRtp>().map(|stream| stream.kind.clone()).collect();
                assert_eq!(kinds, [Some(kind.clone())]);
            }
        }
        let unsent = microphone().await;
        let error = pair.a.stats_of(&unsent.tracks()[0]).within("getStats").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidAccess, "{error}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_data_channel_is_reported() {
    watched(async {
        let (pair, chat, mut other_end) = Pair::with_channel(&ChannelInit::new()).await;
        chat.send("hello").within("send").await.unwrap();
        other_end.next().within("the message").await.unwrap().unwrap();
        let has_received =
            |report: &StatsReport| first::<Channel>(report).is_some_and(|chat| chat.messages_received > Some(0));
        let report = report_where(&pair.b, "a received message", has_received).await;
        let chat: Channel = first(&report).unwrap();
        assert_eq!(chat.label.as_deref(), Some("chat"));
        assert_eq!((chat.messages_received, chat.bytes_received), (Some(1), Some(5)));
        assert_eq!(
            first::<Connection>(&report).expect("the statistics of the connection").data_channels_opened,
            Some(1)
        );
    })
    .await;
}

/// Creates a report from entries as another version of a browser may return them.
fn synthetic(entries: &str) -> StatsReport {
    let map = js::eval(&format!("new Map(({entries}).map(entry => [entry.id, entry]))"));
    StatsReport::from_raw(map.unchecked_into()).unwrap()
}

#[wasm_bindgen_test]
fn f25_unknown_entries_and_members_are_kept() {
    let report = synthetic(
        "[
            { id: 'q', type: 'quantum-link', timestamp: 12.5, entangled: true },
            { id: 'm', type: 'media-source', timestamp: 1, kind: 'smell' },
            { id: 'c', type: 'codec', timestamp: 1, payloadType: 96, colour: 'red', mimeType: 7, clockRate: NaN },
            { id: 'r', type: 'transport', timestamp: 1, dtlsRole: 'referee', iceRole: 'unknown' },
            { id: 'o', type: 'outbound-rtp', timestamp: 1, qualityLimitationDurations: { cpu: 1.5, none: 2, x: 'y' } },
            { id: 'n' },
        ]",
    );
    let Some(Stats::Unknown(link)) = report.get("q") else { panic!("{report:?}") };
    assert_eq!(link.stats_type, StatsType::Unknown("quantum-link".into()));
    assert_eq!((&*link.id, link.timestamp.as_ms()), ("q", 12.5));
    let members = link.unknown_members();
    assert_eq!(members.len(), 1);
    assert_eq!((&*members[0].0, members[0].1.as_bool()), ("entangled", Some(true)));
    assert!(js::same(link.raw().unwrap(), report.get("q").unwrap().raw().unwrap()));

    assert!(matches!(report.get("m"), Some(Stats::Unknown(source)) if source.stats_type == StatsType::MediaSource));
    let codec = report.follow(&StatsId::<Codec>::from("c")).unwrap();
    assert_eq!((codec.payload_type, &codec.mime_type, codec.clock_rate), (Some(96), &None, None));
    let members: Vec<_> = codec.unknown_members().into_iter().map(|(name, value)| (name, value.as_string())).collect();
    assert_eq!(members, [("colour".to_owned(), Some("red".to_owned()))]);
    let transport = report.follow(&StatsId::<stats::Transport>::from("r")).unwrap();
    assert_eq!(transport.dtls_role, Some(stats::DtlsRole::Unknown("referee".into())));
    assert_eq!(transport.ice_role, Some(browser_rtc::peer::IceRole::NotKnown));
    let stream = report.follow(&StatsId::<OutboundRtp>::from("o")).unwrap();
    let durations = stream.quality_limitation_durations.as_ref().unwrap();
    assert_eq!(durations.iter().collect::<Vec<_>>(), [("cpu", 1.5), ("none", 2.0)]);
    assert_eq!((durations.get("none"), durations.get("x")), (Some(2.0), None));
    assert!(matches!(report.get("n"), Some(Stats::Unknown(_))));
}

#[wasm_bindgen_test]
fn f25_throwing_getter_is_absent_member() {
    let report = synthetic("[{ id: 'c', type: 'codec', timestamp: 1, get mimeType() { throw 1 }, channels: 2 }]");
    let codec: Codec = first(&report).unwrap();
    assert_eq!((codec.mime_type, codec.channels), (None, Some(2)));
    let error = StatsReport::from_raw(js::eval("{}").unchecked_into()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Type, "{error}");
}

#[wasm_bindgen_test]
async fn f25_periodic_reports_end_with_connection() {
    watched(async {
        let pc = connection();
        let mut reports = pc.stats_every(Duration::from_millis(200));
        let begin = now();
        for _ in 0..3 {
            reports.next().within("a report").await.unwrap().unwrap();
        }
        assert!(now() - begin >= 395.0, "{} ms for two intervals", now() - begin);

        // Neither the first report nor the end of the stream waits for the interval.
        let mut hourly = pc.stats_every(Duration::from_secs(3_600));
        hourly.next().within("the first report").await.unwrap().unwrap();
        assert!(hourly.next().now_or_never().is_none(), "the second report is early");
        let raw = pc.as_raw().clone();
        drop(pc);
        assert_eq!(js::string(&raw, "signalingState"), "closed", "the streams keep the connection open");
        for mut reports in [reports.boxed_local(), hourly.boxed_local()] {
            assert!(reports.next().within("the end").await.is_none());
            assert!(reports.next().within("the end again").await.is_none());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_extreme_report_intervals_work() {
    watched(async {
        let pc = connection();
        let mut frequent = pc.stats_every(Duration::ZERO);
        for _ in 0..5 {
            frequent.next().within("a report").await.unwrap().unwrap();
        }
        let mut single = pc.stats_every(Duration::MAX);
        single.next().within("the first report").await.unwrap().unwrap();
        let sleep = pin!(sleep(Duration::from_millis(100)));
        let Either::Right(_) = select(single.next(), sleep).await else { panic!("the second report is early") };
        pc.close();
        assert!(single.next().within("the end").await.is_none());
        assert_eq!(rest(frequent, "the end").await.len(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn closed_connection_still_has_stats() {
    watched(async {
        let (pc, microphone) = (connection(), microphone().await);
        let sender = pc.add_track(&microphone.tracks()[0], &[]).unwrap();
        let pending = pc.stats();
        pc.close();
        for report in [pending.within("getStats").await, pc.stats().within("getStats").await] {
            assert_eq!(report.unwrap().of_type::<Connection>().count(), 1);
        }
        assert!(sender.stats().within("getStats").await.unwrap().is_empty());
        let track = &microphone.tracks()[0];
        let of_track = pc.stats_of(track).within("getStats").await.err().map(|error| error.kind().clone());
        let body = "return pc.getStats(track).then(() => '', error => error.name)";
        let expected = js::run_async("pc, track", &[pc.as_raw(), track.as_raw()], body).await;
        assert_eq!(of_track, (expected == "InvalidAccessError").then_some(ErrorKind::InvalidAccess));
        assert_eq!(rest(pc.stats_every(Duration::from_secs(1)), "the end of the reports").await.len(), 0);
    })
    .await;
}
