//! Handles of raw browser objects, which other code owns as well.

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

/// Returns a connected channel, and its other end as a raw object whose `received` counts messages.
async fn raw_channel() -> (Pair, DataChannel, web_sys::RtcDataChannel) {
    let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
    let raw = b.into_raw();
    let count = "channel.received = 0; channel.addEventListener('message', () => channel.received++)";
    js::run("channel", &[&raw], count);
    (pair, a, raw)
}

async fn wait_until_received(raw: &web_sys::RtcDataChannel, count: f64) {
    let received = async {
        while js::number(raw, "received") < count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    received.within("the messages of the raw channel").await;
}

#[wasm_bindgen_test]
async fn unread_raw_handle_changes_and_keeps_nothing() {
    watched(async {
        let (_pair, a, raw) = raw_channel().await;
        js::run("channel", &[&raw], "channel.binaryType = 'blob'");
        let handle = DataChannel::from_raw(raw.clone());
        handle.set_receive_limit(1_000);
        for _ in 0..10 {
            a.send(&[0; 1_000]).within("send").await.unwrap();
        }
        wait_until_received(&raw, 10.0).await;
        handle.send("still open").within("send").await.unwrap();
        assert_eq!((js::string(&raw, "binaryType").as_str(), handle.state()), ("blob", ChannelState::Open));

        // The handle receives messages from the first read on.
        let mut reader = handle.clone();
        assert!(reader.next().now_or_never().is_none(), "a message from before the first read is received");
        a.send("text").within("send").await.unwrap();
        assert_eq!(reader.next().within("the text").await.unwrap().unwrap(), Message::from("text"));
        a.send(&[7; 3]).within("send").await.unwrap();
        let bytes = reader.next().within("the bytes").await.unwrap().unwrap();
        assert!(matches!(bytes, Message::Blob(blob) if blob.size() == 3.0), "the binary type of the page is not used");
        handle.set_binary_type(&BinaryType::ArrayBuffer);
        a.send(&[7; 3]).within("send").await.unwrap();
        assert_eq!(reader.next().within("the bytes").await.unwrap().unwrap(), Message::from(vec![7; 3]));
    })
    .await;
}

#[wasm_bindgen_test]
async fn receive_limit_ends_only_reading_of_raw_channel() {
    watched(async {
        let (_pair, a, raw) = raw_channel().await;
        let handle = DataChannel::from_raw(raw.clone());
        handle.set_receive_limit(1_000);
        let mut messages = handle.js_messages();
        for _ in 0..3 {
            a.send(&[0; 600]).within("send").await.unwrap();
        }
        wait_until_received(&raw, 3.0).await;
        assert!(messages.next().within("the first message").await.unwrap().is_ok());
        let error = messages.next().within("the error").await.unwrap().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::QuotaExceeded);
        assert!(messages.next().within("the end of the messages").await.is_none());
        assert_eq!(js::string(&raw, "readyState"), "open");
        let mut receiver = a.clone();
        handle.send("still open").within("send").await.unwrap();
        assert_eq!(receiver.next().within("a message").await.unwrap().unwrap(), Message::from("still open"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn handles_of_one_channel_share_state() {
    watched(async {
        let (_pair, a, raw) = raw_channel().await;
        let (one, other) = (DataChannel::from_raw(raw.clone()), DataChannel::from_raw(raw.clone()));
        one.set_high_water_mark(77_777);
        assert_eq!(other.high_water_mark(), 77_777);
        // The connection of a channel that the library opened is known.
        let known = DataChannel::from_raw(a.as_raw().clone());
        assert_eq!(known.max_message_size(), a.max_message_size());
        assert_eq!((known.max_message_size().is_some(), one.max_message_size()), (true, None));
        let closed = other.closed();
        one.close();
        assert_eq!(other.send("late").within("send").await.unwrap_err().kind(), &ErrorKind::Closed);
        closed.within("the close of the channel").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn large_messages_use_limit_of_transport() {
    watched(async {
        let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let (raw_pc, raw) = (pair.a.as_raw().clone(), a.as_raw().clone());
        let largest = a.max_message_size();
        // The library has no state of these objects after this.
        let (foreign_pc, _released) = (raw_pc.clone(), pair.a.into_raw());
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
        wait_until_received(&raw_b, 1.0).await;
        let closed = channel.closed();
        pc.close();
        closed.within("the close with the connection").await;
        raw_b.close();
        pair.b.close();
    })
    .await;
}

#[wasm_bindgen_test]
async fn handles_of_one_connection_share_state() {
    watched(async {
        let pc = connection();
        let (one, other) = (PeerConnection::from_raw(pc.as_raw().clone()), PeerConnection::from_raw(pc.into_raw()));
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
        let (offer, ()) = join(pending, closing).within("the end of the pending createOffer").await;
        assert!(offer.is_err_and(|error| *error.kind() == ErrorKind::Closed));
        assert_eq!(rest(states, "the end of the states").await, [SignalingState::Stable, SignalingState::Closed]);
        assert_eq!(tracks.count().within("the end of the tracks").await, 0);
        ended.within("the end of the receiver's track").await;
        assert!(tones.next().within("the end of the tone changes").await.is_none());
        assert_eq!(opened.within("opened()").await.unwrap_err().kind(), &ErrorKind::Closed);
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
        assert_eq!(rest(pc.signaling_states(), "the end of the states").await, [SignalingState::Closed]);
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
        ended.within("the end of the track").await;
        rest(mutes, "the end of the mute changes").await;
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
        assert!(is_live(&raw), "the stream has another handle");
        stream.remove_track(&stream.tracks()[0]);
        assert!(!is_live(&raw), "the last handle is dropped");
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
        let assert_equal_tracks = |when: &str| {
            for sender in [video.sender(), audio.sender()] {
                let (track, raw_track) = (sender.track(), js::get(sender.as_raw(), "track"));
                assert_eq!(track.is_some(), raw_track.is_object(), "{when}");
                assert!(track.is_none_or(|track| js::same(track.as_raw(), &raw_track)), "{when}");
            }
        };
        assert_equal_tracks("while connected");
        video.stop().unwrap();
        assert_equal_tracks("after stop");
        // Chromium rejects the sender of a transceiver whose stop has been negotiated.
        let _rejected_or_removed = pair.a.remove_track(video.sender());
        assert_equal_tracks("after removeTrack on a stopped transceiver");
        pair.negotiate().await;
        assert_equal_tracks("after the stop was negotiated");
        let remote = pair.b.transceivers().pop().unwrap();
        remote.stop().unwrap();
        Pair { a: pair.b.clone(), b: pair.a.clone() }.negotiate().await;
        assert_equal_tracks("after a stop by the peer");
        pair.a.close();
        assert_equal_tracks("after close");
        assert!(!camera.tracks()[0].is_ended(), "the track has other handles");
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
        let (pending, ()) = join(pending, closing).within("the pending report").await;
        let last = pair.a.stats().within("the last report").await.unwrap();
        for report in [pending.unwrap(), last] {
            assert_eq!(report.of_type::<stats::Connection>().count(), 1);
        }
        let report = "() => Promise.resolve(new Map([['last', { id: 'last', type: 'transport', timestamp: 1 }]]))";
        let _mock = Override::new(pair.a.as_raw(), "getStats", &js::eval(report));
        let report = pair.a.stats().within("the browser's last report").await.unwrap();
        assert!(report.get("last").is_some_and(|entry| stats::Transport::from_stats(entry).is_some()));
        assert!(sender.stats().within("the sender's report").await.is_ok());
        assert!(receiver.stats().within("the receiver's report").await.is_ok());
    })
    .await;
}

/// Creates and drops handles of many raw objects.
async fn create_and_drop_handles(count: usize) -> WeakConnections {
    let mut connections = WeakConnections::default();
    for _ in 0..count {
        let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let handles =
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
        handles.iter().for_each(|pc| connections.add(pc));
        pair.a.close();
        pair.b.close();
        drop((streams, tracks));
    }
    connections
}

#[wasm_bindgen_test]
async fn raw_handles_do_not_leak() {
    watched(async {
        let mut former = WeakConnections::default().wait_until_collected(WeakConnections::default()).await;
        // In the first round, tables and queues reach their final capacity.
        former = create_and_drop_handles(40).await.wait_until_collected(former).await;
        let snapshot = Snapshot::now();
        for _ in 0..2 {
            former = create_and_drop_handles(40).await.wait_until_collected(former).await;
            snapshot.assert_not_grown();
        }
    })
    .await;
}
