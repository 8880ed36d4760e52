//! What the browser tells of a connection.

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

/// The first report of which this is so.
async fn report_where(pc: &PeerConnection, awaited: &str, is_so: impl Fn(&StatsReport) -> bool) -> StatsReport {
    let mut reports = pc.stats_every(Duration::from_millis(100));
    async {
        loop {
            let report = reports.next().await.expect("the connection closed").unwrap();
            if is_so(&report) {
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

/// A camera on its way from `a` to `b`, once pictures have come.
async fn watching() -> (Pair, browser_rtc::media::MediaStream) {
    let (pair, camera) = (Pair::new(), camera().await);
    pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
    pair.connect().await;
    let has_come = |report: &StatsReport| {
        first::<InboundRtp>(report).is_some_and(|stream| stream.frames_decoded.is_some_and(|frames| frames > 5))
    };
    report_where(&pair.b, "pictures", has_come).await;
    (pair, camera)
}

#[wasm_bindgen_test]
async fn f25_both_ends_of_a_stream() {
    watched(async {
        let (pair, camera) = watching().await;
        let track = camera.tracks()[0].id();

        let sent = report(&pair.a).await;
        let out: OutboundRtp = first(&sent).expect("a stream that goes out");
        assert_eq!(out.kind, Some(TrackKind::Video));
        assert!(out.packets_sent > Some(0) && out.bytes_sent > Some(0) && out.frames_encoded > Some(5), "{out:?}");
        assert_eq!((out.frame_width, out.frame_height), (Some(320), Some(240)));
        if js::is_firefox() {
            assert_eq!(out.media_source_id, None, "Firefox does not refer to sources");
        } else {
            let source = sent.follow(out.media_source_id.as_ref().expect("its source")).expect("the source");
            assert_eq!(source.track_identifier(), Some(&*track));
            assert!(matches!(source, MediaSource::Video(VideoSource { .. })));
        }

        let came = report(&pair.b).await;
        let inbound: InboundRtp = first(&came).expect("a stream that comes in");
        assert_eq!((inbound.kind.clone(), inbound.ssrc), (Some(TrackKind::Video), out.ssrc));
        assert!(inbound.packets_received > Some(0) && inbound.bytes_received > Some(0), "{inbound:?}");
        // On a machine that is busy, some of them may be.
        assert!(inbound.packets_lost.is_some());
        assert!(inbound.jitter.is_some());

        for (report, codec) in [(&sent, &out.codec_id), (&came, &inbound.codec_id)] {
            let codec: &Codec = report.follow(codec.as_ref().expect("its codec")).expect("the codec");
            assert!(codec.mime_type.as_ref().unwrap().starts_with("video/"), "{codec:?}");
            assert_eq!(codec.clock_rate, Some(90_000));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_every_entry_is_found_by_its_id() {
    watched(async {
        let (pair, _camera) = watching().await;
        let report = report(&pair.a).await;
        assert!(report.len() > 5);
        for entry in &report {
            assert_eq!(report.get(entry.id()).map(Stats::id), Some(entry.id()));
            let raw = entry.raw().expect("the browser's object");
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

/// Numbers alike, be they integers or not: the parser is off in the last digit.
fn plain(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => format!("{:.9e}", number.as_f64().unwrap()).into(),
        serde_json::Value::Object(members) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        value => value,
    }
}

#[wasm_bindgen_test]
async fn f25_each_member_is_what_the_browser_says() {
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
                let mut said: serde_json::Value = serde_json::from_str(&json.as_string().unwrap()).unwrap();
                for unknown in unknown_members(entry) {
                    said.as_object_mut().unwrap().remove(&unknown).expect("an unknown member is the browser's");
                }
                assert_eq!(plain(serde_json::to_value(entry).unwrap()), plain(said));
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_the_way_in_use() {
    watched(async {
        let (pair, _camera) = watching().await;
        let report = report(&pair.a).await;
        let way = report.selected_pair().expect("a selected pair");
        assert_eq!((&way.state, way.nominated), (&Some(CandidatePairState::Succeeded), Some(true)));
        let ours = report.follow(way.local_candidate_id.as_ref().unwrap()).expect("our end");
        let theirs = report.follow(way.remote_candidate_id.as_ref().unwrap()).expect("the peer's end");
        assert_eq!(ours.candidate_type, Some(IceCandidateType::Host));
        assert_eq!((&*ours.protocol.clone().unwrap(), &*theirs.protocol.clone().unwrap()), ("udp", "udp"));
        assert!(ours.port.is_some_and(|port| port > 0) && theirs.port.is_some_and(|port| port > 0));
        assert!(way.bytes_sent > Some(0), "{way:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_rates_of_a_call() {
    watched(async {
        let (pair, _camera) = watching().await;
        let before = [report(&pair.a).await, report(&pair.b).await];
        // A second, and more where frames and what the transport has carried are not yet told of.
        sleep(Duration::from_secs(1)).await;
        let (a, b) = (&before[0], &before[1]);
        let has_gone = |report: &StatsReport| {
            first::<OutboundRtp>(report).unwrap().frames_encoded > first::<OutboundRtp>(a).unwrap().frames_encoded
                && stats::rates(a, report).transport_outgoing_bit_rate > Some(1_000.0)
        };
        let has_come = |report: &StatsReport| {
            first::<InboundRtp>(report).unwrap().frames_decoded > first::<InboundRtp>(b).unwrap().frames_decoded
                && stats::rates(b, report).transport_incoming_bit_rate > Some(1_000.0)
        };
        let after = [
            report_where(&pair.a, "frames that have gone", has_gone).await,
            report_where(&pair.b, "frames that have come", has_come).await,
        ];
        let [a, b] = [0, 1].map(|end| stats::rates(&before[end], &after[end]));

        let frames = 1.0..61.0;
        let [out] = &*a.outgoing else { panic!("{a:?}") };
        assert!(out.bit_rate > Some(1_000.0) && out.packet_rate > Some(0.0), "{out:?}");
        assert!(frames.contains(&out.frame_rate.unwrap()), "{out:?}");
        assert_eq!(a.outgoing_bit_rate, out.bit_rate);
        assert!(a.incoming.is_empty() && a.incoming_bit_rate.is_none());
        assert!(a.transport_outgoing_bit_rate > Some(1_000.0), "{a:?}");

        let [inbound] = &*b.incoming else { panic!("{b:?}") };
        assert!(inbound.bit_rate > Some(1_000.0), "{inbound:?}");
        assert!(frames.contains(&inbound.frame_rate.unwrap()), "{inbound:?}");
        let packets = |report: &StatsReport| {
            let stream = first::<InboundRtp>(report).unwrap();
            (stream.packets_lost.unwrap() as f64, stream.packets_received.unwrap() as f64)
        };
        let ((lost_before, came_before), (lost, came)) = (packets(&before[1]), packets(&after[1]));
        let (lost, came) = ((lost - lost_before).max(0.0), came - came_before);
        let loss = lost / (lost + came);
        assert!((inbound.loss.unwrap() - loss).abs() < 1e-9 && b.incoming_loss == inbound.loss, "{loss}: {b:?}");
        assert!(b.transport_incoming_bit_rate > Some(1_000.0), "{b:?}");

        assert_eq!(stats::rates(&after[0], &after[0]).outgoing_bit_rate, None, "no time has passed");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_what_the_peer_reports() {
    watched(async {
        let (pair, _camera) = watching().await;
        let has_reported = |report: &StatsReport| {
            first::<RemoteInboundRtp>(report).is_some_and(|remote| remote.round_trip_time.is_some())
        };
        let report = report_where(&pair.a, "a report of the peer's", has_reported).await;
        let remote: RemoteInboundRtp = first(&report).unwrap();
        let stream = report.follow(remote.local_id.as_ref().expect("what it tells of")).expect("the stream");
        assert_eq!(stream.ssrc, remote.ssrc);
        let rates = stats::rates(&report, &report);
        assert_eq!(rates.outgoing[0].round_trip_time, remote.round_trip_time);
        assert!(remote.fraction_lost.is_some());
        assert_eq!(rates.outgoing[0].loss, remote.fraction_lost);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_one_sender_and_one_track() {
    watched(async {
        let (pair, camera, sound) = (Pair::new(), camera().await, microphone().await);
        let video = pair.a.add_track(&camera.tracks()[0], &[]).unwrap();
        let audio = pair.a.add_track(&sound.tracks()[0], &[]).unwrap();
        pair.connect().await;
        let both = |report: &StatsReport| report.of_type::<OutboundRtp>().count() == 2;
        report_where(&pair.a, "two streams", both).await;
        for (sender, kind) in [(video, TrackKind::Video), (audio, TrackKind::Audio)] {
            let of_sender = sender.stats().within("a sender's getStats").await.unwrap();
            let of_track = pair.a.stats_of(&sender.track().unwrap()).within("a track's getStats").await.unwrap();
            for report in [of_sender, of_track] {
                let kinds: Vec<_> = report.of_type::<OutboundRtp>().map(|stream| stream.kind.clone()).collect();
                assert_eq!(kinds, [Some(kind.clone())]);
            }
        }
        let stranger = microphone().await;
        let error = pair.a.stats_of(&stranger.tracks()[0]).within("getStats").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidAccess, "{error}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_a_data_channel() {
    watched(async {
        let (pair, chat, mut other_end) = Pair::with_channel(&ChannelInit::new()).await;
        chat.send("hello").within("send").await.unwrap();
        other_end.next().within("the message").await.unwrap().unwrap();
        let has_come =
            |report: &StatsReport| first::<Channel>(report).is_some_and(|chat| chat.messages_received > Some(0));
        let report = report_where(&pair.b, "a message received", has_come).await;
        let chat: Channel = first(&report).unwrap();
        assert_eq!(chat.label.as_deref(), Some("chat"));
        assert_eq!((chat.messages_received, chat.bytes_received), (Some(1), Some(5)));
        assert_eq!(first::<Connection>(&report).expect("the connection").data_channels_opened, Some(1));
    })
    .await;
}

/// A report as a browser of another time might give it.
fn synthetic(entries: &str) -> StatsReport {
    let map = js::eval(&format!("new Map(({entries}).map(entry => [entry.id, entry]))"));
    StatsReport::from_raw(map.unchecked_into()).unwrap()
}

#[wasm_bindgen_test]
fn f25_what_is_not_known_is_kept() {
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
fn f25_getters_that_throw_and_things_that_are_no_report() {
    let report = synthetic("[{ id: 'c', type: 'codec', timestamp: 1, get mimeType() { throw 1 }, channels: 2 }]");
    let codec: Codec = first(&report).unwrap();
    assert_eq!((codec.mime_type, codec.channels), (None, Some(2)));
    let error = StatsReport::from_raw(js::eval("{}").unchecked_into()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Type, "{error}");
}

#[wasm_bindgen_test]
async fn f25_reports_from_time_to_time_until_the_end() {
    watched(async {
        let pc = connection();
        let mut reports = pc.stats_every(Duration::from_millis(200));
        let begin = now();
        for _ in 0..3 {
            reports.next().within("a report").await.unwrap().unwrap();
        }
        assert!(now() - begin >= 395.0, "{} ms for two intervals", now() - begin);

        // Who waited for this interval would wait in vain, at the beginning and at the end.
        let mut seldom = pc.stats_every(Duration::from_secs(3_600));
        seldom.next().within("a report at once").await.unwrap().unwrap();
        assert!(seldom.next().now_or_never().is_none(), "the second is not due");
        let raw = pc.as_raw().clone();
        drop(pc);
        assert_eq!(js::string(&raw, "signalingState"), "closed", "the streams do not keep it open");
        for mut reports in [reports.boxed_local(), seldom.boxed_local()] {
            assert!(reports.next().within("the end").await.is_none());
            assert!(reports.next().within("still the end").await.is_none());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_reports_however_often() {
    watched(async {
        let pc = connection();
        let mut often = pc.stats_every(Duration::ZERO);
        for _ in 0..5 {
            often.next().within("a report").await.unwrap().unwrap();
        }
        let mut seldom = pc.stats_every(Duration::MAX);
        seldom.next().within("a report at once").await.unwrap().unwrap();
        let sleep = pin!(sleep(Duration::from_millis(100)));
        let Either::Right(_) = select(seldom.next(), sleep).await else { panic!("the second is not due") };
        pc.close();
        assert!(seldom.next().within("the end").await.is_none());
        assert_eq!(rest(often, "the end").await.len(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_closed_connection_reports_what_the_browser_has() {
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
        let asked = "return pc.getStats(track).then(() => '', error => error.name)";
        let theirs = js::run_async("pc, track", &[pc.as_raw(), track.as_raw()], asked).await;
        assert_eq!(of_track, (theirs == "InvalidAccessError").then_some(ErrorKind::InvalidAccess));
        assert_eq!(rest(pc.stats_every(Duration::from_secs(1)), "no reports").await.len(), 0);
    })
    .await;
}
