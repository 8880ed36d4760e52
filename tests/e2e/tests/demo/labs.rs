//! Each lab is opened, started and stopped, and its outcome is checked, at the size of a desktop and of a phone.

use std::{collections::BTreeMap, time::Duration};

use browser_rtc_e2e::{Browser, Page, play};
use serde::Deserialize;

const READ: &str = include_str!("labs_seen.js");

const LIMIT: Duration = Duration::from_secs(60);

/// The content of the page of the labs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    lab: String,
    view: String,
    state: String,
    failure: String,
    shows_source: bool,
    results: BTreeMap<String, String>,
    videos: Vec<Video>,
    connections: usize,
    tracks: usize,
    overflow: i32,
    width: u32,
    problems: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Video {
    width: u32,
    time: f64,
}

impl Seen {
    fn is(&self, name: &str, value: &str) -> bool {
        self.results.get(name).is_some_and(|found| found == value)
    }

    fn starts(&self, name: &str, start: &str) -> bool {
        self.results.get(name).is_some_and(|found| found.starts_with(start))
    }

    /// Returns the first number of a result, 0 without one.
    fn number(&self, name: &str) -> f64 {
        let Some(text) = self.results.get(name) else { return 0.0 };
        let start = text.find(|character: char| character.is_ascii_digit()).unwrap_or(text.len());
        let number = text[start..].split(|character: char| !character.is_ascii_digit() && character != '.').next();
        number.and_then(|number| number.parse().ok()).unwrap_or(0.0)
    }

    /// Returns whether each video plays.
    fn plays(&self) -> bool {
        !self.videos.is_empty() && self.videos.iter().all(|video| video.width > 0 && video.time > 0.2)
    }
}

