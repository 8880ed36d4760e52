//! The compressed build of the demo, as browsers load it from the server.

use std::collections::BTreeSet;

use browser_rtc_e2e::{Browser, Page, play};
use serde::Deserialize;

use crate::talk;

/// The files that the page has loaded, those that its HTML names, and those that it loads in the background.
const LOADED: &str = "
    const entry = ({ name, startTime, responseEnd, transferSize, encodedBodySize, decodedBodySize }) => ({
        path: new URL(name).pathname, start: startTime, end: responseEnd,
        transferred: transferSize, encoded: encodedBodySize, decoded: decodedBodySize,
    });
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const isLater = ({ name, startTime }) => new URL(name).pathname.startsWith('/pkg/');
    const named = [...document.querySelectorAll('link[href], script[src]')].map(({ href, src }) => new URL(href ?? src));
    return {
        entries: entries.filter((entry) => !isLater(entry)).map(entry),
        later: entries.filter(isLater).filter(({ responseEnd }) => responseEnd > 0).map(entry),
        named: named.filter(({ protocol }) => protocol === 'http:').map(({ pathname }) => pathname),
    };";

#[derive(Debug, Deserialize)]
struct Loaded {
    entries: Vec<Entry>,
    later: Vec<Entry>,
    named: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    path: String,
    /// The time of the request and of the end of the response, in milliseconds.
    start: f64,
    end: f64,
    /// Bytes over the network, with headers.
    transferred: u64,
    encoded: u64,
    decoded: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn build_is_loaded_and_calls() {
    play("build", async |stage| {
        stage.serve_build().await;
        let ada = stage.open(Browser::Chrome, "Ada", "/").await;
        let bob = stage.open(Browser::Firefox, "Bob", "/").await;
        for page in [&ada, &bob] {
            check_first_load(page).await;
            check_background_load(page).await;
            check_connections(page, stage.url()).await;
            page.join("lobby").await;
        }
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        talk::chat(&ada, &bob).await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;

        // The page is revalidated. Its other files are in the cache.
        ada.reload().await;
        let loaded: Loaded = ada.script(LOADED).await;
        let all = loaded.entries.iter().chain(&loaded.later);
        let transferred = all.filter(|entry| entry.transferred > 0 && entry.path != "/");
        assert_eq!(transferred.count(), 0, "{loaded:#?}");

        for (path, expected) in [("/npm.html", "join"), ("/labs/#pair", "lab")] {
            ada.go_to(&format!("{}{path}", stage.url())).await;
            let view = "return document.body.dataset.view";
            ada.until_script(view, &format!("{path} has started"), |view: &String| view == expected).await;
        }
    })
    .await;
}

/// Asserts that the page loads exactly the compressed files that its HTML names, so that `cargo xtask demo --check`, which
/// fetches those, measures the first load of a browser.
async fn check_first_load(page: &Page) {
    let loaded: Loaded = page.script(LOADED).await;
    let paths: Vec<&str> = loaded.entries.iter().map(|entry| entry.path.as_str()).filter(|path| *path != "/").collect();
    let distinct: BTreeSet<String> = paths.iter().map(ToString::to_string).collect();
    assert_eq!(distinct, loaded.named, "files that are loaded without a hint, or hinted without use");
    assert_eq!(paths.len(), distinct.len(), "a file was loaded twice: {paths:?}");
    for entry in &loaded.entries {
        assert!(entry.encoded > 0 && entry.encoded < entry.decoded, "not compressed: {entry:?}");
    }
    let sum = |size: fn(&Entry) -> u64| loaded.entries.iter().map(size).sum::<u64>();
    let (transferred, decoded) = (sum(|entry| entry.transferred), sum(|entry| entry.decoded));
    eprintln!("           {}: the first load has {transferred} bytes, uncompressed {decoded}", page.name());
    assert!(transferred < decoded / 2, "{loaded:#?}");
}

/// Asserts that the script and the wasm of the room are loaded without a click, and after the first load.
async fn check_background_load(page: &Page) {
    let is_complete = |loaded: &Loaded| loaded.later.len() == 2;
    let loaded = page.until_script(LOADED, "the program of the room is loaded", is_complete).await;
    let first_load = loaded.entries.iter().map(|entry| entry.end).fold(0.0, f64::max);
    for entry in &loaded.later {
        assert!(entry.start >= first_load && entry.encoded < entry.decoded, "{loaded:#?}");
    }
}

/// Asserts that the policy permits connections to the server of the page, and to no other.
async fn check_connections(page: &Page, url: &str) {
    let socket = |url: &str| {
        format!(
            "return new Promise((resolve) => {{
                addEventListener('securitypolicyviolation', ({{ effectiveDirective }}) => resolve(effectiveDirective));
                try {{
                    const socket = new WebSocket('{url}', 'browser-rtc.v1');
                    socket.onopen = () => {{ socket.close(); resolve('open'); }};
                }} catch (error) {{
                    resolve(String(error));
                }}
            }})"
        )
    };
    let own = url.replacen("http", "ws", 1) + "/signal";
    assert_eq!(page.script::<String>(&socket(&own)).await, "open");
    // Nothing listens there, and the policy prevents the attempt. Firefox throws in scripts of the driver.
    let other: String = page.script(&socket("ws://other.localhost:9/")).await;
    assert!(other == "connect-src" || other.contains("NS_ERROR_CONTENT_BLOCKED"), "{}: {other}", page.name());
}
