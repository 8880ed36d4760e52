//! The transports of a connection: SCTP over DTLS over ICE.

use browser_rtc::{
    ErrorDetail, ErrorKind,
    channel::{ChannelInit, ChannelState},
    peer::{
        DtlsTransportState, IceCandidateType, IceGatheringState, IceRole, IceTransportState, PeerConnection,
        SctpTransport, SctpTransportState,
    },
    stats,
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::microphone,
    pair::{Pair, connection, reached},
    rest, watched,
};

fn sctp(pc: &PeerConnection) -> SctpTransport {
    pc.sctp().expect("an SCTP transport")
}

#[wasm_bindgen_test]
async fn f26_channel_transports_are_connected() {
    watched(async {
        let unconnected = connection();
        assert!(unconnected.sctp().is_none());

        let (pair, _chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        for pc in [&pair.a, &pair.b] {
            let sctp = sctp(pc);
            assert!(sctp == pc.sctp().unwrap(), "each call returns the same transport");
            assert_eq!(sctp.state(), SctpTransportState::Connected);
            let largest = js::number(&js::get(pc.as_raw(), "sctp"), "maxMessageSize");
            assert_eq!(sctp.max_message_size(), Some(largest));
            // Firefox does not report this limit.
            assert_eq!(sctp.max_channels().is_some(), !js::is_firefox());

            let dtls = sctp.transport().unwrap();
            assert_eq!(dtls.state(), DtlsTransportState::Connected);
            let ice = dtls.ice_transport().unwrap();
            assert_eq!(ice.state(), IceTransportState::Connected);
            assert_eq!(ice.gathering_state(), IceGatheringState::Complete);
            assert_eq!(ice.component(), None, "neither Chromium nor Firefox reports the component");
        }
        // Chromium does not report the role for the transport of a connection.
        let roles = [&pair.a, &pair.b].map(|pc| sctp(pc).transport().unwrap().ice_transport().unwrap().role());
        if js::is_firefox() {
            assert_eq!(roles, [Some(IceRole::Controlling), Some(IceRole::Controlled)]);
        } else {
            assert_eq!(roles, [None, None]);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f26_remote_certificate_matches_fingerprint() {
    watched(async {
        let (pair, _chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let certificates = sctp(&pair.a).transport().unwrap().remote_certificates().unwrap();
        assert_eq!(certificates.len(), 1);
        let hash = js::run_async(
            "bytes",
            &[&js_sys::Uint8Array::from(&*certificates[0])],
            "return crypto.subtle.digest('SHA-256', bytes)",
        )
        .await;
        let hash: Vec<String> =
            js_sys::Uint8Array::new(&hash).to_vec().iter().map(|byte| format!("{byte:02X}")).collect();
        let description = pair.b.local_description().unwrap().sdp;
        assert!(description.contains(&format!("a=fingerprint:sha-256 {}", hash.join(":"))), "{description}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f26_selected_candidate_pair_is_read() {
    watched(async {
        let (pair, _chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let ice = sctp(&pair.a).transport().unwrap().ice_transport().unwrap();
        if js::is_firefox() {
            // Firefox implements none of these.
            for refused in [
                ice.local_candidates().err(),
                ice.remote_candidates().err(),
                ice.selected_candidate_pair().err(),
                ice.selected_candidate_pairs().err(),
                ice.local_parameters().err(),
                ice.remote_parameters().err(),
            ] {
                assert_eq!(refused.expect("Firefox does not implement this call").kind(), &ErrorKind::NotSupported);
            }
        } else {
            let used = ice.selected_candidate_pair().unwrap().expect("the selected pair");
            assert_eq!(used.local.parse().unwrap().kind, IceCandidateType::Host);
            assert!(ice.local_candidates().unwrap().iter().any(|local| local.candidate == used.local.candidate));
            let mut pairs = ice.selected_candidate_pairs().unwrap();
            assert_eq!(pairs.next().within("the pair").await.unwrap(), Some(used));
            // Chromium lists remote candidates only if they were added one by one, and these were in the description.
            // It does not return the ICE parameters for the transport of a connection.
            assert!(ice.remote_candidates().unwrap().is_empty());
            assert_eq!((ice.local_parameters().unwrap(), ice.remote_parameters().unwrap()), (None, None));
        }
        // The statistics have the selected pair in both browsers.
        let report = pair.a.stats().within("stats").await.unwrap();
        let transport = report.of_type::<stats::Transport>().next().unwrap();
        let selected = transport.selected_candidate_pair_id.as_ref().or_else(|| {
            // Firefox marks the pair instead of the transport.
            report.of_type::<stats::CandidatePair>().find(|pair| pair.nominated == Some(true)).map(|pair| &pair.id)
        });
        assert!(report.follow(selected.expect("a selected pair")).is_some());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f26_transport_states_end_with_connection() {
    watched(async {
        let (pair, _chat, _other_end) = Pair::with_channel(&ChannelInit::new()).await;
        for (pc, peer_is_closed) in [(&pair.a, false), (&pair.b, true)] {
            let sctp = sctp(pc);
            let dtls = sctp.transport().unwrap();
            let ice = dtls.ice_transport().unwrap();
            if peer_is_closed {
                reached(sctp.states(), SctpTransportState::Closed).await;
                reached(dtls.states(), DtlsTransportState::Closed).await;
            }
            let (sctp_states, dtls_states, ice_states) = (sctp.states(), dtls.states(), ice.states());
            let (gathering, errors) = (ice.gathering_states(), dtls.errors());
            pc.close();
            assert_eq!(rest(sctp_states, "the SCTP states").await.last(), Some(&SctpTransportState::Closed));
            assert_eq!(rest(dtls_states, "the DTLS states").await.last(), Some(&DtlsTransportState::Closed));
            assert_eq!(rest(ice_states, "the ICE states").await.last(), Some(&IceTransportState::Closed));
            rest(gathering, "the gathering states").await;
            assert_eq!(errors.count().within("the end of the errors").await, 0);
            // In Firefox itself, the DTLS transport stays connected.
            assert_eq!(dtls.state(), DtlsTransportState::Closed);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f26_transport_state_changes_are_reported() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pair.gathered_description(&pair.a).await;
        let dtls = sctp(&pair.a).transport().unwrap();
        let (states, dtls, ice) = (sctp(&pair.a).states(), dtls.states(), dtls.ice_transport().unwrap().states());
        pair.b.set_remote_description(&offer).within("the offer").await.unwrap();
        let answer = pair.gathered_description(&pair.b).await;
        pair.a.set_remote_description(&answer).within("the answer").await.unwrap();
        reached(states, SctpTransportState::Connected).await;
        reached(dtls, DtlsTransportState::Connected).await;
        reached(ice, IceTransportState::Connected).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f26_bundling_replaces_offered_transport() {
    watched(async {
        let (pair, microphone) = (Pair::new(), microphone().await);
        pair.a.add_track(&microphone.tracks()[0], &[]).unwrap();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        pair.a.set_local_description().within("setLocalDescription").await.unwrap();
        let offered = sctp(&pair.a);
        let offered_dtls = offered.transport().unwrap();
        pair.connect().await;
        let used = sctp(&pair.a);
        reached(used.states(), SctpTransportState::Connected).await;
        assert!(offered_dtls != used.transport().unwrap());
        reached(offered_dtls.states(), DtlsTransportState::Closed).await;
        if js::is_firefox() {
            assert!(offered == used);
        } else {
            assert!(offered != used);
            assert_eq!(offered.state(), SctpTransportState::Closed);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f26_senders_and_receivers_share_transport() {
    watched(async {
        let (pair, microphone) = (Pair::new(), microphone().await);
        let sender = pair.a.add_track(&microphone.tracks()[0], &[]).unwrap();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        assert!(sender.transport().is_none());
        pair.connect().await;
        let transport = sender.transport().unwrap();
        reached(transport.states(), DtlsTransportState::Connected).await;
        assert!(transport == sctp(&pair.a).transport().unwrap(), "the channel and the track are bundled");
        assert!(pair.a.receivers()[0].transport() == Some(transport));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f26_peer_with_wrong_certificate_is_refused() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pair.gathered_description(&pair.a).await;
        pair.b.set_remote_description(&offer).within("the offer").await.unwrap();
        let mut answer = pair.gathered_description(&pair.b).await;
        let other = browser_rtc::peer::Certificate::generate(&Default::default(), None).within("a key").await.unwrap();
        let fingerprint = other.fingerprints().unwrap()[0].value.to_uppercase();
        let start = answer.sdp.find("a=fingerprint:sha-256 ").unwrap() + "a=fingerprint:sha-256 ".len();
        answer.sdp.replace_range(start..start + fingerprint.len(), &fingerprint);
        pair.a.set_remote_description(&answer).within("the answer").await.unwrap();
        let dtls = sctp(&pair.a).transport().unwrap();
        let mut errors = dtls.errors();
        reached(dtls.states(), DtlsTransportState::Failed).await;
        reached(pair.a.connection_states(), browser_rtc::peer::ConnectionState::Failed).await;
        // Neither browser reports the cause: Chromium fires no error event for this one, and Firefox never fires any.
        assert!(errors.next().now_or_never().is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_error_has_sctp_cause() {
    watched(async {
        let (pair, _chat, other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let mut errors = other_end.errors();
        pair.a.close();
        reached(other_end.states(), ChannelState::Closed).await;
        if js::is_firefox() {
            // Firefox closes the channel without an error.
            assert!(errors.next().within("the end").await.is_none());
        } else {
            let error = errors.next().within("the error").await.unwrap();
            assert_eq!(error.kind(), &ErrorKind::Operation);
            let rtc = error.rtc().unwrap();
            assert_eq!((rtc.detail, rtc.sctp_cause_code), (ErrorDetail::SctpFailure, Some(12)));
            assert_eq!((rtc.sdp_line_number, rtc.received_alert, rtc.sent_alert), (None, None, None));
        }
    })
    .await;
}
