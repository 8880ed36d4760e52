//! The configuration of a connection: set, read back and changed, with its certificates.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    channel::ChannelInit,
    peer::{
        BundlePolicy, Certificate, Configuration, IceServer, IceTransportPolicy, KeyAlgorithm, NamedCurve,
        PeerConnection, RtcpMuxPolicy,
    },
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, pair::connection, sleep, watched};

fn turn_server() -> IceServer {
    let mut server = IceServer::turn("turn:127.0.0.1:3478?transport=udp", "ada", "secret");
    server.urls.push("turns:127.0.0.1:5349?transport=tcp".into());
    server
}

async fn certificate(algorithm: &KeyAlgorithm, valid_for: Option<Duration>) -> Certificate {
    Certificate::generate(algorithm, valid_for).within("generateCertificate").await.unwrap()
}

fn kind<T>(result: browser_rtc::Result<T>) -> ErrorKind {
    result.err().expect("the operation succeeded").kind().clone()
}

#[wasm_bindgen_test]
async fn f20_configuration_is_read_back() {
    watched(async {
        let whole = Configuration::new()
            .ice_server(IceServer::stun("stun:127.0.0.1:3478"))
            .ice_server(turn_server())
            .ice_transport_policy(IceTransportPolicy::Relay)
            .bundle_policy(BundlePolicy::MaxBundle)
            .rtcp_mux_policy(RtcpMuxPolicy::Require)
            .certificate(certificate(&KeyAlgorithm::default(), None).await)
            .ice_candidate_pool_size(1);
        let pc = PeerConnection::new(&whole).unwrap();
        let mut expected = whole.clone();
        if js::is_firefox() {
            // Firefox has no candidate pool.
            expected.ice_candidate_pool_size = None;
        }
        // Members that were not set have their defaults.
        let defaults = connection().configuration();
        expected.always_negotiate_data_channels = defaults.always_negotiate_data_channels;
        expected.other = defaults.other;
        assert_eq!(pc.configuration(), expected);

        let own = js::run("pc", &[pc.as_raw()], "return pc.getConfiguration()");
        assert_eq!(js::string(&own, "iceTransportPolicy"), "relay");
        assert_eq!(js::string(&own, "bundlePolicy"), "max-bundle");
        let turn = js::run("own", &[&own], "return own.iceServers[1]");
        assert_eq!((js::string(&turn, "username"), js::string(&turn, "credential")), ("ada".into(), "secret".into()));
        assert_eq!(js::number(&js::get(&turn, "urls"), "length"), 2.0);
    })
    .await;
}

#[wasm_bindgen_test]
fn f20_default_configuration_is_read() {
    let defaults = connection().configuration();
    assert_eq!(defaults.ice_servers, []);
    assert_eq!(defaults.ice_transport_policy, Some(IceTransportPolicy::All));
    assert_eq!(defaults.bundle_policy, Some(BundlePolicy::Balanced));
    assert_eq!(defaults.rtcp_mux_policy, Some(RtcpMuxPolicy::Require));
    assert_eq!(defaults.ice_candidate_pool_size, (!js::is_firefox()).then_some(0));
    assert_eq!(defaults.certificates, []);
    assert_eq!(defaults.always_negotiate_data_channels, (!js::is_firefox()).then_some(false));
}

#[wasm_bindgen_test]
fn f20_live_configuration_change_is_atomic() {
    let pc = connection();
    let relayed = Configuration::new().ice_server(turn_server()).ice_transport_policy(IceTransportPolicy::Relay);
    pc.set_configuration(&relayed).unwrap();
    let set = pc.configuration();
    assert_eq!((&set.ice_servers, &set.ice_transport_policy), (&relayed.ice_servers, &relayed.ice_transport_policy));

    for (refused, expected) in [
        (relayed.clone().ice_server(IceServer::stun("http:x")), ErrorKind::Syntax),
        (Configuration::new().ice_server(IceServer::stun("turn:x")), ErrorKind::InvalidAccess),
        (Configuration::new().bundle_policy(BundlePolicy::MaxBundle), ErrorKind::InvalidModification),
        (Configuration::new().ice_transport_policy("nonsense".into()), ErrorKind::Type),
        (Configuration::new().rtcp_mux_policy("nonsense".into()), ErrorKind::Type),
    ] {
        assert_eq!(kind(pc.set_configuration(&refused)), expected, "{refused:?}");
        assert_eq!(pc.configuration(), set, "a refused configuration changes nothing");
    }

    pc.set_configuration(&Configuration::new()).unwrap();
    assert_eq!(pc.configuration(), connection().configuration(), "an absent member gets its default");
    pc.close();
    assert_eq!(kind(pc.set_configuration(&relayed)), ErrorKind::Closed);
}

