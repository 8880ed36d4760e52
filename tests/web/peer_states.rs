//! The four states of a connection as streams.

use browser_rtc::{
    channel::ChannelInit,
    peer::{ConnectionState, IceConnectionState, IceGatheringState, SignalingState},
};
use futures::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, pair::Pair, pair::reached, rest, watched};

#[wasm_bindgen_test]
async fn f14_call_states_are_reported_in_order() {
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
                rest(connection, "the connection states").await,
                [Connection::New, Connection::Connecting, Connection::Connected, Connection::Closed]
            );

            use IceConnectionState as Ice;
            let mut ice = rest(ice, "the ICE connection states").await;
            // ICE of the offerer may or may not complete before the close.
            ice.retain(|state| *state != Ice::Completed);
            assert_eq!(ice, [Ice::New, Ice::Checking, Ice::Connected, Ice::Closed]);

            use IceGatheringState as Gathering;
            let gathering = rest(gathering, "the ICE gathering states").await;
            assert_eq!(gathering, [Gathering::New, Gathering::Gathering, Gathering::Complete]);

            use SignalingState as Signaling;
            let offer = if offered { Signaling::HaveLocalOffer } else { Signaling::HaveRemoteOffer };
            assert_eq!(
                rest(signaling, "the signaling states").await,
                [Signaling::Stable, offer, Signaling::Stable, Signaling::Closed]
            );
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f14_late_stream_starts_with_current_state() {
    watched(async {
        let (pair, _chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        reached(pair.a.ice_gathering_states(), IceGatheringState::Complete).await;
        assert_eq!(
            pair.a.connection_states().next().within("the current state").await,
            Some(ConnectionState::Connected)
        );
        assert_eq!(pair.a.signaling_state(), SignalingState::Stable);
        pair.a.close();
        assert_eq!(rest(pair.a.connection_states(), "the current state").await, [ConnectionState::Closed]);
        assert_eq!(pair.a.ice_connection_state(), IceConnectionState::Closed);
        assert_eq!(rest(pair.a.signaling_states(), "the current state").await, [SignalingState::Closed]);
    })
    .await;
}
