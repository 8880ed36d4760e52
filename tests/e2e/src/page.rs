//! The demo's page as its user sees it.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use fantoccini::Client;
use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::wd::Locator;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::proxy::Proxy;
use crate::seen::{Seen, Size};
use crate::server::SCRIPTS;

/// How long anything may take. A busy machine starts a call in a few seconds, and one that is very busy in many.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How long it may take a sender to find that it need not send a smaller picture.
const GROWTH: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(50);

const SPIES: &str = include_str!("spies.js");

/// A peer in the room, as the others see it.
pub trait Person {
    /// The name in the room.
    fn name(&self) -> &str;
}

impl Person for Page {
    fn name(&self) -> &str {
        &self.name
    }
}

/// One user's page, in a browser of its own.
#[derive(Debug)]
pub struct Page {
    pub(crate) client: Client,
    name: String,
}

impl Page {
    /// Opens the address, and waits until the page is usable or says that it cannot be.
    pub(crate) async fn open(client: Client, name: &str, url: &str) -> Self {
        let page = Self { client, name: name.to_owned() };
        page.soon("the page", page.client.goto(url)).await;
        page.started().await;
        page
    }

    /// Creates the page of a browser that shows none yet.
    pub(crate) fn blank(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Opens an address in this browser, without the spies for the demo.
    pub async fn go_to(&self, url: &str) {
        self.soon("the page", self.client.goto(url)).await;
    }

    /// Reloads it, as its user may at any time.
    pub async fn reload(&self) {
        self.soon("reloading the page", self.client.refresh()).await;
        self.started().await;
    }

    /// Ends the page while its way to the server is cut, and opens it again in the same tab. To the server, it has
    /// crashed: its socket has broken without a close frame.
    pub async fn crash_and_reopen(&self, proxy: &Proxy) {
        proxy.cut();
        self.soon("the end of the page", self.client.goto("about:blank")).await;
        proxy.mend();
        self.soon("the page", self.client.goto(&proxy.url())).await;
        self.started().await;
    }

    async fn started(&self) {
        let _: Value = self.script(SPIES).await;
        self.until("the page has started", |seen| seen.ready || seen.view == "unsupported").await;
    }

    /// Returns the name of the user.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Joins a room, and waits until that is done.
    pub async fn join(&self, room: &str) {
        self.ask_to_join(room).await;
        self.until("the room is there", |seen| seen.view == "room").await;
    }

    /// Fills in the form and sends it.
    pub async fn ask_to_join(&self, room: &str) {
        self.fill("#name", &self.name).await;
        self.fill("#room", room).await;
        self.click("#join").await;
    }

    /// Leaves the room.
    pub async fn leave(&self) {
        self.click("#leave").await;
        self.until("the room is left", |seen| seen.view == "join").await;
    }

    /// Calls a peer, once it is in the list.
    pub async fn call(&self, who: &impl Person) {
        self.until_here(who).await;
        self.click(&format!("#people li[data-name=\"{}\"] .call", who.name())).await;
    }

    /// Waits until a peer is in the list.
    pub async fn until_here(&self, who: &impl Person) {
        self.until(&format!("{} is in the list", who.name()), |seen| seen.people.iter().any(|name| name == who.name()))
            .await;
    }

    /// Waits until a peer is no longer in the list.
    pub async fn until_gone(&self, who: &impl Person) {
        self.until(&format!("{} is gone from the list", who.name()), |seen| {
            !seen.people.iter().any(|name| name == who.name())
        })
        .await;
    }

    /// Waits until a peer rings.
    pub async fn until_rung_by(&self, who: &impl Person) {
        self.until(&format!("{} is calling", who.name()), |seen| seen.incoming.as_deref() == Some(who.name())).await;
    }

    /// Waits until the call is up.
    pub async fn until_in_call_with(&self, who: &impl Person) {
        self.until(&format!("in a call with {}", who.name()), |seen| seen.is_in_call_with(who.name())).await;
    }

    /// Waits until the call is over, and all that it used is freed.
    pub async fn until_free(&self) {
        self.until("no call, every track ended, every connection closed", |seen| {
            seen.is_idle() && seen.has_freed_all()
        })
        .await;
    }

    /// Waits for this `data-code` of the status line.
    pub async fn until_status(&self, code: &str) -> Seen {
        self.until(&format!("the status is {code}"), |seen| seen.status_code == code).await
    }

    /// Waits until the failure box shows this kind, and returns its sentence.
    pub async fn until_failure(&self, kind: &str) -> String {
        let shows = |seen: &Seen| seen.failure.as_ref().is_some_and(|failure| failure.kind == kind);
        let seen = self.until(&format!("a failure {kind}"), shows).await;
        seen.failure.map(|failure| failure.text).unwrap_or_default()
    }

    /// Waits until this many more frames of the remote picture have been shown.
    pub async fn until_frames(&self, more: u64) {
        let before = self.seen().await.their_picture.frames;
        self.until(&format!("{more} frames more than {before}"), |seen| seen.their_picture.frames >= before + more)
            .await;
    }

    /// Waits until the other side's picture has the size. The sender may begin with a smaller one, until it has
    /// measured what the network carries.
    pub async fn until_size(&self, size: Size) {
        self.until_within(GROWTH, &format!("a picture of {size:?}"), |seen| seen.their_picture.size == size).await;
    }

    /// Waits until the remote picture is black, or is not.
    pub async fn until_black(&self, black: bool) {
        const DARK: f64 = 12.0;
        let what = if black { "their picture is black" } else { "their picture is not black" };
        let is_so = |brightness: &f64| (*brightness < DARK) == black;
        self.until_script("return window.e2e.brightness('#their-picture')", what, is_so).await;
    }

    /// Takes the call that rings.
    pub async fn accept(&self) {
        self.click("#accept").await;
    }

    /// Does not take the call that rings.
    pub async fn decline(&self) {
        self.click("#decline").await;
    }

    /// Gives up calling.
    pub async fn cancel(&self) {
        self.click("#cancel").await;
    }

    /// Ends the call.
    pub async fn hang_up(&self) {
        self.click("#hang-up").await;
    }

    /// Sends a chat line, waiting until that can be done.
    pub async fn chat(&self, line: &str) {
        self.until("the chat is open", |seen| seen.chat_open).await;
        self.fill("#chat-text", line).await;
        self.click("#chat-form button:not([type=button])").await;
    }

    /// Sends a line to the room.
    pub async fn say(&self, line: &str) {
        self.fill("#room-chat-text", line).await;
        self.click("#room-chat-form button").await;
    }

    /// Plays these tones, and waits until they have been played. Returns them as they lit up.
    pub async fn play(&self, tones: &str) -> String {
        let before = self.seen().await.tones.len();
        self.fill("#tones", tones).await;
        self.click("#tones-form button").await;
        let count = tones.chars().count();
        let played = |seen: &Seen| seen.tones.len() >= before + count && seen.lit.is_empty();
        self.until(&format!("the keys of {tones} have lit and gone out"), played).await.tones.split_off(before).concat()
    }

    /// Asks for a camera of exactly this width, or with an empty text for any.
    pub async fn set_exact_width(&self, width: &str) {
        let _: Value = self.script("document.querySelector('#settings').open = true").await;
        self.fill("#exact-width", width).await;
    }

    /// Holds back what the page sends to the signaling server.
    pub async fn hold_signaling(&self) {
        let _: Value = self.script("window.e2e.hold()").await;
    }

    /// Sends what was held back.
    pub async fn release_signaling(&self) {
        let _: Value = self.script("window.e2e.release()").await;
    }

    /// Adds to the call's connection what takes an offer and an answer, and waits until both sides have agreed on it.
    pub async fn renegotiate_with(&self, other: &Page) {
        let sections = |seen: &Seen| seen.open_connections().map(|connection| connection.sections).sum::<usize>();
        let more = sections(&self.seen().await) + 1;
        let _: Value = self.script("window.e2e.addSection()").await;
        for page in [self, other] {
            let agreed = |seen: &Seen| {
                sections(seen) == more && seen.open_connections().all(|connection| connection.signaling == "stable")
            };
            page.until(&format!("{more} sections have been agreed on"), agreed).await;
        }
    }

    /// Closes the page, as its user closes a tab.
    pub async fn close(&self) {
        self.soon("closing the window", self.client.close_window()).await;
    }

    /// Clicks on what the selector finds, which must be visible and not covered.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.soon(&format!("a click on {selector}"), element.click()).await;
    }

