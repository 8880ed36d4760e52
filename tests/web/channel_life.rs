//! How a channel ends, at both ends.

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

/// Everything that waits on a channel, closed.
async fn assert_over(channel: &mut DataChannel) {
    channel.closed().within("closed()").await;
    assert!(channel.next().within("the end of its messages").await.is_none());
    assert_eq!(channel.errors().count().within("the end of its errors").await, 0);
    assert_eq!(channel.opened().within("opened()").await.unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(channel.send("late").within("send()").await.unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(channel.try_send("late").unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(channel.state(), ChannelState::Closed);
}

#[wasm_bindgen_test]
async fn a_close_is_seen_at_both_ends() {
    watched(async {
        let (_pair, mut a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut b_messages = b.clone();
        let waiting = join4(a.closed(), b.closed(), b_messages.next(), b.errors().count());
        a.close();
        assert_eq!(a.try_send("late").unwrap_err().kind(), &ErrorKind::Closed);
        let (.., message, errors) = waiting.within("the close").await;
        assert!(message.is_none());
        assert_eq!(errors, 0);
        assert_over(&mut a).await;
        assert_over(&mut b).await;
    })
    .await;
}

/// Chromium counts what is sent in the turn in which the other side's channel comes as buffered for ever.
#[wasm_bindgen_test]
async fn f43_what_the_other_sides_channel_sends_first_and_last_arrives() {
    watched(async {
        let (pair, mut a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.send("hello and goodbye").within("send").await.unwrap();
        b.close();
        assert_eq!(a.next().within("the only message").await.unwrap().unwrap().as_text(), Some("hello and goodbye"));
        assert!(a.next().within("the close").await.is_none());
        b.closed().within("the close of the sender").await;

        let second = pair.a.create_data_channel("second", &ChannelInit::new()).unwrap();
        let mut incoming = pair.b.data_channels();
        let come = incoming.next().within("the second channel").await.unwrap();
        assert_eq!(come.state(), ChannelState::Open);
        come.opened().within("its opening").await.unwrap();
        come.try_send("at once").unwrap();
        come.flush().within("a low buffer").await.unwrap();
        come.close();
        second.closed().within("the close").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_channel_closes_with_its_connection() {
    watched(async {
        let (pair, mut a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a_messages = a.clone();
        let waiting = join4(a.closed(), a_messages.next(), a.errors().count(), b.closed());
        pair.a.close();
        assert_eq!(a.state(), ChannelState::Closed);
        let (_, message, ..) = waiting.within("the close at both ends").await;
        assert!(message.is_none());
        assert_over(&mut a).await;
        assert_eq!(b.try_send("late").unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_channel_closes_when_its_last_handle_goes() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let raw = a.as_raw().clone();
        let other_handle = a.clone();
        let closed = a.closed();
        drop(a);
        assert_eq!(js::string(&raw, "readyState"), "open", "a handle is left");
        drop(other_handle);
        assert_ne!(js::string(&raw, "readyState"), "open");
        join(closed, b.closed()).within("the close at both ends").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_channel_can_be_left_to_others() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let raw = a.into_raw();
        assert_eq!(js::string(&raw, "readyState"), "open");
        let handle = DataChannel::from_raw(raw.clone());
        handle.send("from a handle").within("send").await.unwrap();
        drop(handle);
        assert_eq!(js::string(&raw, "readyState"), "open");
        assert_eq!(b.next().within("a message").await.unwrap().unwrap(), "from a handle".into());
    })
    .await;
}

async fn assert_never_opens(channel: DataChannel, end: impl FnOnce(&DataChannel)) {
    let waiting = join(channel.opened(), channel.send("never"));
    end(&channel);
    let (opened, sent) = waiting.within("the end of a channel that never opened").await;
    assert_eq!(opened.unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(sent.unwrap_err().kind(), &ErrorKind::Closed);
    channel.closed().within("closed()").await;
}

#[wasm_bindgen_test]
async fn a_channel_that_never_opens_can_be_closed() {
    watched(async {
        let channel = |pc: &PeerConnection| pc.create_data_channel("never", &ChannelInit::new()).unwrap();
        let pc = connection();
        assert_never_opens(channel(&pc), DataChannel::close).await;
        assert_never_opens(channel(&pc), |_| pc.close()).await;

        let pc = connection();
        let opened = channel(&pc).opened();
        assert_eq!(opened.within("the drop").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

/// Firefox fires no event for a channel that is closed before it opens, on a connection that is up.
#[wasm_bindgen_test]
async fn a_channel_closed_before_it_opens_is_closed_at_once() {
    watched(async {
        let (pair, _first, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        // In Firefox their ids stay in use until the connection closes.
        for [one, other] in
            [[ChannelInit::new(), ChannelInit::new()], [1_500, 1_501].map(|id| ChannelInit::new().negotiated(id))]
        {
            let channel = |init| pair.a.create_data_channel("never", init).unwrap();
            assert_never_opens(channel(&one), DataChannel::close).await;
            let mut channel = channel(&other);
            channel.close();
            assert_eq!(channel.opened().within("opened()").await.unwrap_err().kind(), &ErrorKind::Closed);
            assert!(channel.flush().within("flush()").await.is_ok(), "nothing is in its buffer");
            assert!(channel.next().within("the end of its messages").await.is_none());
        }
    })
    .await;
}

/// Firefox 153 has streams for the ids below 2048.
#[wasm_bindgen_test]
async fn an_id_without_a_stream_is_an_error() {
    watched(async {
        let pair = Pair::new();
        let init = ChannelInit::new().negotiated(65_534);
        let (mut early, far) =
            (pair.a.create_data_channel("", &init).unwrap(), pair.b.create_data_channel("", &init).unwrap());
        pair.connect().await;
        let opened = join(early.opened(), far.opened()).within("opened()").await;
        if !js::is_firefox() {
            assert!(opened.0.is_ok() && opened.1.is_ok());
            return;
        }
        for opened in [opened.0, opened.1] {
            assert_eq!(opened.unwrap_err().kind(), &ErrorKind::Operation);
        }
        assert_eq!(early.send("never").within("send").await.unwrap_err().kind(), &ErrorKind::Closed);
        early.closed().within("closed()").await;
        assert!(early.next().within("the end of its messages").await.is_none());
        let late = pair.a.create_data_channel("", &ChannelInit::new().negotiated(2_048)).unwrap();
        assert_eq!(late.opened().within("opened()").await.unwrap_err().kind(), &ErrorKind::Operation);
        let last = ChannelInit::new().negotiated(2_047);
        pair.a.create_data_channel("", &last).unwrap().opened().within("opened()").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_channel_closed_as_soon_as_it_comes() {
    watched(async {
        let (pair, _first, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let mut incoming = pair.b.data_channels();
        let created = pair.a.create_data_channel("unwanted", &ChannelInit::new()).unwrap();
        drop(incoming.next().within("the channel").await);
        created.closed().within("the refusal").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn its_states_are_seen_as_they_change() {
    watched(async {
        let pair = Pair::new();
        let channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let mut states = channel.states();
        assert_eq!(states.next().within("its state now").await, Some(ChannelState::Connecting));
        let mut incoming = pair.b.data_channels();
        pair.connect().await;
        assert_eq!(states.next().within("open").await, Some(ChannelState::Open));
        let other_end = incoming.next().within("the other end").await.unwrap();
        let theirs = other_end.states();
        channel.close();
        let ours = rest(states, "the end").await;
        assert_eq!(ours.last(), Some(&ChannelState::Closed));
        let theirs = rest(theirs, "the end").await;
        assert_eq!((theirs.first(), theirs.last()), (Some(&ChannelState::Open), Some(&ChannelState::Closed)));
        for state in ours.iter().chain(&theirs[1..]) {
            assert!(matches!(state, ChannelState::Closing | ChannelState::Closed), "{state}");
        }
    })
    .await;
}
