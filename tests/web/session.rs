//! Negotiation between two sessions in one page.

use std::time::Duration;

use browser_rtc::{
    channel::ChannelInit,
    negotiation::Politeness,
    peer::{ConnectionState, SignalingState},
    session::{MemoryLink, Session},
};
use futures::{
    StreamExt,
    future::{join, try_join},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    pair::{connection, reached},
    session::{ice_ufrag, sessions},
    sleep, watched,
};

#[wasm_bindgen_test]
async fn ice_restart_is_negotiated() {
    watched(async {
        let (a_session, b_session) = sessions();
        let (a, b) = (a_session.connection(), b_session.connection());
        let mut incoming = b.data_channels();
        let chat = a.create_data_channel("", &ChannelInit::new()).unwrap();
        chat.opened().within("an open channel").await.unwrap();
        let mut other_end = incoming.next().within("the other end").await.unwrap();

        let before = [a, b].map(ice_ufrag);
        let mut states = a.signaling_states().skip(1);
        b.restart_ice().unwrap();
        // Two changes of state: the remote offer and the answer.
        for _ in 0..2 {
            states.next().within("a change of the signaling state").await.unwrap();
        }
        reached(b.signaling_states(), SignalingState::Stable).await;
        assert!([a, b].map(ice_ufrag).iter().zip(&before).all(|(now, before)| now != before));
        join(
            reached(a.connection_states(), ConnectionState::Connected),
            reached(b.connection_states(), ConnectionState::Connected),
        )
        .await;
        chat.send("still here").within("send").await.unwrap();
        assert_eq!(other_end.next().within("a message").await.unwrap().unwrap().as_text(), Some("still here"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn channels_before_session_are_negotiated() {
    watched(async {
        for politeness in [[Politeness::Polite, Politeness::Impolite], [Politeness::Impolite, Politeness::Polite]] {
            let (a, b) = (connection(), connection());
            let init = ChannelInit::new().negotiated(1);
            let (near, far) = (a.create_data_channel("", &init).unwrap(), b.create_data_channel("", &init).unwrap());
            // The browsers have fired negotiationneeded before a session listens.
            sleep(Duration::from_millis(100)).await;
            let (a_link, b_link) = MemoryLink::pair();
            let [polite, impolite] = politeness;
            let _sessions =
                (Session::from_connection(a, polite, a_link), Session::from_connection(b, impolite, b_link));
            try_join(near.opened(), far.opened()).within("open channels").await.unwrap();
        }
    })
    .await;
}
