//! Features of the program: signals, environment, configuration file and log.

use std::fs;

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, Join, Joined, ServerError, ServerMessage, close};
use ring::digest::{SHA256, digest};
use tempfile::TempDir;

use crate::{
    process::{Program, command},
    support::with_timeout,
    tls,
};

#[tokio::test]
async fn second_sigterm_skips_drain() {
    let program = Program::with(&["--drain-ms", "4000000000", "--join-ms", "4000000000"]);
    let server = program.running();
    let mut ada = server.join("r", "Ada").await;
    let mut late = server.connect().await;
    program.signal("TERM");
    with_timeout(async { while server.get("/readyz").await.0.starts_with("http/1.1 200") {} }).await;
    match late.try_join("r", "Late").await {
        ServerMessage::Error(ServerError { code, .. }) => assert_eq!(code, ErrorCode::Draining),
        other => panic!("expected a refusal, received {other:?}"),
    }
    ada.expect_silence().await;
    program.signal("TERM");
    assert_eq!(ada.close_code().await, close::GOING_AWAY);
    assert_eq!(late.close_code().await, close::GOING_AWAY);
    let (status, log) = program.ended();
    assert!(status.success(), "{status} {log}");
}

#[tokio::test]
async fn sigterm_ends_within_shutdown_timeout() {
    let program = Program::with(&["--drain-ms", "200", "--shutdown-ms", "200"]);
    let server = program.running();
    // The client does not read, so it never answers.
    let _mute = server.join("r", "Mute").await;
    program.signal("TERM");
    let (status, log) = program.ended();
    assert!(status.success() && log.contains("shutdown timed out"), "{status} {log}");
}

#[tokio::test]
async fn sigint_ends_at_once() {
    let program = Program::with(&["--drain-ms", "4000000000"]);
    let mut ada = program.running().join("r", "Ada").await;
    program.signal("INT");
    assert_eq!(ada.close_code().await, close::GOING_AWAY);
    assert!(program.ended().0.success());
}

