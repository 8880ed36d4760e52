use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::get_current_timestamp;
use proptest::prelude::*;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a secret of 32 characters or more";

/// Signed by hand, so that nothing is checked by what made it.
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

fn tokens() -> Tokens {
    Tokens::new().hs256(&SECRET.into()).unwrap()
}

/// What a client is told that joins the room `r` as `Ada`.
fn told(tokens: &Tokens, token: &str) -> Result<(), &'static str> {
    tokens.check(Some(token), "r", "Ada").map_err(|refusal| {
        assert_eq!(refusal.code, ErrorCode::Unauthorized);
        refusal.message
    })
}

fn told_of(claims: &Value) -> Result<(), &'static str> {
    told(&tokens(), &by_secret(SECRET, claims))
}

#[test]
fn a_token_opens_its_room_under_its_name() {
    let exp = in_a_minute();
    for good in [
        json!({"room": "r", "name": "Ada", "exp": exp}),
        json!({"room": "r", "exp": exp, "sub": "somebody", "aud": "anybody"}),
        json!({"room": ["q", "r"], "exp": exp}),
        json!({"room": "*", "name": " Ada ", "exp": exp}),
    ] {
        assert_eq!(told_of(&good), Ok(()));
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
        assert_eq!(told_of(&bad), Err(why), "{bad}");
    }
    assert_eq!(tokens().check(None, "r", "Ada").unwrap_err().message, "this server asks for a token");
    // As the rooms see them.
    assert!(
        tokens()
            .check(Some(&by_secret(SECRET, &json!({"room": "r", "name": "Ada", "exp": exp}))), " r", "Ada ")
            .is_ok()
    );
}

#[test]
fn a_token_has_its_time() {
    let now = get_current_timestamp();
    let at = |exp: u64, nbf: u64| told_of(&json!({"room": "r", "exp": exp, "nbf": nbf}));
    // Clocks differ by 30 s at most.
    assert_eq!(at(now - 10, now), Ok(()));
    assert_eq!(at(now - 60, now), Err("the token has expired"));
    assert_eq!(at(now + 600, now + 10), Ok(()));
    assert_eq!(at(now + 600, now + 60), Err("the token is not valid yet"));
    let strict = tokens().leeway(Duration::ZERO);
    assert_eq!(told(&strict, &by_secret(SECRET, &json!({"room": "r", "exp": now - 10}))), Err("the token has expired"));
}

#[test]
fn an_audience_is_asked_for_where_there_is_one() {
    let tokens = tokens().audience("calls");
    let of = |aud: Value| by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute(), "aud": aud}));
    assert_eq!(told(&tokens, &of(json!("calls"))), Ok(()));
    assert_eq!(told(&tokens, &of(json!(["mail", "calls"]))), Ok(()));
    assert!(told(&tokens, &of(json!("mail"))).is_err());
    assert!(told(&tokens, &by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute()}))).is_err());
}

/// The PEM of a public key: a fixed head for Ed25519, and the key.
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
fn a_key_opens_for_its_own_kind_of_signature_alone() {
    let (pair, other) = (key_pair(), key_pair());
    let public = pem(pair.public_key().as_ref());
    let claims = json!({"room": "r", "exp": in_a_minute()});
    let by = |pair: &Ed25519KeyPair| {
        signed(&json!({"alg": "EdDSA"}), &claims, |message| pair.sign(message).as_ref().to_vec())
    };
    let eddsa = Tokens::new().eddsa(public.as_bytes()).unwrap();
    assert_eq!(told(&eddsa, &by(&pair)), Ok(()));
    assert_eq!(told(&eddsa, &by(&other)), Err("the token is not valid"));

    // The old trick: what is public, taken for a secret.
    for secret in [public.as_str(), public.trim()] {
        assert_eq!(told(&eddsa, &by_secret(secret, &claims)), Err("the token is not valid"));
    }
    let raw = hmac::Key::new(hmac::HMAC_SHA256, pair.public_key().as_ref());
    let tricked = signed(&json!({"alg": "HS256"}), &claims, |message| hmac::sign(&raw, message).as_ref().to_vec());
    assert_eq!(told(&eddsa, &tricked), Err("the token is not valid"));
    for alg in ["none", "None", "HS512", "RS256"] {
        let unsigned = signed(&json!({"alg": alg}), &claims, |_| Vec::new());
        assert_eq!(told(&eddsa, &unsigned), Err("the token is not valid"), "{alg}");
        assert_eq!(told(&tokens(), &unsigned), Err("the token is not valid"), "{alg}");
    }
    assert!(told(&tokens(), &by(&pair)).is_err());

    // All keys of a server count, of both kinds.
    let all = tokens().hs256(&"another secret that is long enough".into()).unwrap().eddsa(public.as_bytes()).unwrap();
    let secrets = [SECRET, "another secret that is long enough"].map(|secret| by_secret(secret, &claims));
    for token in secrets.iter().chain([&by(&pair)]) {
        assert_eq!(told(&all, token), Ok(()));
    }
    // The reason is that of the key that fits.
    let old = by_secret(SECRET, &json!({"room": "r", "exp": 1}));
    assert_eq!(told(&all, &old), Err("the token has expired"));
}

#[test]
fn keys_that_are_none_are_refused() {
    assert!(Tokens::new().hs256(&"too short".into()).is_err());
    for bad in ["", "nonsense", &pem(&[0; 31]), &pem(&[0; 32]).replace("PUBLIC", "PRIVATE")] {
        assert!(Tokens::new().eddsa(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(told(&Tokens::new(), &by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute()}))).is_err());
    assert!(!format!("{:?}", tokens()).contains("secret"));
}

proptest! {
    /// One letter changed, anywhere: of a last letter, some bits count for nothing.
    #[test]
    fn no_changed_token_is_good(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let token = by_secret(SECRET, &json!({"room": "r", "exp": in_a_minute()}));
        let at = at.index(token.len() - 1);
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        prop_assert!(changed == token || told(&tokens(), &changed).is_err(), "{}", changed);
    }

    #[test]
    fn no_text_is_a_token(text in ".{0,64}") {
        prop_assert!(told(&tokens(), &text).is_err());
    }
}
