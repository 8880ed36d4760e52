//! Conversion between JavaScript exceptions and `Error`.

use browser_rtc::{Error, ErrorKind, media, media::Constraints};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, media::mock_get_user_media, watched};

const NO_TEXT: &str = "a value that has no text";

/// Expressions for thrown values, and the messages of their errors.
const THROWN: [(&str, &str); 16] = [
    ("'boom'", "boom"),
    ("''", ""),
    ("null", "null"),
    ("undefined", "undefined"),
    ("7", "7"),
    ("false", "false"),
    ("10n", "10"),
    ("Symbol('s')", "Symbol(s)"),
    ("{}", "[object Object]"),
    ("{ message: 'text' }", "text"),
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
fn any_thrown_value_is_error() {
    for (expression, message) in THROWN {
        let thrown = js::eval(expression);
        let error = error(thrown.clone());
        assert_eq!(error.kind(), &ErrorKind::Other, "{expression}");
        assert_eq!(error.message(), message, "{expression}");
        assert_eq!(error.to_string(), format!("test failed (Other): {message}"));
        assert!(error.js().is_some_and(|value| js::same(value, &thrown)), "{expression}");
        assert!(js::same(&JsValue::from(error), &thrown), "{expression}");
    }
}

#[wasm_bindgen_test]
async fn any_value_thrown_by_browser_is_error() {
    watched(async {
        for (expression, message) in THROWN {
            for body in [format!("throw ({expression})"), format!("return Promise.reject(({expression}))")] {
                let _mock = mock_get_user_media(&body);
                let outcome = media::get_user_media(&Constraints::new().audio(true)).within("getUserMedia").await;
                let error = outcome.unwrap_err();
                assert_eq!((error.operation(), error.message()), ("getUserMedia", message), "{body}");
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
fn dom_exception_name_determines_kind() {
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
        let error = error(js::eval(&format!("new DOMException('text', '{name}')")));
        assert_eq!(error.kind(), &kind, "{name}");
        assert_eq!(error.message(), "text");
    }
}

#[wasm_bindgen_test]
fn javascript_error_classes_have_kinds() {
    for (class, kind) in [
        ("TypeError", ErrorKind::Type),
        ("RangeError", ErrorKind::Range),
        ("SyntaxError", ErrorKind::Syntax),
        ("Error", ErrorKind::Other),
    ] {
        assert_eq!(error(js::eval(&format!("new {class}('text')"))).kind(), &kind, "{class}");
    }
}

#[wasm_bindgen_test]
fn overconstrained_error_names_constraint() {
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
fn library_error_is_javascript_error() {
    let error = browser_rtc::Error::from("1x".parse::<browser_rtc::dtmf::Tones>().unwrap_err());
    let thrown = JsValue::from(error);
    assert_eq!(js::run("thrown", &[&thrown], "return thrown instanceof Error"), JsValue::TRUE);
    assert_eq!(js::string(&thrown, "name"), "Syntax");
    assert!(js::string(&thrown, "message").contains("is not a tone"));
}

#[wasm_bindgen_test]
fn program_error_is_javascript_error() {
    let error = Error::other("send", "the cable is unplugged");
    assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some(error.message()));
    let thrown = JsValue::from(error);
    assert_eq!(js::string(&thrown, "name"), "Other");
    assert_eq!(js::string(&thrown, "message"), "send failed (Other): the cable is unplugged");
}

#[wasm_bindgen_test]
fn type_error_of_library_is_javascript_type_error() {
    let number = JsValue::from(5);
    let error = browser_rtc::channel::Payload::try_from(&number).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Type);
    let thrown = JsValue::from(error);
    assert_eq!(js::run("thrown", &[&thrown], "return thrown instanceof TypeError"), JsValue::TRUE);
    assert!(js::string(&thrown, "message").starts_with("send: the message must be"));
}

#[wasm_bindgen_test]
async fn websocket_constructor_that_throws_is_error() {
    watched(async {
        let throws = js::eval("function () { throw 'no sockets here'; }");
        let _mock = js::Override::new(&js::eval("globalThis"), "WebSocket", &throws);
        let outcome = browser_rtc::signaling::SignalingSocket::connect("ws://localhost/").within("connect").await;
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.operation(), error.kind(), error.message()),
            ("signaling", &ErrorKind::Other, "no sockets here")
        );
    })
    .await;
}
