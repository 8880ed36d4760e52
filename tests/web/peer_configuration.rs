//! How a connection is set up, read back and changed; and its certificates.

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

fn server() -> IceServer {
    let mut server = IceServer::turn("turn:127.0.0.1:3478?transport=udp", "ada", "secret");
    server.urls.push("turns:127.0.0.1:5349?transport=tcp".into());
    server
}

async fn certificate(algorithm: &KeyAlgorithm, valid_for: Option<Duration>) -> Certificate {
    Certificate::generate(algorithm, valid_for).within("generateCertificate").await.unwrap()
}

fn kind<T>(result: browser_rtc::Result<T>) -> ErrorKind {
    result.err().expect("it was to be refused").kind().clone()
}

#[wasm_bindgen_test]
async fn f20_the_whole_configuration_is_read_back() {
    watched(async {
        let whole = Configuration::new()
            .ice_server(IceServer::stun("stun:127.0.0.1:3478"))
            .ice_server(server())
            .ice_transport_policy(IceTransportPolicy::Relay)
            .bundle_policy(BundlePolicy::MaxBundle)
            .rtcp_mux_policy(RtcpMuxPolicy::Require)
            .certificate(certificate(&KeyAlgorithm::default(), None).await)
            .ice_candidate_pool_size(1);
        let pc = PeerConnection::new(&whole).unwrap();
        let mut expected = whole.clone();
        if js::is_firefox() {
            // Firefox has no pool of candidates.
            expected.ice_candidate_pool_size = None;
        }
        // The defaults of what was not set.
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
fn f20_the_defaults() {
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
fn f20_a_live_connection_is_set_up_anew_all_or_nothing() {
    let pc = connection();
    let relayed = Configuration::new().ice_server(server()).ice_transport_policy(IceTransportPolicy::Relay);
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
        assert_eq!(pc.configuration(), set, "nothing of it was taken");
    }

    pc.set_configuration(&Configuration::new()).unwrap();
    assert_eq!(pc.configuration(), connection().configuration(), "what is not given gets its default");
    pc.close();
    assert_eq!(kind(pc.set_configuration(&relayed)), ErrorKind::Closed);
}

#[wasm_bindgen_test]
async fn f20_the_pool_of_candidates_stays_once_described() {
    watched(async {
        let pc = PeerConnection::new(&Configuration::new().ice_candidate_pool_size(1)).unwrap();
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        pc.set_configuration(&Configuration::new().ice_candidate_pool_size(2)).unwrap();
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let changed = pc.set_configuration(&Configuration::new().ice_candidate_pool_size(3));
        if js::is_firefox() {
            changed.expect("Firefox has no pool, and takes any number");
        } else {
            assert_eq!(kind(changed), ErrorKind::InvalidModification);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_certificates_of_a_chosen_algorithm_and_expiry() {
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
        let by_default = certificate(&KeyAlgorithm::default(), None).await;
        assert!(by_default.expires() > now + 24.0 * 3_600_000.0);
        let for_ages = certificate(&KeyAlgorithm::default(), Some(Duration::from_secs(u64::MAX))).await;
        assert!(for_ages.expires() > now + 360.0 * 24.0 * 3_600_000.0);
        assert_ne!(by_default, for_ages);
        assert_eq!(by_default, Certificate::from_raw(by_default.as_raw().clone()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_algorithms_that_the_browser_lacks() {
    watched(async {
        let generate = async |curve| Certificate::generate(&KeyAlgorithm::Ecdsa(curve), None).within("a key").await;
        assert_eq!(kind(generate(NamedCurve::Unknown("P-1".into())).await), ErrorKind::NotSupported);
        for curve in [NamedCurve::P384, NamedCurve::P521] {
            let made = generate(curve).await;
            if js::is_firefox() {
                assert_eq!(made.expect("Firefox has it").fingerprints().unwrap().len(), 1);
            } else {
                assert_eq!(kind(made), ErrorKind::NotSupported);
            }
        }
        let short = Certificate::generate(&KeyAlgorithm::Rsa { modulus_length: 1 }, None).within("a key").await;
        assert!(matches!(kind(short), ErrorKind::NotSupported | ErrorKind::Operation));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_a_connection_shows_the_certificate_that_it_was_given() {
    watched(async {
        let given = certificate(&KeyAlgorithm::default(), None).await;
        let configuration = Configuration::new().certificate(given.clone());
        let pc = PeerConnection::new(&configuration).unwrap();
        assert_eq!(pc.configuration().certificates, configuration.certificates);
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pc.create_offer().within("createOffer").await.unwrap();
        let fingerprint = given.fingerprints().unwrap().remove(0);
        let line = format!("a=fingerprint:{} {}", fingerprint.algorithm, fingerprint.value.to_uppercase());
        assert!(offer.sdp.contains(&line), "{line} is not in {}", offer.sdp);

        pc.set_configuration(&configuration).unwrap();
        let other = certificate(&KeyAlgorithm::default(), None).await;
        for changed in [Configuration::new(), Configuration::new().certificate(other)] {
            assert_eq!(kind(pc.set_configuration(&changed)), ErrorKind::InvalidModification);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f21_an_expired_certificate_is_refused() {
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
async fn f21_more_certificates_than_one() {
    watched(async {
        let both = Configuration::new()
            .certificate(certificate(&KeyAlgorithm::default(), None).await)
            .certificate(certificate(&KeyAlgorithm::Rsa { modulus_length: 2048 }, None).await);
        let made = PeerConnection::new(&both);
        if js::is_firefox() {
            // Firefox takes one.
            assert_eq!(kind(made), ErrorKind::NotSupported);
        } else {
            assert_eq!(made.unwrap().configuration().certificates, both.certificates);
        }
    })
    .await;
}
