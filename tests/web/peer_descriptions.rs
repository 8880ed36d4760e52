//! What has been described, at each step of a negotiation.

use browser_rtc::{channel::ChannelInit, peer::SdpType};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, pair::Pair, watched};

#[wasm_bindgen_test]
async fn f22_descriptions_are_pending_until_both_sides_agree() {
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
async fn f24_whether_the_peer_can_trickle_is_known_from_its_description() {
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
