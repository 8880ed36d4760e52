//! The static files of a page: encodings, caching, security headers, and the files that are not served.

use std::fs;

use browser_rtc_signaling::Config;
use tempfile::TempDir;

use crate::support::{TestServer, start};

const HASHED: &str = "/app-0123456789abcdef.js";

/// Starts a server with a page, and a script that is also there compressed. The compressed files have other texts, so
/// that a test can tell them apart.
async fn start_with_page(config: Config) -> (TestServer, TempDir) {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
    write("index.html", "<p>hello");
    write("app.js", "export {}");
    write("app.js.br", "as brotli");
    write("app.js.gz", "with gzip");
    write("app.css", "p {}");
    write("app-0123456789abcdef.js", "export {}");
    write("picture.svg", "<svg/>");
    let server = start(config.static_dirs(vec![("/".to_owned(), root.path().to_owned())])).await;
    (server, root)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn compressed_file_is_chosen_by_accept_encoding() {
    let (server, _root) = start_with_page(Config::new()).await;
    for (accepted, encoding, body) in [
        ("", None, "export {}"),
        ("accept-encoding: gzip, deflate\r\n", Some("gzip"), "with gzip"),
        ("accept-encoding: gzip, deflate, br, zstd\r\n", Some("br"), "as brotli"),
        ("accept-encoding: br;q=0, gzip;q=0.5\r\n", Some("gzip"), "with gzip"),
        ("accept-encoding: zstd\r\n", None, "export {}"),
    ] {
        let (head, received) = server.send("GET", "/app.js", accepted).await;
        assert!(head.starts_with("http/1.1 200"), "{accepted}: {head}");
        assert_eq!(header(&head, "content-encoding"), encoding, "{accepted}");
        assert_eq!(header(&head, "content-type"), Some("text/javascript"), "{accepted}");
        assert_eq!(header(&head, "vary"), Some("accept-encoding"), "{accepted}");
        assert_eq!(received, body.as_bytes(), "{accepted}");
    }
    let (head, body) = server.send("GET", "/app.css", "accept-encoding: br\r\n").await;
    assert_eq!((header(&head, "content-encoding"), &body[..]), (None, &b"p {}"[..]));
}

#[tokio::test]
async fn hashed_name_is_cached_and_others_are_revalidated() {
    let (server, _root) = start_with_page(Config::new()).await;
    let immutable = "public, max-age=31536000, immutable";
    for (path, status, expected) in [
        (HASHED, "200", immutable),
        ("/", "200", "no-cache"),
        ("/app.js", "200", "no-cache"),
        ("/missing-0123456789abcdef.js", "404", "no-cache"),
    ] {
        let (head, _) = server.send("GET", path, "").await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
        assert_eq!(header(&head, "cache-control"), Some(expected), "{path}");
    }
}

#[tokio::test]
async fn unchanged_file_is_not_sent_again() {
    let (server, root) = start_with_page(Config::new()).await;
    for accepted in ["", "accept-encoding: br\r\n"] {
        let (head, _) = server.send("GET", "/app.js", accepted).await;
        let etag = header(&head, "etag").expect("an entity tag").to_owned();
        let conditional = format!("{accepted}if-none-match: {etag}\r\n");
        let (head, body) = server.send("GET", "/app.js", &conditional).await;
        assert!(head.starts_with("http/1.1 304"), "{head}");
        assert!(body.is_empty(), "{body:?}");
        assert_eq!(header(&head, "vary"), Some("accept-encoding"));
        assert_eq!(header(&head, "cache-control"), Some("no-cache"));
        for name in ["app.js", "app.js.br"] {
            fs::write(root.path().join(name), "changed and longer").unwrap();
        }
        let (head, body) = server.send("GET", "/app.js", &conditional).await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert_eq!(body, b"changed and longer");
    }
}

#[tokio::test]
async fn page_has_security_headers() {
    let (server, _root) = start_with_page(Config::new()).await;
    for path in ["/", "/index.html", "/picture.svg"] {
        let (head, _) = server.send("GET", path, "host: app.example:8080\r\n").await;
        let policy = header(&head, "content-security-policy").expect("a policy");
        let connect = "connect-src 'self' ws://app.example:8080 wss://app.example:8080;";
        assert!(policy.starts_with(connect) && policy.contains("frame-ancestors 'self'"), "{path}: {policy}");
        assert_eq!(header(&head, "referrer-policy"), Some("same-origin"), "{path}");
        let permissions = header(&head, "permissions-policy").expect("permissions");
        for feature in ["camera", "microphone", "display-capture"] {
            assert!(permissions.contains(&format!("{feature}=(self)")), "{path}: {permissions}");
        }
        assert_eq!(header(&head, "x-content-type-options"), Some("nosniff"), "{path}");
    }
    let (head, _) = server.send("GET", "/app.js", "").await;
    assert_eq!(header(&head, "x-content-type-options"), Some("nosniff"));
    assert_eq!(header(&head, "content-security-policy"), None, "only documents have a policy");
}

#[tokio::test]
async fn host_that_is_no_source_is_left_out_of_policy() {
    let (server, _root) = start_with_page(Config::new()).await;
    for host in ["[::1]:8080", "x;script-src", "*"] {
        let (head, _) = server.send("GET", "/", &format!("host: {host}\r\n")).await;
        let policy = header(&head, "content-security-policy").expect("a policy");
        assert!(policy.starts_with("connect-src 'self'; "), "{host}: {policy}");
    }
}

#[tokio::test]
async fn configured_policy_replaces_default() {
    let (server, _root) = start_with_page(Config::new().content_security_policy(Some("img-src *".to_owned()))).await;
    let (head, _) = server.send("GET", "/", "").await;
    assert_eq!(header(&head, "content-security-policy"), Some("img-src *"));
    let (server, _root) = start_with_page(Config::new().content_security_policy(Some(String::new()))).await;
    let (head, _) = server.send("GET", "/", "").await;
    assert_eq!(header(&head, "content-security-policy"), None);
    assert!(header(&head, "permissions-policy").is_some());
}

#[tokio::test]
async fn head_and_range_are_supported() {
    let (server, _root) = start_with_page(Config::new()).await;
    let (head, body) = server.send("HEAD", "/app.js", "accept-encoding: br\r\n").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!((header(&head, "content-length"), header(&head, "content-encoding")), (Some("9"), Some("br")));
    assert!(body.is_empty(), "{body:?}");

    let (head, body) = server.send("GET", HASHED, "range: bytes=7-\r\n").await;
    assert!(head.starts_with("http/1.1 206"), "{head}");
    assert_eq!((header(&head, "content-range"), &body[..]), (Some("bytes 7-8/9"), &b"{}"[..]));
    let (head, _) = server.send("GET", HASHED, "range: bytes=9-\r\n").await;
    assert!(head.starts_with("http/1.1 416"), "{head}");
    let (head, _) = server.send("POST", "/app.js", "content-length: 0\r\n").await;
    assert!(head.starts_with("http/1.1 405"), "{head}");
}

#[tokio::test]
async fn sources_and_dot_files_are_not_served() {
    let root = tempfile::tempdir().unwrap();
    let files = [
        "Cargo.toml",
        "Cargo.lock",
        "src/lib.rs",
        "target/app.wasm",
        "node_modules/a/index.js",
        ".env",
        ".git/config",
        "sub/.env",
        "sub/Cargo.toml",
        "sub/src/main.rs",
    ];
    let public = ["index.html", "pkg/app.js", ".well-known/token", "page/src/main.js"];
    for file in files.iter().chain(&public) {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "content").unwrap();
    }
    let modules = root.path().join("node_modules");
    let dirs = vec![("/".to_owned(), root.path().to_owned()), ("/modules".to_owned(), modules)];
    let server = start(Config::new().static_dirs(dirs)).await;
    for file in files {
        let (first, rest) = file.split_at(1);
        let encoded = format!("/%{:02x}{rest}", first.as_bytes()[0]);
        for path in [format!("/{file}"), encoded, format!("/pkg/../{file}")] {
            let (head, body) = server.send("GET", &path, "").await;
            assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
            assert!(body.is_empty(), "{path}: {body:?}");
        }
    }
    for path in public.map(|file| format!("/{file}")).into_iter().chain(["/modules/a/index.js".to_owned()]) {
        let (head, body) = server.send("GET", &path, "").await;
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
        assert_eq!(body, b"content", "{path}");
    }
}
