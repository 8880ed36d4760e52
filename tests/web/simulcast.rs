//! Simulcast: one track that is sent in three sizes.

use std::time::Duration;

use browser_rtc::{
    peer::{IceGatheringState, PeerConnection, SessionDescription},
    stats::OutboundRtp,
};
use futures::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    pair::{Pair, reached},
    simulcast::{self, RIDS, SIZE, one_section, three_sections},
    watched,
};

async fn gathered_description(pc: &PeerConnection) -> SessionDescription {
    pc.set_local_description().within("setLocalDescription").await.unwrap();
    reached(pc.ice_gathering_states(), IceGatheringState::Complete).await;
    pc.local_description().unwrap()
}

#[wasm_bindgen_test]
async fn f33_simulcast_sends_three_sizes() {
    watched(async {
        let pair = Pair::new();
        let (_camera, transceiver) = simulcast::send(&pair.a).await;
        let incoming = pair.b.tracks();

        let mut offer = gathered_description(&pair.a).await;
        assert!(offer.sdp.contains("a=simulcast:send h;m;l\r\n"), "{}", offer.sdp);
        let offered = std::mem::take(&mut offer.sdp);
        offer.sdp = three_sections(&offered);
        pair.b.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        let mut answer = gathered_description(&pair.b).await;
        answer.sdp = one_section(&answer.sdp, &offered);
        pair.a.set_remote_description(&answer).within("setRemoteDescription").await.unwrap();

        simulcast::assert_negotiated(&transceiver);
        simulcast::assert_received(incoming).await;
        // The sender's statistics have the same sizes.
        let sent = async {
            let mut reports = pair.a.stats_every(Duration::from_millis(100));
            loop {
                let report = reports.next().await.unwrap().unwrap();
                let mut sent: Vec<_> = report
                    .of_type::<OutboundRtp>()
                    .filter(|stream| stream.frames_sent > Some(0))
                    .filter_map(|stream| Some((stream.frame_width?, stream.rid.clone()?)))
                    .collect();
                sent.sort();
                if sent.len() == RIDS.len() {
                    break sent;
                }
            }
        };
        let sent = sent.within("statistics of three streams").await;
        let expected = [(4, "l"), (2, "m"), (1, "h")].map(|(divisor, rid)| (SIZE.0 / divisor, rid.to_owned()));
        assert_eq!(sent, expected);

        // One encoding is paused while the others stay active.
        let mut parameters = transceiver.sender().parameters().unwrap();
        parameters.encodings[0].active = false;
        transceiver.sender().set_parameters(&parameters).within("setParameters").await.unwrap();
        let active = transceiver
            .sender()
            .parameters()
            .unwrap()
            .encodings
            .iter()
            .map(|encoding| encoding.active)
            .collect::<Vec<_>>();
        assert_eq!(active, [false, true, true]);
    })
    .await;
}
