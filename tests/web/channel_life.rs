//! The life of a channel: its states, its close, and the drop of its handles.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, ChannelState, DataChannel},
    peer::PeerConnection,
};
use futures::{
    StreamExt,
    future::{join, join4},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    pair::{Pair, connection},
    rest, watched,
};

/// Asserts that no call on a closed channel is pending.
async fn assert_closed(channel: &mut DataChannel) {
    channel.closed().within("closed()").await;
    assert!(channel.next().within("the end of the messages").await.is_none());
    assert_eq!(channel.errors().count().within("the end of the errors").await, 0);
    assert_eq!(channel.opened().within("opened()").await.unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(channel.send("late").within("send").await.unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(channel.try_send("late").unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(channel.state(), ChannelState::Closed);
}

#[wasm_bindgen_test]
async fn close_ends_channel_at_both_peers() {
    watched(async {
        let (_pair, mut a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut b_messages = b.clone();
        let waiting = join4(a.closed(), b.closed(), b_messages.next(), b.errors().count());
        a.close();
        assert_eq!(a.try_send("late").unwrap_err().kind(), &ErrorKind::Closed);
        let (.., message, errors) = waiting.within("the close at both ends").await;
        assert!(message.is_none());
        assert_eq!(errors, 0);
        assert_closed(&mut a).await;
        assert_closed(&mut b).await;
    })
    .await;
}

/// Chromium counts a message that is sent in the task of `ondatachannel` as buffered until the channel is closed.
#[wasm_bindgen_test]
async fn f43_incoming_channel_sends_immediately_and_closes() {
    watched(async {
        let (pair, mut a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.send("hello and goodbye").within("send").await.unwrap();
        b.close();
        assert_eq!(a.next().within("the only message").await.unwrap().unwrap().as_text(), Some("hello and goodbye"));
        assert!(a.next().within("the end of the messages").await.is_none());
        b.closed().within("the close of the sender").await;

        let second = pair.a.create_data_channel("second", &ChannelInit::new()).unwrap();
        let mut incoming = pair.b.data_channels();
        let incoming = incoming.next().within("the second channel").await.unwrap();
        assert_eq!(incoming.state(), ChannelState::Open);
        incoming.opened().within("opened()").await.unwrap();
        incoming.try_send("first").unwrap();
        incoming.flush().within("flush").await.unwrap();
        incoming.close();
        second.closed().within("the close of the channel").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_closes_with_connection() {
    watched(async {
        let (pair, mut a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a_messages = a.clone();
        let waiting = join4(a.closed(), a_messages.next(), a.errors().count(), b.closed());
        pair.a.close();
        assert_eq!(a.state(), ChannelState::Closed);
        let (_, message, ..) = waiting.within("the close at both ends").await;
        assert!(message.is_none());
        assert_closed(&mut a).await;
        assert_eq!(b.try_send("late").unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_closes_with_last_handle() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let raw = a.as_raw().clone();
        let other_handle = a.clone();
        let closed = a.closed();
        drop(a);
        assert_eq!(js::string(&raw, "readyState"), "open", "the second handle is not dropped");
        drop(other_handle);
        assert_ne!(js::string(&raw, "readyState"), "open");
        join(closed, b.closed()).within("the close at both ends").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_released_by_into_raw_stays_open() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let raw = a.into_raw();
        assert_eq!(js::string(&raw, "readyState"), "open");
        let handle = DataChannel::from_raw(raw.clone());
        handle.send("from the handle").within("send").await.unwrap();
        drop(handle);
        assert_eq!(js::string(&raw, "readyState"), "open");
        assert_eq!(b.next().within("a message").await.unwrap().unwrap(), "from the handle".into());
    })
    .await;
}

async fn assert_never_opens(channel: DataChannel, end: impl FnOnce(&DataChannel)) {
    let pending = join(channel.opened(), channel.send("never"));
    end(&channel);
    let (opened, sent) = pending.within("the end of the pending calls").await;
    assert_eq!(opened.unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(sent.unwrap_err().kind(), &ErrorKind::Closed);
    channel.closed().within("closed()").await;
}

#[wasm_bindgen_test]
async fn unopened_channel_can_be_closed() {
    watched(async {
        let channel = |pc: &PeerConnection| pc.create_data_channel("never", &ChannelInit::new()).unwrap();
        let pc = connection();
        assert_never_opens(channel(&pc), DataChannel::close).await;
        assert_never_opens(channel(&pc), |_| pc.close()).await;

        let pc = connection();
        let opened = channel(&pc).opened();
        assert_eq!(opened.within("opened() of a dropped channel").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

/// Firefox fires no event for a channel that is closed before it opens, if the connection is already connected.
#[wasm_bindgen_test]
async fn channel_closed_before_open_closes_immediately() {
    watched(async {
        let (pair, _first, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        // In Firefox the ids stay in use until the connection closes.
        for [one, other] in
            [[ChannelInit::new(), ChannelInit::new()], [1_500, 1_501].map(|id| ChannelInit::new().negotiated(id))]
        {
            let channel = |init| pair.a.create_data_channel("never", init).unwrap();
            assert_never_opens(channel(&one), DataChannel::close).await;
            let mut channel = channel(&other);
            channel.close();
            assert_eq!(channel.opened().within("opened()").await.unwrap_err().kind(), &ErrorKind::Closed);
            assert!(channel.flush().within("flush").await.is_ok(), "the buffer is empty");
            assert!(channel.next().within("the end of the messages").await.is_none());
        }
    })
    .await;
}

/// Firefox 153 has SCTP streams only for ids below 2048.
#[wasm_bindgen_test]
async fn id_without_sctp_stream_is_error() {
    watched(async {
        let pair = Pair::new();
        let init = ChannelInit::new().negotiated(65_534);
        let (mut channel, remote) =
            (pair.a.create_data_channel("", &init).unwrap(), pair.b.create_data_channel("", &init).unwrap());
        pair.connect().await;
        let opened = join(channel.opened(), remote.opened()).within("opened()").await;
        if !js::is_firefox() {
            assert!(opened.0.is_ok() && opened.1.is_ok());
            return;
        }
        for opened in [opened.0, opened.1] {
            assert_eq!(opened.unwrap_err().kind(), &ErrorKind::Operation);
        }
        assert_eq!(channel.send("never").within("send").await.unwrap_err().kind(), &ErrorKind::Closed);
        channel.closed().within("closed()").await;
        assert!(channel.next().within("the end of the messages").await.is_none());
        let first_invalid = pair.a.create_data_channel("", &ChannelInit::new().negotiated(2_048)).unwrap();
        assert_eq!(first_invalid.opened().within("opened()").await.unwrap_err().kind(), &ErrorKind::Operation);
        let last_valid = ChannelInit::new().negotiated(2_047);
        pair.a.create_data_channel("", &last_valid).unwrap().opened().within("opened()").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropped_incoming_channel_closes_at_creator() {
    watched(async {
        let (pair, _first, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let mut incoming = pair.b.data_channels();
        let created = pair.a.create_data_channel("unwanted", &ChannelInit::new()).unwrap();
        drop(incoming.next().within("the incoming channel").await);
        created.closed().within("the close by the peer").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_state_changes_are_reported_in_order() {
    watched(async {
        let pair = Pair::new();
        let channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let mut states = channel.states();
        assert_eq!(states.next().within("the current state").await, Some(ChannelState::Connecting));
        let mut incoming = pair.b.data_channels();
        pair.connect().await;
        assert_eq!(states.next().within("the next state").await, Some(ChannelState::Open));
        let other_end = incoming.next().within("the incoming channel").await.unwrap();
        let remote = other_end.states();
        channel.close();
        let local = rest(states, "the end of the local states").await;
        assert_eq!(local.last(), Some(&ChannelState::Closed));
        let remote = rest(remote, "the end of the remote states").await;
        assert_eq!((remote.first(), remote.last()), (Some(&ChannelState::Open), Some(&ChannelState::Closed)));
        for state in local.iter().chain(&remote[1..]) {
            assert!(matches!(state, ChannelState::Closing | ChannelState::Closed), "{state}");
        }
    })
    .await;
}