#[tokio::test]
async fn flag_overrides_environment_and_environment_file() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("signaling.toml");
    fs::write(&file, "port = 0\nname-chars = 1\nroom-chars = 1\nmax-json-depth = 2\nheartbeat-ms = 1234").unwrap();
    let mut command = command(&["--name-chars", "3"]);
    command.env("SIGNALING_CONFIG", &file).env("SIGNALING_NAME_CHARS", "2").env("SIGNALING_ROOM_CHARS", "2");
    let program = Program::start(&mut command);
    let server = program.running();
    let mut ada = server.connect().await;
    for (room, name, fits) in [("rrr", "Ada", false), ("rr", "Adam", false), ("rr", "Ada", true)] {
        match ada.try_join(room, name).await {
            ServerMessage::Joined(Joined { heartbeat_ms, .. }) => assert!(fits && heartbeat_ms == 1234),
            ServerMessage::Error(ServerError { code, .. }) => assert!(!fits, "{room} {name}: {code}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn invalid_options_are_reported_without_secrets() {
    for (flags, expected) in [
        (&["--ice-server", "turn:t,hunter2"][..], "--ice-server"),
        (&["--jwt-secret", "hunter2"], "32 bytes"),
        (&["--port", "0", "--seats-per-room", "0"], "seats_per_room"),
        (&["--no-such-thing"], "--no-such-thing"),
        (&["--config", "/does/not/exist"], "/does/not/exist"),
        (&["--log", "a=b=c"], "--log"),
    ] {
        let (status, log) = Program::start(&mut command(flags)).ended();
        assert!(!status.success() && log.contains(expected), "{flags:?}: {log}");
        assert!(!log.contains("hunter2"), "{flags:?}: {log}");
    }
}

#[tokio::test]
async fn trace_log_is_json_without_secrets() {
    let secret = "hunter2-hunter2-hunter2-hunter2-";
    let mut command = command(&["--port", "0", "--log-format", "json", "--turn-url", "turn:t"]);
    command.env("RUST_LOG", "trace,tungstenite::protocol=trace,hyper::proto=trace");
    command.env("SIGNALING_JWT_SECRET", secret).env("SIGNALING_TURN_SECRET", secret);
    command.env("SIGNALING_ICE_SERVER", "turn:t,ada,hunter2 stun:s");
    let program = Program::start(&mut command);
    let server = program.running();
    let mut ada = server.connect().await;
    // The token expires in the year 2286, so the test needs no clock.
    let token = {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
        let message =
            [r#"{"alg":"HS256"}"#, r#"{"room":"r","exp":9999999999}"#].map(|part| BASE64.encode(part)).join(".");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        format!("{message}.{}", BASE64.encode(ring::hmac::sign(&key, message.as_bytes())))
    };
    let join = |resume, token: &str| {
        let (room, name, token) = ("r".to_owned(), "Ada".to_owned(), Some(token.to_owned()));
        ClientMessage::Join(Join::new(room, name).resume(resume).token(token))
    };
    ada.send(join(None, "not-a-good-t0ken")).await;
    ada.expect_error(ErrorCode::Unauthorized).await;
    ada.send(join(None, &token)).await;
    let ServerMessage::Joined(Joined { resume: Some(resume), ice_servers, .. }) = ada.recv().await else {
        panic!("not joined");
    };
    let credentials: Vec<_> = ice_servers.into_iter().filter_map(|server| server.credential).collect();
    assert_eq!(credentials.len(), 2);
    ada.say("\"wh1sper\"").await;
    ada.expect_silence().await;
    ada.reset().await;
    let mut again = server.connect().await;
    again.send(join(Some(resume.clone()), "")).await;
    assert!(matches!(again.recv().await, ServerMessage::Joined(Joined { resumed: true, .. })));
    program.signal("INT");
    let (status, log) = program.ended();
    assert!(status.success() && log.contains("\"draining\"") | log.contains("shutting down"), "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    let signature = token.rsplit('.').next().unwrap();
    let secrets = ["hunter2", "t0ken", "wh1sper", signature, resume.as_str()];
    for secret in secrets.into_iter().chain(credentials.iter().map(String::as_str)) {
        let at = log.lines().find(|line| line.contains(secret));
        assert_eq!(at, None, "{secret}");
    }
}

#[tokio::test]
async fn sighup_reloads_certificate() {
    let (dir, old, new) = (TempDir::new().unwrap(), tls::generate(), tls::generate());
    tls::write(dir.path(), &old);
    let files = ["cert.pem", "key.pem"].map(|name| dir.path().join(name).display().to_string());
    let program = Program::with(&["--tls-cert", &files[0], "--tls-key", &files[1]]);
    let server = program.running();
    tls::connect(server.addr, &old.certificate).await.unwrap();
    tls::write(dir.path(), &new);
    program.signal("HUP");
    with_timeout(async { while tls::connect(server.addr, &new.certificate).await.is_err() {} }).await;
    program.signal("INT");
    let (status, log) = program.ended();
    assert!(status.success() && log.contains("reloaded the certificate"), "{log}");
}

#[tokio::test]
async fn self_signed_certificate_covers_printed_addresses() {
    let program = Program::with(&["--tls-self-signed"]);
    let mut printed = Vec::new();
    let fingerprint = loop {
        let line = program.line();
        match line.strip_prefix("listening on https://") {
            Some(address) => printed.push(address.parse::<std::net::SocketAddr>().unwrap()),
            None => break line.strip_prefix("certificate ").expect("a certificate").to_owned(),
        }
    };
    assert!(printed.iter().any(|address| address.ip().is_loopback()), "{printed:?}");
    for address in printed {
        let shown = tls::presented(address).await;
        let bytes: Vec<_> = digest(&SHA256, &shown).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(bytes.join(":"), fingerprint);
        // The certificate is valid for this address.
        let mut stream = tls::connect(address, &shown).await.unwrap();
        assert!(tls::get(&mut stream, "/healthz").await.ends_with("ok"));
    }
}

#[tokio::test]
async fn metrics_listener_is_separate() {
    let program = Program::with(&["--metrics-listen", "127.0.0.1:0"]);
    let server = program.running();
    let line = program.line();
    let address = line.strip_prefix("metrics on http://").and_then(|rest| rest.strip_suffix("/metrics")).unwrap();
    let metrics = crate::support::TestServer::external(address.parse().unwrap());
    let _ada = server.join("r", "Ada").await;
    assert_eq!(metrics.metric("signaling_clients").await, 1);
    assert!(metrics.get("/readyz").await.0.starts_with("http/1.1 200"));
    assert!(server.get("/metrics").await.0.starts_with("http/1.1 404"));
    assert!(server.get("/readyz").await.0.starts_with("http/1.1 200"));
    assert!(metrics.get("/signal").await.0.starts_with("http/1.1 404"));
}