#[wasm_bindgen_test]
async fn f20_candidate_pool_is_fixed_after_description() {
    watched(async {
        let pc = PeerConnection::new(&Configuration::new().ice_candidate_pool_size(1)).unwrap();
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        pc.set_configuration(&Configuration::new().ice_candidate_pool_size(2)).unwrap();
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let changed = pc.set_configuration(&Configuration::new().ice_candidate_pool_size(3));
        if js::is_firefox() {
            changed.expect("Firefox has no candidate pool and accepts any size");
        } else {
            assert_eq!(kind(changed), ErrorKind::InvalidModification);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_certificate_has_chosen_algorithm_and_expiry() {
    watched(async {
        const HOUR: Duration = Duration::from_secs(3600);
        let now = js_sys::Date::now();
        for algorithm in [KeyAlgorithm::default(), KeyAlgorithm::Rsa { modulus_length: 2048 }] {
            let hour = certificate(&algorithm, Some(HOUR)).await;
            let lifetime = hour.expires() - now;
            assert!((3_590_000.0..3_700_000.0).contains(&lifetime), "{algorithm:?}: {lifetime}");
            let fingerprints = hour.fingerprints().unwrap();
            assert_eq!(fingerprints[0].algorithm, "sha-256");
            assert_eq!(fingerprints[0].value.split(':').count(), 32);
        }
        let default_expiry = certificate(&KeyAlgorithm::default(), None).await;
        assert!(default_expiry.expires() > now + 24.0 * 3_600_000.0);
        let longest_expiry = certificate(&KeyAlgorithm::default(), Some(Duration::from_secs(u64::MAX))).await;
        assert!(longest_expiry.expires() > now + 360.0 * 24.0 * 3_600_000.0);
        assert_ne!(default_expiry, longest_expiry);
        assert_eq!(default_expiry, Certificate::from_raw(default_expiry.as_raw().clone()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_unknown_algorithm_is_refused() {
    watched(async {
        let generate = async |curve| Certificate::generate(&KeyAlgorithm::Ecdsa(curve), None).within("a key").await;
        assert_eq!(kind(generate(NamedCurve::Unknown("P-1".into())).await), ErrorKind::NotSupported);
        for curve in [NamedCurve::P384, NamedCurve::P521] {
            let made = generate(curve).await;
            if js::is_firefox() {
                assert_eq!(made.expect("Firefox supports P-384 and P-521").fingerprints().unwrap().len(), 1);
            } else {
                assert_eq!(kind(made), ErrorKind::NotSupported);
            }
        }
        let short_key = Certificate::generate(&KeyAlgorithm::Rsa { modulus_length: 1 }, None).within("a key").await;
        assert!(matches!(kind(short_key), ErrorKind::NotSupported | ErrorKind::Operation));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_connection_uses_configured_certificate() {
    watched(async {
        let given = certificate(&KeyAlgorithm::default(), None).await;
        let configuration = Configuration::new().certificate(given.clone());
        let pc = PeerConnection::new(&configuration).unwrap();
        assert_eq!(pc.configuration().certificates, configuration.certificates);
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pc.create_offer().within("createOffer").await.unwrap();
        let fingerprint = given.fingerprints().unwrap().remove(0);
        let line = format!("a=fingerprint:{} {}", fingerprint.algorithm, fingerprint.value.to_uppercase());
        assert!(offer.sdp.contains(&line), "no line {line} in {}", offer.sdp);

        pc.set_configuration(&configuration).unwrap();
        let other = certificate(&KeyAlgorithm::default(), None).await;
        for changed in [Configuration::new(), Configuration::new().certificate(other)] {
            assert_eq!(kind(pc.set_configuration(&changed)), ErrorKind::InvalidModification);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_expired_certificate_is_refused() {
    watched(async {
        let short_lived = certificate(&KeyAlgorithm::default(), Some(Duration::from_millis(1))).await;
        while js_sys::Date::now() <= short_lived.expires() {
            sleep(Duration::from_millis(50)).await;
        }
        let refused = PeerConnection::new(&Configuration::new().certificate(short_lived));
        assert_eq!(kind(refused), ErrorKind::InvalidAccess);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_two_certificates_are_configured() {
    watched(async {
        let both = Configuration::new()
            .certificate(certificate(&KeyAlgorithm::default(), None).await)
            .certificate(certificate(&KeyAlgorithm::Rsa { modulus_length: 2048 }, None).await);
        let made = PeerConnection::new(&both);
        if js::is_firefox() {
            // Firefox accepts a single certificate.
            assert_eq!(kind(made), ErrorKind::NotSupported);
        } else {
            assert_eq!(made.unwrap().configuration().certificates, both.certificates);
        }
    })
    .await;
}
