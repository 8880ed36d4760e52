//! Certificates: made with a chosen algorithm and validity, used for a connection, and recognized by the other peer.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    Result,
    channel::ChannelInit,
    negotiation::Politeness,
    peer::{Certificate, Configuration, KeyAlgorithm},
    session::{MemoryLink, Session},
};
use js_sys::Date;
use wasm_bindgen::JsValue;

/// Makes a certificate, connects with it, and compares the fingerprint that the other peer has received.
pub async fn run(algorithm: &str, valid_for: Duration, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let algorithm = match algorithm {
        "rsa" => KeyAlgorithm::Rsa { modulus_length: 2048 },
        _ => KeyAlgorithm::default(),
    };
    let started = Date::now();
    let certificate = Certificate::generate(&algorithm, Some(valid_for)).await?;
    show("Made in", &format_args!("{:.0} ms", Date::now() - started));
    let expiry = Date::new(&JsValue::from_f64(certificate.expires()));
    show("Valid until", &String::from(expiry.to_iso_string()));
    let fingerprints = certificate.fingerprints()?;
    for fingerprint in &fingerprints {
        show(&format!("Fingerprint, {}", fingerprint.algorithm), &fingerprint.value);
    }

    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new().certificate(certificate), Politeness::Impolite, link)?;
    let peer = Session::new(&Configuration::new(), Politeness::Polite, other_link)?;
    let channel = session.connection().create_data_channel("", &ChannelInit::new())?;
    channel.opened().await?;

    // The peer verifies the certificate by this line of the description.
    let received = peer.connection().remote_description().map(|description| description.sdp.to_uppercase());
    let is_known = |sdp: String| fingerprints.iter().any(|print| sdp.contains(&print.value.to_uppercase()));
    show("Fingerprint at the peer", &if received.is_some_and(is_known) { "the same" } else { "another" });
    if let Some(transport) = peer.connection().sctp().and_then(|sctp| sctp.transport()) {
        show("DTLS", &transport.state());
        if let Some(received) = transport.remote_certificates()?.first() {
            show("Certificate at the peer", &format_args!("{} bytes", received.len()));
        }
    }
    peer.ended().await;
    Ok(())
}
