//! The end of a connection, and of everything that belongs to it.

use browser_rtc::{
    ErrorKind, Result,
    channel::ChannelInit,
    peer::{
        Configuration, ConnectionState, IceCandidate, OfferOptions, PeerConnection, SdpType, SessionDescription,
        SignalingState,
    },
};
use futures::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{camera, microphone},
    pair::{Pair, connection},
    rest, watched,
};

fn is_open(raw: &web_sys::RtcPeerConnection) -> bool {
    js::string(raw, "signalingState") != "closed"
}

#[wasm_bindgen_test]
async fn connection_closes_with_last_handle() {
    watched(async {
        let pc = connection();
        let raw = pc.as_raw().clone();
        let other_handle = pc.clone();
        // None of these keeps the connection open.
        let _states = pc.connection_states();
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let microphone = microphone().await;
        let _sender = pc.add_track(&microphone.tracks()[0], &[]).unwrap();
        drop(pc);
        assert!(is_open(&raw), "one handle is left");
        drop(other_handle);
        assert!(!is_open(&raw));
    })
    .await;
}

#[wasm_bindgen_test]
fn into_raw_leaves_connection_open() {
    let raw = connection().into_raw();
    assert!(is_open(&raw));
    drop(PeerConnection::from_raw(raw.clone()));
    assert!(is_open(&raw), "a handle from `from_raw` does not close the connection");
    PeerConnection::from_raw(raw.clone()).close();
    assert!(!is_open(&raw));
}

#[wasm_bindgen_test]
async fn dropped_foreign_handle_ends_streams() {
    watched(async {
        let raw = connection().into_raw();
        let handle = PeerConnection::from_raw(raw.clone());
        let states = handle.signaling_states();
        drop(handle);
        assert_eq!(rest(states, "the end").await, [SignalingState::Stable]);
        raw.close();
    })
    .await;
}

fn assert_closed<T>(result: Result<T>) {
    let error = result.err().expect("the operation succeeded on a closed connection");
    assert_eq!(error.kind(), &ErrorKind::Closed, "{error}");
}

#[wasm_bindgen_test]
async fn closed_connection_refuses_operations() {
    watched(async {
        let pc = connection();
        let (first, second) = (microphone().await, microphone().await);
        let sender = pc.add_track(&first.tracks()[0], &[]).unwrap();
        let channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let keypad = sender.dtmf().unwrap();
        pc.close();
        pc.close();

        let offer = SessionDescription { kind: SdpType::Offer, sdp: String::new() };
        assert_closed(pc.create_offer().within("createOffer").await);
        assert_closed(pc.create_offer_with(&OfferOptions::new().ice_restart(true)).within("createOffer").await);
        assert_closed(pc.create_answer().within("createAnswer").await);
        assert_closed(pc.set_local_description().within("setLocalDescription").await);
        assert_closed(pc.set_local_description_to(&offer).within("setLocalDescription").await);
        assert_closed(pc.set_remote_description(&offer).within("setRemoteDescription").await);
        assert_closed(pc.add_ice_candidate(&IceCandidate::end_of_candidates()).within("addIceCandidate").await);
        assert_closed(pc.restart_ice());
        assert_closed(pc.set_configuration(&Configuration::new()));
        assert_closed(pc.add_track(&second.tracks()[0], &[]));
        assert_closed(pc.remove_track(&sender));
        assert_closed(pc.create_data_channel("", &ChannelInit::new()));
        assert_closed(sender.replace_track(None).within("replaceTrack").await);
        assert_closed(channel.opened().within("the open channel").await);
        assert_closed(channel.send("").within("send").await);
        assert_closed(channel.try_send(""));
        assert_closed(keypad.insert(&"1".parse().unwrap(), Default::default()));
        assert!(!keypad.can_insert());
        channel.closed().within("the close").await;
        assert!(pc.senders().is_empty());
        assert_eq!((pc.connection_state(), pc.signaling_state()), (ConnectionState::Closed, SignalingState::Closed));
        assert_eq!(pc.tracks().count().within("the end of the tracks").await, 0);
        assert_eq!(pc.data_channels().count().within("the end of the channels").await, 0);
        assert_eq!(pc.ice_candidates().count().within("the end of the candidates").await, 0);
        assert_eq!(pc.negotiation_needed().count().within("the end of the negotiations").await, 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn closed_connection_ends_tracks_and_errors() {
    watched(async {
        let (pair, chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let camera = camera().await;
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let mut incoming = pair.b.tracks();
        pair.negotiate().await;
        let arrived = incoming.next().within("the track").await.unwrap();

        let errors = chat.errors();
        pair.a.close();
        assert_eq!(errors.count().within("the end of the channel's errors").await, 0);

        let ends = [arrived.track.ended(), arrived.streams[0].tracks()[0].ended()];
        let mutes = arrived.track.mute_changes();
        pair.b.close();
        for end in ends {
            end.within("the end of the peer's track").await;
        }
        rest(mutes, "the end of the mute changes").await;
        assert!(arrived.track.is_ended());
    })
    .await;
}
