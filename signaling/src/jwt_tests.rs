use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::get_current_timestamp;
use proptest::prelude::*;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a secret of 32 characters or more";

/// Signs a token without the library under test.
fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn by_secret(secret: &str, claims: &Value) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    signed(&json!({"alg": "HS256", "typ": "JWT"}), claims, |message| hmac::sign(&key, message).as_ref().to_vec())
}

fn in_a_minute() -> u64 {
    get_current_timestamp() + 60
}

fn verifier() -> JwtVerifier {
    JwtVerifier::new().hs256(&SECRET.into()).unwrap()
}

/// Verifies a token for the room `r` and the name `Ada`, and returns the message of the refusal.
fn verify(verifier: &JwtVerifier, token: &str) -> Result<(), &'static str> {
    verifier.verify(Some(token), "r", "Ada").map_err(|refusal| {
        assert_eq!(refusal.code, ErrorCode::Unauthorized);
        refusal.message
    })
}

fn verify_claims(claims: &Value) -> Result<(), &'static str> {
    verify(&verifier(), &by_secret(SECRET, claims))
}

#[test]
fn token_permits_claimed_room_and_name() {
    let exp = in_a_minute();
    for good in [
        json!({"room": "r", "name": "Ada", "exp": exp}),
        json!({"room": "r", "exp": exp, "sub": "somebody", "aud": "anybody"}),
        json!({"room": ["q", "r"], "exp": exp}),
        json!({"room": "*", "name": " Ada ", "exp": exp}),
    ] {
        assert_eq!(verify_claims(&good), Ok(()));
    }
    for (bad, why) in [
        (json!({"room": "s", "exp": exp}), "the token is not for this room"),
        (json!({"room": ["q", "s"], "exp": exp}), "the token is not for this room"),
        (json!({"room": [], "exp": exp}), "the token is not for this room"),
        (json!({"room": "R", "exp": exp}), "the token is not for this room"),
        (json!({"exp": exp}), "the token is not for this room"),
        (json!({"room": "r", "name": "Eve", "exp": exp}), "the token is not for this name"),
        (json!({"room": "r", "name": "", "exp": exp}), "the token is not for this name"),
        (json!({"room": "r"}), "the token is not valid"),
        (json!({"room": 7, "exp": exp}), "the token is not valid"),
        (json!({"room": "r", "exp": "never"}), "the token is not valid"),
    ] {
        assert_eq!(verify_claims(&bad), Err(why), "{bad}");
    }
    assert_eq!(verifier().verify(None, "r", "Ada").unwrap_err().message, "this server requires a token");
    // White space is ignored, as in rooms.
    assert!(
        verifier()
            .verify(Some(&by_secret(SECRET, &json!({"room": "r", "name": "Ada", "exp": exp}))), " r", "Ada ")
            .is_ok()
    );
}

#[test]
fn token_is_valid_between_nbf_and_exp() {
    let now = get_current_timestamp();
    let at = |exp: u64, nbf: u64| verify_claims(&json!({"room": "r", "exp": exp, "nbf": nbf}));
    // Clocks may differ by 30 s.
    assert_eq!(at(now - 10, now), Ok(()));
    assert_eq!(at(now - 60, now), Err("the token has expired"));
    assert_eq!(at(now + 600, now + 10), Ok(()));
    assert_eq!(at(now + 600, now + 60), Err("the token is not valid yet"));
    let strict = verifier().leeway(Duration::ZERO);
    assert_eq!(
        verify(&strict, &by_secret(SECRET, &json!({"room": "r", "exp": now - 10}))),
        Err("the token has expired")
    );
}

#[test]
fn audience_is_required_if_configured() {
    let verifier = verifier().audience("calls");
    let with_audience = |aud: Value| by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute(), "aud": aud}));
    assert_eq!(verify(&verifier, &with_audience(json!("calls"))), Ok(()));
    assert_eq!(verify(&verifier, &with_audience(json!(["mail", "calls"]))), Ok(()));
    assert!(verify(&verifier, &with_audience(json!("mail"))).is_err());
    assert!(verify(&verifier, &by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute()}))).is_err());
}

/// Returns the PEM of a public Ed25519 key, which is a fixed header and the key.
fn pem(public: &[u8]) -> String {
    let mut der = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    der.extend(public);
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

fn key_pair() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

#[test]
fn key_verifies_one_algorithm() {
    let (pair, other) = (key_pair(), key_pair());
    let public = pem(pair.public_key().as_ref());
    let claims = json!({"room": "r", "exp": in_a_minute()});
    let by = |pair: &Ed25519KeyPair| {
        signed(&json!({"alg": "EdDSA"}), &claims, |message| pair.sign(message).as_ref().to_vec())
    };
    let eddsa = JwtVerifier::new().eddsa(public.as_bytes()).unwrap();
    assert_eq!(verify(&eddsa, &by(&pair)), Ok(()));
    assert_eq!(verify(&eddsa, &by(&other)), Err("the token is not valid"));

    // The algorithm confusion attack: the public key used as a secret.
    for secret in [public.as_str(), public.trim()] {
        assert_eq!(verify(&eddsa, &by_secret(secret, &claims)), Err("the token is not valid"));
    }
    let raw = hmac::Key::new(hmac::HMAC_SHA256, pair.public_key().as_ref());
    let forged = signed(&json!({"alg": "HS256"}), &claims, |message| hmac::sign(&raw, message).as_ref().to_vec());
    assert_eq!(verify(&eddsa, &forged), Err("the token is not valid"));
    for alg in ["none", "None", "HS512", "RS256"] {
        let unsigned = signed(&json!({"alg": alg}), &claims, |_| Vec::new());
        assert_eq!(verify(&eddsa, &unsigned), Err("the token is not valid"), "{alg}");
        assert_eq!(verify(&verifier(), &unsigned), Err("the token is not valid"), "{alg}");
    }
    assert!(verify(&verifier(), &by(&pair)).is_err());

    // Any of several keys may match.
    let all = verifier().hs256(&"another secret that is long enough".into()).unwrap().eddsa(public.as_bytes()).unwrap();
    let secrets = [SECRET, "another secret that is long enough"].map(|secret| by_secret(secret, &claims));
    for token in secrets.iter().chain([&by(&pair)]) {
        assert_eq!(verify(&all, token), Ok(()));
    }
    // The error is that of the matching key.
    let old = by_secret(SECRET, &json!({"room": "r", "exp": 1}));
    assert_eq!(verify(&all, &old), Err("the token has expired"));
}

#[test]
fn invalid_keys_are_refused() {
    assert!(JwtVerifier::new().hs256(&"too short".into()).is_err());
    for bad in ["", "nonsense", &pem(&[0; 31]), &pem(&[0; 32]).replace("PUBLIC", "PRIVATE")] {
        assert!(JwtVerifier::new().eddsa(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(verify(&JwtVerifier::new(), &by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute()}))).is_err());
    assert!(!format!("{:?}", verifier()).contains("secret"));
}

proptest! {
    /// Changes any character except the last one, some bits of which have no meaning.
    #[test]
    fn changed_token_is_rejected(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let token = by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute()}));
        let at = at.index(token.len() - 1);
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        prop_assert!(changed == token || verify(&verifier(), &changed).is_err(), "{}", changed);
    }

    #[test]
    fn any_text_is_rejected(text in ".{0,64}") {
        prop_assert!(verify(&verifier(), &text).is_err());
    }
}
