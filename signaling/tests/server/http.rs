use std::fs;

use browser_rtc_proto::signaling::{ErrorCode, PATH, SUBPROTOCOL, close};
use browser_rtc_signaling::{Config, Limits, Server};

use crate::support::start;

#[tokio::test]
async fn missing_subprotocol_is_refused() {
    let server = start(Config::default()).await;
    for offered in [Some("chat, mqtt"), None] {
        let mut request = server.request();
        let headers = request.headers_mut();
        match offered {
            Some(offered) => headers.insert("sec-websocket-protocol", offered.parse().unwrap()),
            None => headers.remove("sec-websocket-protocol"),
        };
        let (status, message) = server.refusal(request).await;
        assert_eq!(status, 400, "{offered:?}");
        assert!(message.contains(SUBPROTOCOL), "{message}");
    }
    assert_eq!(server.metric("signaling_refusals_total{reason=\"protocol\"}").await, 2);
}

#[tokio::test]
async fn other_version_receives_unsupported_version() {
    let server = start(Config::default()).await;
    let offering = |versions: &str| {
        let mut request = server.request();
        request.headers_mut().insert("sec-websocket-protocol", versions.parse().unwrap());
        request
    };
    let mut client = server.connect_as(offering("browser-rtc.v3, browser-rtc.v2"), "browser-rtc.v3").await;
    client.expect_error(ErrorCode::UnsupportedVersion).await;
    assert_eq!(client.close_code().await, close::UNSUPPORTED_VERSION);
    assert_eq!(server.metric("signaling_refusals_total{reason=\"version\"}").await, 1);
    assert_eq!(server.metric("signaling_errors_total{code=\"unsupported_version\"}").await, 1);

    let mut client = server.connect_as(offering(&format!("browser-rtc.v2, {SUBPROTOCOL}")), SUBPROTOCOL).await;
    client.join("r", "Ada").await;
}

#[tokio::test]
async fn foreign_origin_is_refused() {
    let server = start(Config::default()).await;
    let with_origin = |origin: &str| {
        let mut request = server.request();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    for foreign in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let (status, _) = server.refusal(with_origin(foreign)).await;
        assert_eq!(status, 403, "{foreign}");
    }
    let own = format!("http://{}", server.addr);
    assert!(server.try_connect(with_origin(&own)).await.is_ok());

    let server = start(Config::new().allowed_origins(vec!["https://app.example".to_owned()])).await;
    let mut request = server.request();
    request.headers_mut().insert("origin", "https://app.example".parse().unwrap());
    assert!(server.try_connect(request.clone()).await.is_ok());
    request.headers_mut().insert("origin", format!("http://{}", server.addr).parse().unwrap());
    assert_eq!(server.refusal(request).await.0, 403);
}

#[tokio::test]
async fn files_are_served_from_longest_prefix() {
    let root = tempfile::tempdir().unwrap();
    let (www, pkg) = (root.path().join("www"), root.path().join("built"));
    for dir in [&www, &pkg, &www.join("pkg"), &pkg.join("sub")] {
        fs::create_dir_all(dir).unwrap();
    }
    fs::write(root.path().join("secret.txt"), "secret").unwrap();
    fs::write(www.join("index.html"), "<p>hello").unwrap();
    fs::write(www.join("pkg/app.js"), "hidden").unwrap();
    fs::write(www.join("pkgs.txt"), "not in pkg").unwrap();
    fs::write(pkg.join("app.js"), "export {}").unwrap();
    fs::write(pkg.join("app_bg.wasm"), "\0asm").unwrap();
    fs::write(pkg.join("sub/index.html"), "below").unwrap();
    let server = start(Config::new().static_dirs(vec![("/".to_owned(), www), ("/pkg/".to_owned(), pkg)])).await;

    for (path, kind, expected) in [
        ("/", "text/html", "<p>hello"),
        ("/index.html?x=1", "text/html", "<p>hello"),
        ("/pkg/app.js", "text/javascript", "export {}"),
        ("/pkg/app_bg.wasm", "application/wasm", "\0asm"),
        ("/pkgs.txt", "text/plain", "not in pkg"),
        ("/pkg/sub/", "text/html", "below"),
    ] {
        let (head, body) = server.get(path).await;
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
        assert!(head.contains(&format!("content-type: {kind}")), "{path}: {head}");
        assert!(head.contains("cache-control: no-cache"), "{path}: {head}");
        assert_eq!(body, expected, "{path}");
    }
    let (head, _) = server.get("/pkg/sub").await;
    assert!(head.contains("location: /pkg/sub/"), "{head}");
    for path in [
        "/missing",
        "/pkg/index.html",
        "/../secret.txt",
        "/pkg/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/pkg/..%2f..%2fsecret.txt",
        "/pkg/%2e%2e%5csecret.txt",
        "//secret.txt",
    ] {
        let (head, body) = server.get(path).await;
        assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
        assert!(!body.contains("secret"), "{path}: {body}");
    }
}

#[tokio::test]
async fn healthz_is_served_without_files() {
    let server = start(Config::default()).await;
    let (head, body) = server.get("/healthz").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, "ok");
    assert!(server.get("/").await.0.starts_with("http/1.1 404"));
    // The request is not a WebSocket upgrade.
    assert!(server.get(PATH).await.0.starts_with("http/1.1 4"));
}

#[tokio::test]
async fn invalid_configuration_is_refused() {
    let no_heartbeat = Config::new().heartbeat_ms(0);
    let tiny_queue = Config::new().limits(Limits::new().queue_bytes(1));
    let no_slash = Config::new().static_dirs(vec![("pkg".to_owned(), ".".into())]);
    let no_dir = Config::new().static_dirs(vec![("/".to_owned(), "/does/not/exist".into())]);
    let no_header = Config::new().content_security_policy(Some("line\nbreak".to_owned()));
    for config in [no_heartbeat, tiny_queue, no_slash, no_dir, no_header] {
        let error = Server::bind(config).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    }
}