/// A step of the user.
enum Step {
    Click(&'static str),
    Fill(&'static str, &'static str),
    Choose(&'static str, &'static str),
}

use Step::{Choose, Click, Fill};

/// A lab with its outcome, which does not depend on the speed of the machine.
struct Case {
    lab: &'static str,
    /// Steps of the user before the start.
    before: &'static [Step],
    /// The outcome before the actions.
    started: fn(&Seen, Browser) -> bool,
    /// Steps of the user then, each with its own outcome.
    actions: &'static [(Step, fn(&Seen) -> bool)],
    /// The state after the outcome: `running` until it is stopped, or `finished`.
    end: &'static str,
}

const fn case(lab: &'static str, end: &'static str, started: fn(&Seen, Browser) -> bool) -> Case {
    Case { lab, before: &[], started, actions: &[], end }
}

const CASES: &[Case] = &[
    Case {
        actions: &[
            (Fill("[name=width]", "320"), |_| true),
            // The change of a field is applied when the focus leaves it.
            (Click("#source-name"), |seen| seen.is("Change", "applied")),
        ],
        ..case("constraints", "running", |seen, _| seen.plays() && seen.number("Video") >= 320.0)
    },
    case("devices", "running", |seen, _| seen.plays() && seen.number("Devices: videoinput") >= 1.0),
    case("screen", "running", |seen, browser| match browser {
        // A headless Firefox has no screen.
        Browser::Firefox => seen.failure.contains("NotFound"),
        _ => seen.is("Sharing", "on") && seen.plays() && seen.number("Size") > 0.0,
    }),
    case("canvas", "running", |seen, _| seen.plays() && seen.videos.iter().all(|video| video.width > 0)),
    Case {
        actions: &[
            (Click("[data-part=pause]"), |seen| seen.is("State", "paused")),
            (Click("[data-part=pause]"), |seen| seen.is("State", "recording")),
            (Click("[data-part=finish]"), |seen| seen.starts("State", "finished") && seen.plays()),
        ],
        ..case("recording", "running", |seen, _| seen.number("Recorded") > 10_000.0)
    },
    case("level", "running", |seen, browser| {
        let measures = seen.number("Measurements") > 10.0 && !seen.is("Loudest peak", "silent");
        // Firefox measures only on a machine with an audio output.
        measures || browser == Browser::Firefox && seen.failure.contains("Timeout")
    }),
    case("pair", "running", |seen, _| {
        seen.plays() && seen.is("Connection", "connected") && seen.number("Candidates of the caller") > 0.0
    }),
    case("plain_peer", "running", |seen, _| seen.plays() && seen.is("Answer", "plain: How are you?")),
    case("warm_up", "running", |seen, _| {
        seen.plays() && seen.is("Track before media", "silent") && seen.is("Negotiations for media", "0")
    }),
    Case {
        before: &[Fill("[name=delay]", "300")],
        ..case("early_media", "running", |seen, _| {
            seen.plays() && seen.is("Shown in the state", "stable") && seen.is("Callee can trickle", "true")
        })
    },
    case("descriptions", "finished", |seen, browser| {
        seen.starts("3. Caller has rolled back", "stable; local none pending, none current")
            && seen.starts("8. Caller is done", "stable; local none pending, offer current")
            && match browser {
                // Firefox has no provisional answers.
                Browser::Firefox => seen.results.contains_key("5. Provisional answer"),
                _ => seen.starts("6. Caller has a provisional answer", "have-remote-pranswer"),
            }
    }),
    Case {
        actions: &[
            (Click("[data-action=mute]"), |seen| seen.is("Last change", "mute")),
            (Click("[data-action=replace]"), |seen| seen.is("Last change", "replace")),
            (Click("[data-action=both]"), |seen| seen.is("Direction", "sendrecv")),
            (Click("[data-action=remove]"), |seen| {
                seen.is("Tracks at the peer", "0") && seen.is("Direction", "recvonly")
            }),
            (Click("[data-action=stop]"), |seen| seen.is("Direction", "stopped")),
        ],
        ..case("transceivers", "running", |seen, _| seen.plays() && seen.is("Negotiated direction", "sendonly"))
    },
    case("switching", "running", |seen, _| {
        seen.is("Switched off and on", "1000") && seen.is("Negotiations", "none") && seen.number("Frames after") > 5.0
    }),
    Case {
        before: &[Choose("[name=codec]", "video/VP8")],
        ..case("codecs", "running", |seen, _| {
            seen.plays() && seen.is("Codec in use", "video/VP8") && seen.number("Bit rate") > 10.0
        })
    },
    case("simulcast", "running", |seen, _| {
        let [full, half, quarter] = &*seen.videos else { return false };
        // Browsers start with a reduced size, in which each is still half of the one before.
        seen.plays() && full.width > half.width && half.width > quarter.width
    }),
    Case {
        before: &[Choose("[name=example]", "cut")],
        ..case("dtmf", "running", |seen, _| seen.is("Played", "12") && seen.is("State", "finished"))
    },
    case("configuration", "finished", |seen, _| {
        seen.starts("Created: policies", "transport relay, bundle max-bundle")
            && seen.starts("Changed: policies", "transport all")
            && seen.is("Changed: servers", "stun:stun.example.org")
            && seen.is("After the refusal: servers", "stun:stun.example.org")
            && !seen.is("Change of the bundle policy", "accepted")
    }),
    case("certificates", "running", |seen, _| {
        seen.is("Fingerprint at the peer", "the same") && seen.is("DTLS", "connected")
    }),
    Case {
        // The peers connect without the server, which does not exist.
        before: &[Click("[name=only-relay]")],
        ..case("relay", "running", |seen, _| {
            seen.is("Connection", "connected") && seen.starts("Candidate 1", "host") && seen.starts("Path", "from ")
        })
    },
    case("transports", "running", |seen, _| {
        seen.is("SCTP", "connected") && seen.is("DTLS", "connected") && seen.number("Largest message") >= 65_536.0
    }),
    case("identity", "finished", |seen, browser| match browser {
        Browser::Firefox => seen.is("Peer identity", "supported") && seen.results.contains_key("Assertion"),
        _ => seen.is("Peer identity", "not supported by this browser"),
    }),
    case("statistics", "running", |seen, _| {
        seen.plays() && seen.number("Receiving") > 10.0 && seen.number("Frames of the receiver") > 0.0
    }),
    case("many", "finished", |seen, _| seen.is("Messages received", "128") && seen.is("Open connections", "0")),
    case("messages", "finished", |seen, _| {
        seen.is("Message 1", "text “Grüße, 世界”")
            && seen.is("Message 2", "empty text")
            && seen.is("Message 3", "3 bytes")
            && seen.number("Message 5") >= 65_536.0
            && seen.is("Messages before the close", "100 of 100")
            && seen.is("Channel", "closed")
    }),
    case("channels", "running", |seen, _| {
        seen.number("Throughput") > 0.1 && seen.is("Lost or late", "0") && seen.is("Order", "kept")
    }),
    case("typed", "finished", |seen, _| {
        seen.starts("JSON", "2000 moves")
            && seen.starts("Postcard, packed", "2000 moves")
            && seen.number("Postcard, packed, cost") < seen.number("JSON, cost")
    }),
    case("byte_stream", "finished", |seen, _| {
        seen.is("Returned", "16000000 of 16000000 bytes") && seen.starts("Average byte", "6")
    }),
    Case {
        actions: &[(Click("[data-part=disconnect]"), |seen| {
            seen.is("Connections", "2") && seen.starts("Received", "64000000 bytes")
        })],
        ..case("files", "finished", |seen, _| seen.number("Progress") > 1_000_000.0)
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn labs_have_their_outcomes_in_chrome() {
    visit_all("labs in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labs_have_their_outcomes_in_firefox() {
    visit_all("labs in firefox", Browser::Firefox).await;
}

/// Visits all labs at the size of a desktop, and opens each at that of a phone.
async fn visit_all(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let page = stage.open_blank(browser, "Labs").await;
        let url = format!("{}/labs/", stage.url());
        page.go_to(&url).await;
        let listed: Vec<String> =
            page.script("return [...document.querySelectorAll('#list a')].map((link) => link.hash.slice(1))").await;
        assert_eq!(sorted(listed), sorted(CASES.iter().map(|case| case.lab.to_owned()).collect()));
        for case in CASES {
            visit(&page, case, browser).await;
        }

        page.resize(390, 844).await;
        for case in CASES {
            open(&page, case.lab).await;
            let seen: Seen = page.script(READ).await;
            assert!(seen.width < 600 && seen.overflow <= 0, "{} is too wide: {seen:#?}", case.lab);
        }
        // A lab is released when another one is opened.
        open(&page, "pair").await;
        page.click("#run").await;
        until(&page, "the pair plays on a phone", Seen::plays).await;
        open(&page, "level").await;
        until(&page, "the pair is released", |seen| seen.connections == 0 && seen.tracks == 0).await;
    })
    .await;
}

/// Starts a lab, waits for its outcome, and stops it.
async fn visit(page: &Page, case: &Case, browser: Browser) {
    let lab = case.lab;
    open(page, lab).await;
    for step in case.before {
        take(page, step).await;
    }
    page.click("#run").await;
    until(page, &format!("{lab} has its outcome"), |seen| (case.started)(seen, browser)).await;
    for (number, (step, outcome)) in case.actions.iter().enumerate() {
        take(page, step).await;
        until(page, &format!("step {number} of {lab} has its outcome"), outcome).await;
    }
    let seen =
        until(page, &format!("{lab} runs or has ended"), |seen| [case.end, "failed"].contains(&&*seen.state)).await;
    let fails = seen.state == "failed";
    // These need a screen and an audio output, which a headless Firefox does not have.
    assert!(!fails || browser == Browser::Firefox && ["screen", "level"].contains(&lab), "{lab}: {}", seen.failure);
    if seen.state == "running" {
        page.click("#run").await;
    }
    let end = if seen.state == "running" { "stopped" } else { &seen.state };
    let is_released = |seen: &Seen| seen.state == end && seen.connections == 0 && seen.tracks == 0;
    let seen = until(page, &format!("{lab} has released everything"), is_released).await;
    assert_eq!(seen.problems, Vec::<String>::new(), "{lab}");
    assert_eq!(seen.failure.is_empty(), !fails, "{lab}: {}", seen.failure);
}

/// Opens a lab by its link, as a user does.
async fn open(page: &Page, lab: &str) {
    let _: () = page.script(&format!("location.hash = '{lab}'")).await;
    let seen = until(page, &format!("{lab} is open"), |seen| seen.view == "lab" && seen.lab == lab).await;
    assert!(seen.shows_source, "{lab} shows no source");
}

async fn take(page: &Page, step: &Step) {
    match step {
        Click(selector) => page.click(selector).await,
        Fill(selector, text) => page.fill(selector, text).await,
        Choose(selector, value) => {
            page.script(&format!("document.querySelector('{selector}').value = '{value}'")).await
        }
    }
}

async fn until(page: &Page, what: &str, condition: impl Fn(&Seen) -> bool) -> Seen {
    page.until_script_within(LIMIT, READ, what, condition).await
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
