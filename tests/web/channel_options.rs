//! The options of a channel at both ends.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, ChannelState, Reliability},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    pair::{Pair, connection},
    watched,
};

#[wasm_bindgen_test]
async fn f41_options_are_equal_at_both_ends() {
    watched(async {
        let (pair, _first, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let mut incoming = pair.b.data_channels();
        for (ordered, reliability, protocol) in [
            (true, Reliability::Reliable, ""),
            (false, Reliability::Reliable, "chat.v1"),
            (false, Reliability::MaxRetransmits(0), ""),
            (true, Reliability::MaxRetransmits(65_535), "é"),
            (true, Reliability::MaxPacketLifeTime(0), ""),
            (false, Reliability::MaxPacketLifeTime(500), ""),
        ] {
            let init = ChannelInit::new().ordered(ordered).reliability(reliability).protocol(protocol);
            let created = pair.a.create_data_channel("läbel", &init).unwrap();
            let received = incoming.next().within("the incoming channel").await.unwrap();
            created.opened().within("opened()").await.unwrap();
            for end in [&created, &received] {
                assert_eq!(end.label(), "läbel");
                assert_eq!((end.ordered(), end.reliability()), (ordered, reliability));
                assert_eq!(end.protocol(), protocol);
                assert_eq!(end.state(), ChannelState::Open);
                assert!(!end.negotiated());
            }
            assert!(created.id().is_some());
            assert_eq!(created.id(), received.id());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f41_negotiated_channels_with_same_id_connect() {
    watched(async {
        let (pair, _first, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let mut incoming = pair.b.data_channels();
        let init = ChannelInit::new().negotiated(7).ordered(false);
        let [a, mut b] = [&pair.a, &pair.b].map(|pc| pc.create_data_channel("negotiated", &init).unwrap());
        for end in [&a, &b] {
            end.opened().within("opened()").await.unwrap();
            assert_eq!((end.id(), end.negotiated(), end.ordered()), (Some(7), true, false));
        }
        a.send("by id").within("send").await.unwrap();
        assert_eq!(b.next().within("a message").await.unwrap().unwrap(), "by id".into());
        assert!(incoming.next().now_or_never().is_none(), "a negotiated channel is reported as incoming");
    })
    .await;
}

#[wasm_bindgen_test]
fn f41_invalid_options_are_rejected() {
    let pc = connection();
    let kind =
        |label: &str, init: ChannelInit| pc.create_data_channel(label, &init).map_err(|error| error.kind().clone());
    let (longest, too_long) = ("é".repeat(32_767), "é".repeat(32_768));
    kind(&longest, ChannelInit::new()).unwrap();
    assert_eq!(kind(&too_long, ChannelInit::new()).unwrap_err(), ErrorKind::Type);
    assert_eq!(kind("", ChannelInit::new().protocol(too_long)).unwrap_err(), ErrorKind::Type);
    assert_eq!(kind("", ChannelInit::new().negotiated(65_535)).unwrap_err(), ErrorKind::Type);
    let _taken = kind("", ChannelInit::new().negotiated(3)).unwrap();
    assert_eq!(kind("", ChannelInit::new().negotiated(3)).unwrap_err(), ErrorKind::Operation);
}
