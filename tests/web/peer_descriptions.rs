//! Session descriptions at each step of a negotiation.

use browser_rtc::{
    ErrorKind,
    channel::ChannelInit,
    peer::{OfferOptions, SdpType, SessionDescription, SignalingState},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    pair::{Pair, connection},
    watched,
};

#[wasm_bindgen_test]
async fn f22_descriptions_are_pending_until_answered() {
    watched(async {
        let pair = Pair::new();
        let (a, b) = (&pair.a, &pair.b);
        let _channel = a.create_data_channel("", &ChannelInit::new()).unwrap();
        assert_eq!(
            (a.local_description(), a.pending_local_description(), a.current_local_description()),
            (None, None, None)
        );

        a.set_local_description().within("setLocalDescription").await.unwrap();
        assert_eq!(a.pending_local_description().unwrap().kind, SdpType::Offer);
        assert_eq!(a.local_description().unwrap().kind, SdpType::Offer);
        assert_eq!(a.current_local_description(), None);

        b.set_remote_description(&a.local_description().unwrap()).within("setRemoteDescription").await.unwrap();
        assert_eq!(b.pending_remote_description().unwrap().kind, SdpType::Offer);
        assert_eq!(b.current_remote_description(), None);

        b.set_local_description().within("setLocalDescription").await.unwrap();
        assert_eq!((b.pending_local_description(), b.pending_remote_description()), (None, None));
        assert_eq!(b.current_local_description().unwrap().kind, SdpType::Answer);
        assert_eq!(b.current_remote_description().unwrap().kind, SdpType::Offer);

        a.set_remote_description(&b.local_description().unwrap()).within("setRemoteDescription").await.unwrap();
        assert_eq!((a.pending_local_description(), a.pending_remote_description()), (None, None));
        assert_eq!(a.current_local_description().unwrap().kind, SdpType::Offer);
        assert_eq!(a.current_remote_description().unwrap().kind, SdpType::Answer);
        assert_eq!(a.remote_description(), a.current_remote_description());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f24_trickle_support_is_read_from_description() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        assert_eq!(pair.b.can_trickle_ice_candidates(), None);
        pair.a.set_local_description().within("setLocalDescription").await.unwrap();
        let mut offer = pair.a.local_description().unwrap();
        pair.b.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        assert_eq!(pair.b.can_trickle_ice_candidates(), Some(true));

        offer.sdp = offer.sdp.replace("a=ice-options:trickle\r\n", "");
        let other = Pair::new();
        other.b.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        assert_eq!(other.b.can_trickle_ice_candidates(), Some(false));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f22_offer_options_are_applied() {
    watched(async {
        let pc = connection();
        let sections = |offer: &SessionDescription| {
            ["m=audio", "m=video"].map(|section| offer.sdp.lines().filter(|line| line.starts_with(section)).count())
        };
        let plain = pc.create_offer().within("createOffer").await.unwrap();
        assert_eq!(sections(&plain), [0, 0]);
        let neither = OfferOptions::new().offer_to_receive_audio(false).offer_to_receive_video(false);
        let offer = pc.create_offer_with(&neither).within("createOffer").await.unwrap();
        assert_eq!(sections(&offer), [0, 0]);
        let both = OfferOptions::new().offer_to_receive_audio(true).offer_to_receive_video(true);
        let offer = pc.create_offer_with(&both).within("createOffer").await.unwrap();
        assert_eq!(sections(&offer), [1, 1]);
        assert_eq!(offer.sdp.matches("a=recvonly").count(), 2);
        let offer = pc.create_offer_with(&neither).within("createOffer").await.unwrap();
        assert_eq!(offer.sdp.matches("a=inactive").count(), 2);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f22_offer_option_restarts_ice() {
    watched(async {
        let (pair, _chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let fragment = |offer: &SessionDescription| {
            offer.sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).unwrap().to_owned()
        };
        let current = fragment(&pair.a.local_description().unwrap());
        let plain = pair.a.create_offer().within("createOffer").await.unwrap();
        assert_eq!(fragment(&plain), current);
        let restarting = OfferOptions::new().ice_restart(true);
        let offer = pair.a.create_offer_with(&restarting).within("createOffer").await.unwrap();
        assert_ne!(fragment(&offer), current);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f22_provisional_answer_is_set() {
    watched(async {
        let pair = Pair::new();
        let (a, b) = (&pair.a, &pair.b);
        let _channel = a.create_data_channel("", &ChannelInit::new()).unwrap();
        a.set_local_description().within("setLocalDescription").await.unwrap();
        b.set_remote_description(&a.local_description().unwrap()).within("the offer").await.unwrap();
        let answer = b.create_answer().within("createAnswer").await.unwrap();
        let provisional = SessionDescription { kind: SdpType::Pranswer, ..answer.clone() };

        let set = b.set_local_description_to(&provisional).within("a provisional answer").await;
        if js::is_firefox() {
            // Firefox supports no provisional answers, local or remote.
            assert_eq!(set.unwrap_err().kind(), &ErrorKind::NotSupported);
            let set = a.set_remote_description(&provisional).within("a provisional answer").await;
            assert_eq!(set.unwrap_err().kind(), &ErrorKind::NotSupported);
            return;
        }
        set.unwrap();
        assert_eq!(b.signaling_state(), SignalingState::HaveLocalPranswer);
        assert_eq!(b.pending_local_description().unwrap().kind, SdpType::Pranswer);
        assert_eq!(b.current_local_description(), None);

        a.set_remote_description(&provisional).within("a provisional answer").await.unwrap();
        assert_eq!(a.signaling_state(), SignalingState::HaveRemotePranswer);
        assert_eq!(a.pending_remote_description().unwrap().kind, SdpType::Pranswer);

        b.set_local_description_to(&answer).within("the answer").await.unwrap();
        a.set_remote_description(&answer).within("the answer").await.unwrap();
        for pc in [a, b] {
            assert_eq!(pc.signaling_state(), SignalingState::Stable);
        }
        assert_eq!(a.current_remote_description().unwrap().kind, SdpType::Answer);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f22_offers_are_rolled_back() {
    watched(async {
        let pair = Pair::new();
        let (a, b) = (&pair.a, &pair.b);
        let rollback = SessionDescription { kind: SdpType::Rollback, sdp: String::new() };
        let without_offer = a.set_local_description_to(&rollback).within("a rollback without an offer").await;
        assert_eq!(without_offer.unwrap_err().kind(), &ErrorKind::InvalidState);

        let _channel = a.create_data_channel("", &ChannelInit::new()).unwrap();
        a.set_local_description().within("setLocalDescription").await.unwrap();
        let offer = a.local_description().unwrap();
        a.set_local_description_to(&rollback).within("a rollback").await.unwrap();
        assert_eq!((a.signaling_state(), a.local_description()), (SignalingState::Stable, None));

        b.set_remote_description(&offer).within("the offer").await.unwrap();
        b.set_remote_description(&rollback).within("a rollback").await.unwrap();
        assert_eq!((b.signaling_state(), b.remote_description()), (SignalingState::Stable, None));

        // A remote offer rolls back a local offer.
        let _channel = b.create_data_channel("", &ChannelInit::new()).unwrap();
        for pc in [a, b] {
            pc.set_local_description().within("setLocalDescription").await.unwrap();
        }
        a.set_remote_description(&b.local_description().unwrap()).within("the peer's offer").await.unwrap();
        assert_eq!(a.signaling_state(), SignalingState::HaveRemoteOffer);
    })
    .await;
}
