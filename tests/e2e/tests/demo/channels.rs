//! Channels of every kind between browsers, and over a network that loses packets or lets them overtake each other.

use std::{convert::Infallible, time::Duration};

use browser_rtc_e2e::{Browser, Conditions, Page, play};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn channels_between_chrome_and_firefox() {
    channels("channels chrome to firefox", Browser::Firefox, Network::Good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_where_packets_are_lost() {
    channels("channels with loss", Browser::Firefox, Network::Loses).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_where_packets_overtake_each_other() {
    channels("channels with reordering", Browser::Chrome, Network::Reorders).await;
}

/// What becomes of the packets of Ada's browser, be they sent or received.
#[derive(Clone, Copy, PartialEq)]
enum Network {
    Good,
    /// Five of a hundred.
    Loses,
    Reorders,
}

/// How many a channel is to carry.
const COUNT: u32 = 1500;
/// In bytes: each has a packet of its own.
const LENGTH: u32 = 1000;

/// A kind of channel, and what it promises.
struct Kind {
    label: &'static str,
    options: Value,
    ordered: bool,
    reliable: bool,
}

/// f41.
fn kinds(id: u16) -> [Kind; 5] {
    let kind = |label, options, ordered, reliable| Kind { label, options, ordered, reliable };
    [
        kind("in order", json!({}), true, true),
        kind("in any order", json!({ "ordered": false }), false, true),
        kind("sent once", json!({ "ordered": false, "maxRetransmits": 0 }), false, false),
        kind("for a moment", json!({ "maxPacketLifeTime": 50 }), true, false),
        kind("agreed", json!({ "negotiated": true, "id": id, "protocol": "numbers" }), true, true),
    ]
}

/// In bytes, of a file: some blocks, and a part of one.
const FILE: u32 = 3_000_000;

#[derive(Debug, Deserialize)]
struct Messages {
    got: usize,
    right: bool,
    largest: u32,
}

#[derive(Debug, Deserialize)]
struct Waited {
    overtook: bool,
}

#[derive(Debug, Deserialize)]
struct InTurn {
    right: bool,
    shown: Value,
}

#[derive(Debug, Deserialize)]
struct Sent {
    fullest: u32,
    most: u32,
}

#[derive(Debug, Deserialize)]
struct Numbers {
    got: u32,
    different: u32,
    whole: bool,
    ordered: bool,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Given {
    refused: String,
    rises: bool,
    last: (u32, u32),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Taken {
    right: bool,
    name: String,
    r#type: String,
    rises: bool,
    last: (u32, u32),
}

async fn channels(scene: &str, other: Browser, network: Network) {
    play(scene, async |stage| {
        let ada = stage.open(Browser::Chrome, "Ada", "/npm.html").await;
        let bob = stage.open(other, "Bob", "/npm.html").await;
        if network != Network::Good {
            // Only those sockets suffer that are made while something is emulated, be it nothing.
            ada.emulate(Conditions::default()).await;
        }
        for page in [&ada, &bob] {
            page.load_script("channels", include_str!("channels.js")).await;
            let _: Value = page.script(&format!("return window.channels.join({:?})", page.name())).await;
        }
        let in_vain: String = ada.script("return window.channels.callInVain('Bob')").await;
        assert_eq!(in_vain, "AbortError");
        let _: Value = ada.script("return window.channels.call('Bob')").await;
        for page in [&ada, &bob] {
            page.until_script("return window.channels.inCall()", "they are in a call", |there: &bool| *there).await;
        }
        let rung: u32 = bob.script("return window.channels.rung()").await;
        assert_eq!(rung, 1, "a call that was given up before it began does not ring");
        if network == Network::Loses {
            ada.emulate(Conditions { loss: 5.0, ..Conditions::default() }).await;
        }

        for (id, from, to) in [(100, &ada, &bob), (101, &bob, &ada)] {
            // For so long that the way is now long and now short meanwhile: all at once, they go in one of the two.
            let pause = if network == Network::Reorders { 30 } else { 0 };
            let way = Way { from, to, emulator: (network == Network::Reorders).then_some(&ada) };

            let name = format!("messages of {}", from.name());
            let (_, got): (Value, Messages) = way.try_out("messages", &name, json!({}), json!({})).await;
            assert!(got.right && got.got == 7, "{name}: {got:?}");
            assert!(got.largest >= 256 * 1024, "{name}: {got:?}");

            let name = format!("turns of {}", from.name());
            let (waited, got): (Waited, InTurn) = way.try_out("turns", &name, json!({}), json!({})).await;
            assert!(got.right, "{name}: {}", got.shown);
            assert!(!waited.overtook, "{name}");

            for Kind { label, options, ordered, reliable } in kinds(id) {
                let name = format!("{label}, of {}", from.name());
                let task = json!({ "count": COUNT, "length": LENGTH, "pause": pause });
                let (sent, got): (Sent, Numbers) = way.try_out("numbers", &name, options, task).await;
                println!("{scene}: {name}: {} of {COUNT}", got.got);
                assert!(sent.fullest > 0 && sent.fullest <= sent.most, "{name}: {sent:?}");
                assert!(got.whole && got.different == got.got, "{name}: {got:?}");
                assert!(got.ordered || !ordered, "{name}: {got:?}");
                assert!(got.got == COUNT || !reliable, "{name}: {got:?}");
                // The emulation does what it is to do.
                match (network, label) {
                    (Network::Loses, "sent once") => assert!(got.got < COUNT, "{name}: {got:?}"),
                    (Network::Reorders, "in any order") => assert!(!got.ordered, "{name}: {got:?}"),
                    _ => {}
                }
            }

            let name = format!("file of {}", from.name());
            let task = json!({ "length": FILE });
            let (given, taken): (Given, Taken) = way.try_out("file", &name, json!({}), task).await;
            assert_eq!(given, Given { refused: "Declined".into(), rises: true, last: (FILE, FILE) }, "{name}");
            let (file, r#type) = ("a_b.bin".into(), "application/x-bin".into());
            assert_eq!(taken, Taken { right: true, name: file, r#type, rises: true, last: (FILE, FILE) }, "{name}");
        }
    })
    .await;
}

/// Who sends, and who receives.
struct Way<'a> {
    from: &'a Page,
    to: &'a Page,
    /// Whose packets overtake each other meanwhile.
    emulator: Option<&'a Page>,
}

impl Way<'_> {
    /// What the sender and the receiver say of a channel.
    async fn try_out<S: DeserializeOwned, R: DeserializeOwned>(
        &self,
        trial: &str,
        label: &str,
        options: Value,
        task: Value,
    ) -> (S, R) {
        for (page, sends) in [(self.to, false), (self.from, true)] {
            let begin = format!("window.channels.begin({trial:?}, {label:?}, {options}, {sends}, {task})");
            let _: Value = page.script(&begin).await;
        }
        let outcomes = async { (outcome(self.from, label).await, outcome(self.to, label).await) };
        match self.emulator {
            None => outcomes.await,
            Some(page) => tokio::select! {
                outcomes = outcomes => outcomes,
                never = reorder(page) => match never {},
            },
        }
    }
}

async fn outcome<T: DeserializeOwned>(page: &Page, label: &str) -> T {
    let script = "return window.channels.outcome";
    let found = page.until_script(script, &format!("{label} is over"), |found: &Value| !found.is_null()).await;
    serde_json::from_value(found.clone()).unwrap_or_else(|_| panic!("{}: {label}: {found}", page.name()))
}

/// A packet overtakes those that were sent when the way was longer.
async fn reorder(page: &Page) -> Infallible {
    loop {
        for latency in [30.0, 0.0] {
            page.emulate(Conditions { latency, reordering: true, ..Conditions::default() }).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
