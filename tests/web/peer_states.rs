//! The four state machines as streams.

use browser_rtc::{
    channel::ChannelInit,
    peer::{ConnectionState, IceConnectionState, IceGatheringState, SignalingState},
};
use futures::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, pair::Pair, pair::reached, rest, watched};

#[wasm_bindgen_test]
async fn f14_each_state_of_a_call_in_its_order() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let ends = [&pair.a, &pair.b].map(|pc| {
            (pc.connection_states(), pc.ice_connection_states(), pc.ice_gathering_states(), pc.signaling_states())
        });
        pair.connect().await;
        pair.a.close();
        pair.b.close();

        for ((connection, ice, gathering, signaling), offered) in ends.into_iter().zip([true, false]) {
            use ConnectionState as Connection;
            assert_eq!(
                rest(connection, "the connection's states").await,
                [Connection::New, Connection::Connecting, Connection::Connected, Connection::Closed]
            );

            use IceConnectionState as Ice;
            let mut ice = rest(ice, "the states of ICE").await;
            // The offerer may or may not find the best way before we close.
            ice.retain(|state| *state != Ice::Completed);
            assert_eq!(ice, [Ice::New, Ice::Checking, Ice::Connected, Ice::Closed]);

            use IceGatheringState as Gathering;
            let gathering = rest(gathering, "the states of gathering").await;
            assert_eq!(gathering, [Gathering::New, Gathering::Gathering, Gathering::Complete]);

            use SignalingState as Signaling;
            let offer = if offered { Signaling::HaveLocalOffer } else { Signaling::HaveRemoteOffer };
            assert_eq!(
                rest(signaling, "the states of signaling").await,
                [Signaling::Stable, offer, Signaling::Stable, Signaling::Closed]
            );
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f14_a_stream_that_comes_late_begins_with_the_state_of_now() {
    watched(async {
        let (pair, _chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        reached(pair.a.ice_gathering_states(), IceGatheringState::Complete).await;
        assert_eq!(pair.a.connection_states().next().within("now").await, Some(ConnectionState::Connected));
        assert_eq!(pair.a.signaling_state(), SignalingState::Stable);
        pair.a.close();
        assert_eq!(rest(pair.a.connection_states(), "now").await, [ConnectionState::Closed]);
        assert_eq!(pair.a.ice_connection_state(), IceConnectionState::Closed);
        assert_eq!(rest(pair.a.signaling_states(), "now").await, [SignalingState::Closed]);
    })
    .await;
}