    /// Moves the pointer to a place that is so many pixels right of and below the center of what the selector finds.
    pub async fn move_pointer(&self, selector: &str, (x, y): (i16, i16)) {
        let element = self.find(selector).await;
        let there = PointerAction::MoveToElement { element, duration: None, x: x.into(), y: y.into() };
        let pointer = MouseActions::new("mouse".to_owned()).then(there);
        self.soon(&format!("moving the pointer over {selector}"), self.client.perform_actions(pointer)).await;
    }

    /// Types into a field what it is to hold.
    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.soon(&format!("clearing {selector}"), element.clear()).await;
        self.soon(&format!("typing into {selector}"), element.send_keys(text)).await;
    }

    /// Returns the current content of the page.
    pub async fn seen(&self) -> Seen {
        self.script("return window.e2e.seen()").await
    }

    /// Waits until the condition holds, and returns what the page showed then.
    ///
    /// # Panics
    /// After two minutes, with what the page showed last.
    pub async fn until(&self, what: &str, condition: impl Fn(&Seen) -> bool) -> Seen {
        self.until_within(PATIENCE, what, condition).await
    }

    /// Waits like [`Page::until`], with another limit.
    ///
    /// # Panics
    /// When it takes longer than this.
    pub async fn until_within(&self, limit: Duration, what: &str, condition: impl Fn(&Seen) -> bool) -> Seen {
        self.until_script_within(limit, "return window.e2e.seen()", what, condition).await
    }

    /// The same of what a script returns.
    ///
    /// # Panics
    /// After two minutes, with what it returned last.
    pub async fn until_script<T>(&self, script: &str, what: &str, condition: impl Fn(&T) -> bool) -> T
    where
        T: DeserializeOwned + Debug,
    {
        self.until_script_within(PATIENCE, script, what, condition).await
    }

    /// Waits like [`Page::until_script`], with another limit.
    ///
    /// # Panics
    /// When it takes longer than this.
    pub async fn until_script_within<T>(
        &self,
        limit: Duration,
        script: &str,
        what: &str,
        condition: impl Fn(&T) -> bool,
    ) -> T
    where
        T: DeserializeOwned + Debug,
    {
        let begun = Instant::now();
        loop {
            let seen = self.script(script).await;
            if condition(&seen) {
                // Only a test that fails shows this: how it came so far.
                eprintln!("{:>6} ms  {}: {what}", begun.elapsed().as_millis(), self.name);
                return seen;
            }
            assert!(begun.elapsed() < limit, "{}: waited in vain until {what}; there is {seen:#?}", self.name);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Runs a script that waits, in which `await` may stand, and waits until it has run.
    pub async fn load_script(&self, name: &str, script: &str) {
        let _: Value = self.script(&format!("return (async () => {{ {script}\n }})()")).await;
        eprintln!("           {}: {name} is loaded", self.name);
    }

    /// Runs `tests/demo/{name}.js` as a module of the page itself. What a driver runs is in a realm of its own in Firefox,
    /// where a promise or an error of the page is not an instance of `Promise` or `Error`. The module says how it ends in
    /// `document.body.dataset.outcome`, as JSON, which this waits for and returns; `document.body.dataset.at` is where it
    /// is.
    ///
    /// # Panics
    /// When it takes longer than `limit`.
    pub async fn run_module<T: DeserializeOwned>(&self, name: &str, limit: Duration) -> T {
        let append = format!(
            "const script = document.createElement('script');
            script.type = 'module';
            script.src = '{SCRIPTS}/{name}.js';
            document.head.append(script);"
        );
        let _: Value = self.script(&append).await;
        let read = "const { outcome, at } = document.body.dataset; return [outcome ?? null, at ?? null]";
        let ended = |found: &(Option<String>, Option<String>)| found.0.is_some();
        let (outcome, _) = self.until_script_within(limit, read, &format!("{name} has ended"), ended).await;
        let outcome = outcome.unwrap_or_default();
        serde_json::from_str(&outcome).unwrap_or_else(|error| panic!("{}: {name}: {error}: {outcome}", self.name))
    }

    async fn find(&self, selector: &str) -> Element {
        self.soon(&format!("finding {selector}"), self.client.find(Locator::Css(selector))).await
    }

    /// Runs the body of a function in the page, and waits for what it returns.
    pub async fn script<T: DeserializeOwned>(&self, script: &str) -> T {
        let answer = self.soon("a script", self.client.execute(script, Vec::new())).await;
        serde_json::from_value(answer).unwrap_or_else(|error| panic!("{}: {script} gave {error}", self.name))
    }

    pub(crate) async fn soon<T, E: std::fmt::Display>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> T {
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => panic!("{}: {what} failed: {error}", self.name),
            Err(_) => panic!("{}: {what} took longer than {} s", self.name, PATIENCE.as_secs()),
        }
    }
}

/// One calls, the other takes it.
pub async fn connect(caller: &Page, callee: &Page) {
    caller.call(callee).await;
    callee.until_rung_by(caller).await;
    callee.accept().await;
    caller.until_in_call_with(callee).await;
    callee.until_in_call_with(caller).await;
}
