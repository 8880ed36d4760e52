//! Whatever JavaScript throws is an error of its kind, and never a panic.

use browser_rtc::{Error, ErrorKind, media, media::Constraints};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, media::mock_get_user_media, watched};

const NO_TEXT: &str = "a value that does not convert to a string";

/// What can be thrown, and the message it is to give.
const ODDITIES: [(&str, &str); 16] = [
    ("'boom'", "boom"),
    ("''", ""),
    ("null", "null"),
    ("undefined", "undefined"),
    ("7", "7"),
    ("false", "false"),
    ("10n", "10"),
    ("Symbol('s')", "Symbol(s)"),
    ("{}", "[object Object]"),
    ("{ message: 'said' }", "said"),
    ("{ message: 7 }", "[object Object]"),
    ("{ name: 'OtherError', message: 'unknown' }", "unknown"),
    ("{ get name() { throw 1; }, get message() { throw 2; } }", "[object Object]"),
    ("{ toString() { throw 3; } }", NO_TEXT),
    ("Object.create(null)", NO_TEXT),
    ("(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()", NO_TEXT),
];

fn error(thrown: JsValue) -> Error {
    Error::from_js("test", thrown)
}

#[wasm_bindgen_test]
fn anything_thrown_is_an_error() {
    for (expression, message) in ODDITIES {
        let thrown = js::eval(expression);
        let error = error(thrown.clone());
        assert_eq!(error.kind(), &ErrorKind::Other, "{expression}");
        assert_eq!(error.message(), message, "{expression}");
        assert_eq!(error.to_string(), format!("test failed (Other): {message}"));
        assert!(error.js().is_some_and(|kept| js::same(kept, &thrown)), "{expression}");
        assert!(js::same(&JsValue::from(error), &thrown), "{expression}");
    }
}

#[wasm_bindgen_test]
async fn anything_thrown_by_the_browser_is_an_error() {
    watched(async {
        for (expression, message) in ODDITIES {
            for body in [format!("throw ({expression})"), format!("return Promise.reject(({expression}))")] {
                let _mock = mock_get_user_media(&body);
                let refused = media::get_user_media(&Constraints::new().audio(true)).within("a refusal").await;
                let error = refused.unwrap_err();
                assert_eq!((error.operation(), error.message()), ("getUserMedia", message), "{body}");
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
fn an_exception_is_of_the_kind_of_its_name() {
    for (name, kind) in [
        ("AbortError", ErrorKind::Abort),
        ("NotAllowedError", ErrorKind::NotAllowed),
        ("NotFoundError", ErrorKind::NotFound),
        ("NotReadableError", ErrorKind::NotReadable),
        ("NotSupportedError", ErrorKind::NotSupported),
        ("SecurityError", ErrorKind::Security),
        ("InvalidStateError", ErrorKind::InvalidState),
        ("InvalidAccessError", ErrorKind::InvalidAccess),
        ("InvalidModificationError", ErrorKind::InvalidModification),
        ("OperationError", ErrorKind::Operation),
        ("SyntaxError", ErrorKind::Syntax),
        ("NetworkError", ErrorKind::Network),
        ("TimeoutError", ErrorKind::Timeout),
        ("QuotaExceededError", ErrorKind::QuotaExceeded),
        ("DataCloneError", ErrorKind::Other),
    ] {
        let error = error(js::eval(&format!("new DOMException('said', '{name}')")));
        assert_eq!(error.kind(), &kind, "{name}");
        assert_eq!(error.message(), "said");
    }
}

#[wasm_bindgen_test]
fn errors_of_the_language_have_their_kinds() {
    for (class, kind) in [
        ("TypeError", ErrorKind::Type),
        ("RangeError", ErrorKind::Range),
        ("SyntaxError", ErrorKind::Syntax),
        ("Error", ErrorKind::Other),
    ] {
        assert_eq!(error(js::eval(&format!("new {class}('said')"))).kind(), &kind, "{class}");
    }
}

#[wasm_bindgen_test]
fn an_overconstrained_error_names_its_constraint() {
    for (constraint, expected) in
        [("'width'", Some("width")), ("''", None), ("undefined", None), ("7", None), ("(() => { throw 1; })()", None)]
    {
        let thrown =
            js::eval(&format!("{{ name: 'OverconstrainedError', get constraint() {{ return {constraint}; }} }}"));
        let expected = ErrorKind::Overconstrained { constraint: expected.map(String::from) };
        assert_eq!(error(thrown).kind(), &expected, "{constraint}");
    }
}

#[wasm_bindgen_test]
fn to_javascript_our_own_errors_are_errors() {
    let ours = browser_rtc::Error::from("1x".parse::<browser_rtc::dtmf::Tones>().unwrap_err());
    let thrown = JsValue::from(ours);
    assert_eq!(js::run("thrown", &[&thrown], "return thrown instanceof Error"), JsValue::TRUE);
    assert_eq!(js::string(&thrown, "name"), "Syntax");
    assert!(js::string(&thrown, "message").contains("is not a tone"));
}

#[wasm_bindgen_test]
fn to_javascript_an_error_of_the_program_is_an_error() {
    let error = Error::other("send", "the cable is unplugged");
    assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some(error.message()));
    let thrown = JsValue::from(error);
    assert_eq!(js::string(&thrown, "name"), "Other");
    assert_eq!(js::string(&thrown, "message"), "send failed (Other): the cable is unplugged");
}

#[wasm_bindgen_test]
fn type_errors_of_ours_are_type_errors() {
    let wrong = JsValue::from(5);
    let ours = browser_rtc::channel::Payload::try_from(&wrong).unwrap_err();
    assert_eq!(ours.kind(), &ErrorKind::Type);
    let thrown = JsValue::from(ours);
    assert_eq!(js::run("thrown", &[&thrown], "return thrown instanceof TypeError"), JsValue::TRUE);
    assert!(js::string(&thrown, "message").starts_with("send: the message must be"));
}

#[wasm_bindgen_test]
async fn socket_that_cannot_be_made_is_an_error() {
    watched(async {
        let throws = js::eval("function () { throw 'no sockets here'; }");
        let _mock = js::Override::new(&js::eval("globalThis"), "WebSocket", &throws);
        let refused = browser_rtc::signaling::SignalingSocket::connect("ws://localhost/").within("a refusal").await;
        let error = refused.unwrap_err();
        assert_eq!(
            (error.operation(), error.kind(), error.message()),
            ("signaling", &ErrorKind::Other, "no sockets here")
        );
    })
    .await;
}
