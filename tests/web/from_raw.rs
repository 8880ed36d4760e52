//! Handles of browser objects that something else looks after.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    channel::{BinaryType, ChannelInit, ChannelState, DataChannel, LargeMessages, Message},
    media::{MediaStream, MediaStreamTrack, TrackKind},
    peer::{PeerConnection, SignalingState, TransceiverInit},
    stats::{self, StatsEntry},
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    leaks::{Snapshot, WeakConnections},
    media::{camera, is_live, microphone},
    pair::{Pair, connection},
    rest, sleep, watched,
};

/// One end of a connected channel as the page holds it, with a count of the messages that the page receives.
async fn foreign_channel() -> (Pair, DataChannel, web_sys::RtcDataChannel) {
    let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
    let raw = b.into_raw();
    let count = "channel.received = 0; channel.addEventListener('message', () => channel.received++)";
    js::run("channel", &[&raw], count);
    (pair, a, raw)
}

async fn received(raw: &web_sys::RtcDataChannel, count: f64) {
    let all = async {
        while js::number(raw, "received") < count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    all.within("the messages at the page").await;
}

#[wasm_bindgen_test]
async fn unread_raw_handle_changes_and_keeps_nothing() {
    watched(async {
        let (_pair, a, raw) = foreign_channel().await;
        js::run("channel", &[&raw], "channel.binaryType = 'blob'");
        let handle = DataChannel::from_raw(raw.clone());
        handle.set_receive_limit(1_000);
        for _ in 0..10 {
            a.send(&[0; 1_000]).within("send").await.unwrap();
        }
        received(&raw, 10.0).await;
        handle.send("still open").within("send").await.unwrap();
        assert_eq!((js::string(&raw, "binaryType").as_str(), handle.state()), ("blob", ChannelState::Open));

        // From the first read on it receives.
        let mut reader = handle.clone();
        assert!(reader.next().now_or_never().is_none(), "earlier messages are not kept");
        a.send("text").within("send").await.unwrap();
        assert_eq!(reader.next().within("the text").await.unwrap().unwrap(), Message::from("text"));
        a.send(&[7; 3]).within("send").await.unwrap();
        let bytes = reader.next().within("the bytes").await.unwrap().unwrap();
        assert!(matches!(bytes, Message::Blob(blob) if blob.size() == 3.0), "as the page has set it");
        handle.set_binary_type(&BinaryType::ArrayBuffer);
        a.send(&[7; 3]).within("send").await.unwrap();
        assert_eq!(reader.next().within("the bytes").await.unwrap().unwrap(), Message::from(vec![7; 3]));
    })
    .await;
}

#[wasm_bindgen_test]
async fn receive_limit_ends_only_reading_of_raw_channel() {
    watched(async {
        let (_pair, a, raw) = foreign_channel().await;
        let handle = DataChannel::from_raw(raw.clone());
        handle.set_receive_limit(1_000);
        let mut messages = handle.js_messages();
        for _ in 0..3 {
            a.send(&[0; 600]).within("send").await.unwrap();
        }
        received(&raw, 3.0).await;
        assert!(messages.next().within("the first message").await.unwrap().is_ok());
        let error = messages.next().within("the error").await.unwrap().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::QuotaExceeded);
        assert!(messages.next().within("the end of the reading").await.is_none());
        assert_eq!(js::string(&raw, "readyState"), "open");
        let mut answers = a.clone();
        handle.send("still open").within("send").await.unwrap();
        assert_eq!(answers.next().within("a message").await.unwrap().unwrap(), Message::from("still open"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn handles_of_one_channel_share_state() {
    watched(async {
        let (_pair, a, raw) = foreign_channel().await;
        let (one, other) = (DataChannel::from_raw(raw.clone()), DataChannel::from_raw(raw.clone()));
        one.set_high_water_mark(77_777);
        assert_eq!(other.high_water_mark(), 77_777);
        // Of what was opened here the connection is known.
        let known = DataChannel::from_raw(a.as_raw().clone());
        assert_eq!(known.max_message_size(), a.max_message_size());
        assert_eq!((known.max_message_size().is_some(), one.max_message_size()), (true, None));
        let closed = other.closed();
        one.close();
        assert_eq!(other.send("late").within("send").await.unwrap_err().kind(), &ErrorKind::Closed);
        closed.within("the close").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn large_messages_use_limit_of_transport() {
    watched(async {
        let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let (raw_pc, raw) = (pair.a.as_raw().clone(), a.as_raw().clone());
        let largest = a.max_message_size();
        // Nothing of ours knows these any more.
        let (foreign_pc, _running) = (raw_pc.clone(), pair.a.into_raw());
        drop(a.into_raw());
        let unknown = DataChannel::from_raw(raw.clone());
        assert_eq!(unknown.max_message_size(), None);
        drop(unknown);

        let pc = PeerConnection::from_raw(foreign_pc);
        let channel = pc.data_channel_from_raw(raw);
        assert_eq!(channel.max_message_size(), largest);
        let raw_b = b.into_raw();
        js::run("channel", &[&raw_b], "channel.received = 0; channel.onmessage = () => channel.received++");
        let messages = LargeMessages::new(channel.clone());
        messages.send(&vec![1; 200_000]).within("send").await.unwrap();
        received(&raw_b, 1.0).await;
        let closed = channel.closed();
        pc.close();
        closed.within("the end with the connection").await;
        raw_b.close();
        pair.b.close();
    })
    .await;
}

#[wasm_bindgen_test]
async fn handles_of_one_connection_share_state() {
    watched(async {
        let ours = connection();
        let (one, other) = (PeerConnection::from_raw(ours.as_raw().clone()), PeerConnection::from_raw(ours.into_raw()));
        let channel = other.create_data_channel("", &ChannelInit::new()).unwrap();
        let states = other.signaling_states();
        let tracks = other.tracks();
        let transceiver = other.add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        assert!(one.transceivers()[0] == transceiver);
        let (ended, mut tones) =
            (transceiver.receiver().track().ended(), transceiver.sender().dtmf().unwrap().tone_changes());
        let pending = other.create_offer();
        let opened = channel.opened();
        let closing = async {
            one.close();
        };
        let (offer, ()) = join(pending, closing).within("the pending offer").await;
        assert!(offer.is_err_and(|error| *error.kind() == ErrorKind::Closed));
        assert_eq!(rest(states, "the end of its states").await, [SignalingState::Stable, SignalingState::Closed]);
        assert_eq!(tracks.count().within("the end of its tracks").await, 0);
        ended.within("the end of its receiver's track").await;
        assert!(tones.next().within("the end of its tones").await.is_none());
        assert_eq!(opened.within("opened").await.unwrap_err().kind(), &ErrorKind::Closed);
        let late = other.create_offer().within("createOffer").await;
        assert_eq!(late.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn raw_handle_of_closed_connection_is_closed() {
    watched(async {
        let raw = connection().into_raw();
        raw.close();
        let pc = PeerConnection::from_raw(raw);
        assert_eq!(rest(pc.signaling_states(), "the end").await, [SignalingState::Closed]);
        assert_eq!(pc.create_offer().within("createOffer").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn handles_of_one_track_share_end() {
    watched(async {
        let microphone = microphone().await;
        let raw = Clone::clone(microphone.tracks()[0].as_raw());
        drop(microphone.into_raw());
        let (one, other) = (MediaStreamTrack::from_raw(Clone::clone(&raw)), MediaStreamTrack::from_raw(raw));
        let (ended, mutes) = (other.ended(), other.mute_changes());
        one.stop();
        ended.within("the end").await;
        rest(mutes, "the end of its changes").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn raw_handle_keeps_captured_track_live() {
    watched(async {
        let camera = camera().await;
        let raw = Clone::clone(camera.tracks()[0].as_raw());
        let handle = MediaStreamTrack::from_raw(Clone::clone(&raw));
        let stream = MediaStream::from_raw(Clone::clone(camera.as_raw()));
        drop(camera);
        drop(handle);
        assert!(is_live(&raw), "the stream's other handle keeps it");
        stream.remove_track(&stream.tracks()[0]);
        assert!(!is_live(&raw), "no handle is left");
    })
    .await;
}

#[wasm_bindgen_test]
async fn sender_track_matches_browser() {
    watched(async {
        let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let video = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        let audio = pair.a.add_transceiver(&microphone.tracks()[0], &TransceiverInit::new()).unwrap();
        pair.connect().await;
        let same = |when: &str| {
            for sender in [video.sender(), audio.sender()] {
                let (ours, theirs) = (sender.track(), js::get(sender.as_raw(), "track"));
                assert_eq!(ours.is_some(), theirs.is_object(), "{when}");
                assert!(ours.is_none_or(|track| js::same(track.as_raw(), &theirs)), "{when}");
            }
        };
        same("at first");
        video.stop().unwrap();
        same("stopped");
        // Chromium refuses the sender of a transceiver whose stop has been negotiated.
        let _refused_or_done = pair.a.remove_track(video.sender());
        same("removed from a stopped transceiver");
        pair.negotiate().await;
        same("stopped for good");
        let theirs = pair.b.transceivers().pop().unwrap();
        theirs.stop().unwrap();
        Pair { a: pair.b.clone(), b: pair.a.clone() }.negotiate().await;
        same("stopped by the peer");
        pair.a.close();
        same("closed");
        assert!(!camera.tracks()[0].is_ended(), "it has other handles");
    })
    .await;
}

#[wasm_bindgen_test]
async fn closed_connection_has_statistics() {
    watched(async {
        let (pair, _a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        let microphone = microphone().await;
        let sender = pair.a.add_track(&microphone.tracks()[0], &[]).unwrap();
        let receiver = pair.a.receivers().remove(0);
        let pending = pair.a.stats();
        let closing = async { pair.a.close() };
        let (pending, ()) = join(pending, closing).within("the report that was pending").await;
        let last = pair.a.stats().within("the last report").await.unwrap();
        for report in [pending.unwrap(), last] {
            assert_eq!(report.of_type::<stats::Connection>().count(), 1);
        }
        let report = "() => Promise.resolve(new Map([['last', { id: 'last', type: 'transport', timestamp: 1 }]]))";
        let _kept = Override::new(pair.a.as_raw(), "getStats", &js::eval(report));
        let kept = pair.a.stats().within("the report that the browser has kept").await.unwrap();
        assert!(kept.get("last").is_some_and(|entry| stats::Transport::from_stats(entry).is_some()));
        assert!(sender.stats().within("a sender's report").await.is_ok());
        assert!(receiver.stats().within("a receiver's report").await.is_ok());
    })
    .await;
}

/// Handles of many raw objects, of which nothing is left.
async fn many(count: usize) -> WeakConnections {
    let mut seen = WeakConnections::default();
    for _ in 0..count {
        let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let again =
            [PeerConnection::from_raw(pair.a.as_raw().clone()), PeerConnection::from_raw(pair.b.as_raw().clone())];
        let mut channel = DataChannel::from_raw(a.as_raw().clone());
        b.send("text").within("send").await.unwrap();
        channel.next().within("the text").await.unwrap().unwrap();
        let (streams, tracks): (Vec<_>, Vec<_>) = (0..4)
            .map(|_| {
                let raw: web_sys::MediaStream = js::eval("new MediaStream()").unchecked_into();
                let transceiver = pair.a.add_transceiver(TrackKind::Audio, &TransceiverInit::new());
                let track = transceiver.unwrap().receiver().track();
                (MediaStream::from_raw(raw), MediaStreamTrack::from_raw(Clone::clone(track.as_raw())))
            })
            .unzip();
        again.iter().for_each(|pc| seen.add(pc));
        pair.a.close();
        pair.b.close();
        drop((streams, tracks));
    }
    seen
}

#[wasm_bindgen_test]
async fn raw_handles_do_not_leak() {
    watched(async {
        let mut seen = WeakConnections::default().wait_until_collected(WeakConnections::default()).await;
        // The first time, tables and queues grow to the size that they need.
        seen = many(40).await.wait_until_collected(seen).await;
        let held = Snapshot::now();
        for _ in 0..2 {
            seen = many(40).await.wait_until_collected(seen).await;
            held.assert_not_grown();
        }
    })
    .await;
}
