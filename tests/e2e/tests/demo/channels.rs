//! Channels of every kind between browsers, also over networks that lose or reorder packets.

use std::{convert::Infallible, time::Duration};

use browser_rtc_e2e::{Browser, Conditions, Page, play};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn channels_work_between_chrome_and_firefox() {
    channels("channels chrome to firefox", Browser::Firefox, Network::Good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_work_with_packet_loss() {
    channels("channels with loss", Browser::Firefox, Network::Lossy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_work_with_packet_reordering() {
    channels("channels with reordering", Browser::Chrome, Network::Reordering).await;
}

/// The emulated network of Ada's browser, for sent and for received packets.
#[derive(Clone, Copy, PartialEq)]
enum Network {
    Good,
    /// Loses 5 % of the packets.
    Lossy,
    Reordering,
}

/// The number of messages of a channel.
const COUNT: u32 = 1500;
/// The length of a message in bytes, which fills a packet.
const LENGTH: u32 = 1000;

/// A kind of channel, and its guarantees.
struct Kind {
    label: &'static str,
    options: Value,
    ordered: bool,
    reliable: bool,
}

/// Returns the kinds of channels of flow f41.
fn kinds(id: u16) -> [Kind; 5] {
    let kind = |label, options, ordered, reliable| Kind { label, options, ordered, reliable };
    [
        kind("ordered", json!({}), true, true),
        kind("unordered", json!({ "ordered": false }), false, true),
        kind("without retransmits", json!({ "ordered": false, "maxRetransmits": 0 }), false, false),
        kind("with a lifetime", json!({ "maxPacketLifeTime": 50 }), true, false),
        kind("negotiated", json!({ "negotiated": true, "id": id, "protocol": "numbers" }), true, true),
    ]
}

/// The length of a file in bytes, which is not a multiple of the block size.
const FILE: u32 = 3_000_000;

#[derive(Debug, Deserialize)]
struct ReceivedMessages {
    count: usize,
    correct: bool,
    largest: u32,
}

#[derive(Debug, Deserialize)]
struct SentWhileFull {
    accepted: bool,
}

#[derive(Debug, Deserialize)]
struct ReceivedWhileFull {
    correct: bool,
    received: Value,
}

#[derive(Debug, Deserialize)]
struct SentNumbers {
    max_buffered: u32,
    limit: u32,
}

#[derive(Debug, Deserialize)]
struct ReceivedNumbers {
    count: u32,
    distinct: u32,
    intact: bool,
    ordered: bool,
}

#[derive(Debug, PartialEq, Deserialize)]
struct SentFile {
    declined: String,
    is_monotonic: bool,
    last: (u32, u32),
}

#[derive(Debug, PartialEq, Deserialize)]
struct ReceivedFile {
    correct: bool,
    name: String,
    r#type: String,
    is_monotonic: bool,
    last: (u32, u32),
}

async fn channels(scene: &str, other: Browser, network: Network) {
    play(scene, async |stage| {
        let ada = stage.open(Browser::Chrome, "Ada", "/npm.html").await;
        let bob = stage.open(other, "Bob", "/npm.html").await;
        if network != Network::Good {
            // Emulation affects only sockets that are created while it is active, with any conditions.
            ada.emulate(Conditions::default()).await;
        }
        for page in [&ada, &bob] {
            page.load_script("channels", include_str!("channels.js")).await;
            let _: Value = page.script(&format!("return window.channels.join({:?})", page.name())).await;
        }
        let aborted: String = ada.script("return window.channels.callAborted('Bob')").await;
        assert_eq!(aborted, "AbortError");
        let _: Value = ada.script("return window.channels.call('Bob')").await;
        for page in [&ada, &bob] {
            page.until_script("return window.channels.inCall()", "the call is connected", |in_call: &bool| *in_call)
                .await;
        }
        let rings: u32 = bob.script("return window.channels.rings()").await;
        assert_eq!(rings, 1, "an aborted call does not ring");
        if network == Network::Lossy {
            ada.emulate(Conditions { loss: 5.0, ..Conditions::default() }).await;
        }

        for (id, from, to) in [(100, &ada, &bob), (101, &bob, &ada)] {
            // Pauses spread the messages over several changes of the latency.
            let pause = if network == Network::Reordering { 30 } else { 0 };
            let direction = Direction { from, to, emulator: (network == Network::Reordering).then_some(&ada) };

            let name = format!("messages of {}", from.name());
            let (_, received): (Value, ReceivedMessages) = direction.run("messages", &name, json!({}), json!({})).await;
            assert!(received.correct && received.count == 7, "{name}: {received:?}");
            assert!(received.largest >= 256 * 1024, "{name}: {received:?}");

            let name = format!("full buffer of {}", from.name());
            let (sent, received): (SentWhileFull, ReceivedWhileFull) =
                direction.run("fullBuffer", &name, json!({}), json!({})).await;
            assert!(received.correct, "{name}: {}", received.received);
            assert!(!sent.accepted, "{name}");

            for Kind { label, options, ordered, reliable } in kinds(id) {
                let name = format!("{label} channel of {}", from.name());
                let task = json!({ "count": COUNT, "length": LENGTH, "pause": pause });
                let (sent, received): (SentNumbers, ReceivedNumbers) =
                    direction.run("numbers", &name, options, task).await;
                println!("{scene}: {name}: {} of {COUNT}", received.count);
                assert!(sent.max_buffered > 0 && sent.max_buffered <= sent.limit, "{name}: {sent:?}");
                assert!(received.intact && received.distinct == received.count, "{name}: {received:?}");
                assert!(received.ordered || !ordered, "{name}: {received:?}");
                assert!(received.count == COUNT || !reliable, "{name}: {received:?}");
                // The emulation has an effect.
                match (network, label) {
                    (Network::Lossy, "without retransmits") => assert!(received.count < COUNT, "{name}: {received:?}"),
                    (Network::Reordering, "unordered") => assert!(!received.ordered, "{name}: {received:?}"),
                    _ => {}
                }
            }

            let name = format!("file of {}", from.name());
            let task = json!({ "length": FILE });
            let (sent, received): (SentFile, ReceivedFile) = direction.run("file", &name, json!({}), task).await;
            let last = (FILE, FILE);
            assert_eq!(sent, SentFile { declined: "Declined".into(), is_monotonic: true, last }, "{name}");
            let (file, r#type) = ("a_b.bin".into(), "application/x-bin".into());
            assert_eq!(
                received,
                ReceivedFile { correct: true, name: file, r#type, is_monotonic: true, last },
                "{name}"
            );
        }
    })
    .await;
}

/// A direction of the call: the sender and the receiver.
struct Direction<'a> {
    from: &'a Page,
    to: &'a Page,
    /// The page whose packets are reordered during a trial.
    emulator: Option<&'a Page>,
}

impl Direction<'_> {
    /// Runs a trial over a new channel, and returns the outcomes of the sender and of the receiver.
    async fn run<S: DeserializeOwned, R: DeserializeOwned>(
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
    let found =
        page.until_script(script, &format!("the trial of the {label} is over"), |found: &Value| !found.is_null()).await;
    serde_json::from_value(found.clone()).unwrap_or_else(|_| panic!("{}: {label}: {found}", page.name()))
}

/// Reorders packets: one that is sent with a low latency overtakes those with a high one.
async fn reorder(page: &Page) -> Infallible {
    loop {
        for latency in [30.0, 0.0] {
            page.emulate(Conditions { latency, reordering: true, ..Conditions::default() }).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
