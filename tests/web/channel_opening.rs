//! Incoming channels, which Chromium announces as open before it can send on them.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, ChannelState, DataChannel},
};
use futures::{StreamExt, future::poll_immediate, pin_mut};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    pair::Pair,
    watched,
};

/// Creates a channel on a connected pair whose callee has this `getStats`, and returns both ends of the channel.
async fn second_channel(pair: &Pair, get_stats: &JsValue) -> (DataChannel, DataChannel, Override) {
    let statistics = Override::new(pair.b.as_raw(), "getStats", get_stats);
    let mut incoming = pair.b.data_channels();
    let caller = pair.a.create_data_channel("second", &ChannelInit::new()).unwrap();
    (caller, incoming.next().within("the incoming channel").await.unwrap(), statistics)
}

#[wasm_bindgen_test]
async fn incoming_channel_waits_until_browser_can_send() {
    watched(async {
        let (pair, _first, _incoming) = Pair::with_channel(&ChannelInit::new()).await;
        let page = js::eval("{ reports: 0 }");
        let body = "return () => {
            const state = page.reports++ ? 'open' : 'connecting';
            return Promise.resolve(new Map(Array.from({ length: 16 }, (_, id) =>
                [`D${id}`, { type: 'data-channel', dataChannelIdentifier: id, state }])));
        }";
        let (mut caller, callee, _statistics) = second_channel(&pair, &js::run("page", &[&page], body)).await;
        assert_eq!(callee.state(), ChannelState::Open);
        assert_eq!(callee.try_send("early").unwrap_err().kind(), &ErrorKind::WouldBlock);
        let sent = callee.send("first");
        pin_mut!(sent);
        assert!(poll_immediate(&mut sent).await.is_none());
        sent.within("send").await.unwrap();
        assert_eq!(js::number(&page, "reports"), 2.0);
        assert_eq!(caller.next().within("the first message").await.unwrap().unwrap().as_text(), Some("first"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn incoming_channel_opens_without_statistics() {
    watched(async {
        let (pair, _first, _incoming) = Pair::with_channel(&ChannelInit::new()).await;
        for get_stats in ["() => Promise.reject(new Error('none'))", "() => Promise.resolve(new Map())"] {
            let (mut caller, callee, _statistics) = second_channel(&pair, &js::eval(get_stats)).await;
            callee.opened().within("the opening").await.unwrap();
            callee.try_send("first").unwrap();
            assert_eq!(caller.next().within("the message").await.unwrap().unwrap().as_text(), Some("first"));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn send_waits_while_state_is_reset() {
    watched(async {
        let (_pair, mut caller, callee) = Pair::with_channel(&ChannelInit::new()).await;
        let raw = callee.as_raw();
        let refusal = js::eval("() => { throw new DOMException('not open', 'InvalidStateError'); }");
        let set_back = [Override::new(raw, "readyState", &"connecting".into()), Override::new(raw, "send", &refusal)];
        assert_eq!(callee.try_send("early").unwrap_err().kind(), &ErrorKind::InvalidState);
        let sent = callee.send("first");
        pin_mut!(sent);
        assert!(poll_immediate(&mut sent).await.is_none());
        drop(set_back);
        js::dispatch(raw, "open", &JsValue::UNDEFINED);
        sent.within("send").await.unwrap();
        assert_eq!(caller.next().within("the message").await.unwrap().unwrap().as_text(), Some("first"));
    })
    .await;
}
