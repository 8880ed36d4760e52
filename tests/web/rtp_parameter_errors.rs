//! Parameters that a sender refuses, and the browsers that differ from the specification.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    media::TrackKind,
    peer::{Codec, Encoding, PeerConnection, RtpSendParameters, RtpTransceiver, TransceiverInit},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    pair::connection,
    refusals::{in_chromium, in_firefox, kind},
    sleep, watched,
};

fn simulcast(pc: &PeerConnection) -> RtpTransceiver {
    let init = TransceiverInit::new()
        .encoding(Encoding::new().rid("h"))
        .encoding(Encoding::new().rid("l").scale_resolution_down_by(2.0));
    pc.add_transceiver(TrackKind::Video, &init).unwrap()
}

fn codec(mime_type: &str) -> Codec {
    Codec::new(mime_type, 90_000)
}

/// Changes the parameters of a new sender and sets them.
async fn set(change: impl FnOnce(&mut RtpSendParameters)) -> Option<ErrorKind> {
    let pc = connection();
    let transceiver = simulcast(&pc);
    let mut parameters = transceiver.sender().parameters().unwrap();
    change(&mut parameters);
    kind(transceiver.sender().set_parameters(&parameters).within("setParameters").await)
}

/// Changes the browser's own object behind the parameters.
fn alter(parameters: &RtpSendParameters, body: &str) {
    js::run("parameters", &[parameters.as_raw()], body);
}

#[wasm_bindgen_test]
async fn invalid_parameters_are_refused() {
    watched(async {
        assert_eq!(set(|_| {}).await, None);
        let range = Some(ErrorKind::Range);
        assert_eq!(set(|p| p.encodings[0].scale_resolution_down_by = Some(0.5)).await, range);
        assert_eq!(set(|p| p.encodings[0].max_framerate = Some(-1.0)).await, range);
        let wrong_type = Some(ErrorKind::Type);
        assert_eq!(set(|p| p.encodings[0].priority = Some("none".into())).await, wrong_type);
        assert_eq!(set(|p| p.degradation_preference = Some("none".into())).await, wrong_type);
        let network = set(|p| p.encodings[0].network_priority = Some("none".into())).await;
        assert_eq!(network, in_firefox(None, ErrorKind::Type), "Firefox has no such member");

        let modified = ErrorKind::InvalidModification;
        let foreign = |p: &mut RtpSendParameters| {
            for encoding in &mut p.encodings {
                encoding.codec = Some(codec("video/none"));
            }
        };
        assert_eq!(set(foreign).await, Some(modified.clone()));
        // Chromium requires the same codec for all encodings.
        let one_only = set(|p| p.encodings[0].codec = Some(codec("video/none"))).await;
        assert_eq!(one_only, in_chromium(Some(ErrorKind::Operation), modified.clone()));
        let layers = set(|p| p.encodings[0].scalability_mode = Some("L9T9".into())).await;
        assert_eq!(layers, in_firefox(None, modified));
    })
    .await;
}

#[wasm_bindgen_test]
async fn read_only_parameters_are_refused() {
    watched(async {
        let modified = ErrorKind::InvalidModification;
        assert_eq!(set(|p| p.encodings.reverse()).await, Some(modified.clone()));
        assert_eq!(set(|p| p.encodings[0].rid = Some("other".into())).await, Some(modified.clone()));
        assert_eq!(set(|p| p.encodings[0].rid = None).await, Some(modified.clone()));
        assert_eq!(set(|p| alter(p, "parameters.transactionId = 'other'")).await, Some(modified.clone()));

        // Firefox accepts another number of encodings, for compatibility with older pages.
        let number = in_firefox(None, modified.clone());
        assert_eq!(set(|p| p.encodings.clear()).await, number);
        assert_eq!(set(|p| drop(p.encodings.pop())).await, number);
        assert_eq!(set(|p| p.encodings.push(Encoding::new().rid("more"))).await, number);

        // Firefox also ignores the negotiated members.
        let codecs = "parameters.codecs = [{ payloadType: 1, mimeType: 'video/none', clockRate: 90000 }]";
        let extensions = "parameters.headerExtensions = [{ uri: 'urn:none', id: 1, encrypted: false }]";
        let rtcp = "parameters.rtcp = { cname: 'other', reducedSize: true }";
        for change in [codecs, extensions, rtcp] {
            assert_eq!(set(|p| alter(p, change)).await, in_firefox(None, modified.clone()), "{change}");
        }
        for member in ["codecs", "headerExtensions", "rtcp", "transactionId"] {
            let change = format!("delete parameters.{member}");
            assert_eq!(set(|p| alter(p, &change)).await, in_firefox(None, ErrorKind::Type), "{change}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn only_latest_parameters_are_set_once() {
    watched(async {
        let pc = connection();
        let (transceiver, other) = (simulcast(&pc), simulcast(&pc));
        let sender = transceiver.sender();
        let set = async |parameters: &RtpSendParameters| {
            kind(sender.set_parameters(parameters).within("setParameters").await)
        };
        let never_read = other.sender().parameters().unwrap();
        assert_eq!(
            set(&never_read).await,
            in_firefox(None, ErrorKind::InvalidState),
            "Firefox does not require that parameters are read first"
        );

        let first = sender.parameters().unwrap();
        assert_eq!(set(&first).await, None);
        assert_eq!(
            set(&first).await,
            in_firefox(None, ErrorKind::InvalidState),
            "Firefox accepts the same parameters twice"
        );

        // Within one task, each call should return the same parameters. Chromium returns others.
        let (early, late) = (sender.parameters().unwrap(), sender.parameters().unwrap());
        assert_eq!(early.transaction_id() == late.transaction_id(), js::is_firefox());
        sleep(Duration::from_millis(1)).await;
        let latest = sender.parameters().unwrap();
        assert_ne!(latest.transaction_id(), late.transaction_id());
        assert_eq!(set(&early).await, Some(ErrorKind::InvalidModification));
    })
    .await;
}
