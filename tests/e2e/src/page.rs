//! The page of the demo, with the actions of its user.

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fantoccini::Client;
use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::wd::Locator;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::proxy::Proxy;
use crate::seen::{Seen, Size, Status};
use crate::server::SCRIPTS;

/// The time limit of a wait. A call starts within seconds, but takes longer on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(120);
/// The time limit for a sender to return from a reduced video to the full size.
const GROWTH: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(50);

const SPIES: &str = include_str!("spies.js");

/// A peer in the room.
pub trait Peer {
    /// Returns the name in the room.
    fn name(&self) -> &str;
}

impl Peer for Page {
    fn name(&self) -> &str {
        &self.name
    }
}

/// The page of one user, in a separate browser.
#[derive(Debug)]
pub struct Page {
    pub(crate) client: Client,
    name: String,
    /// The number of statuses up to the one that was waited for last.
    known_statuses: AtomicUsize,
}

impl Page {
    /// Opens the URL, and waits until the page is ready or reports that calls are unsupported.
    pub(crate) async fn open(client: Client, name: &str, url: &str) -> Self {
        let page = Self { client, name: name.to_owned(), known_statuses: AtomicUsize::new(0) };
        page.with_timeout("the page", page.client.goto(url)).await;
        page.started().await;
        page
    }

    /// Creates a page for a browser that has opened no URL yet.
    pub(crate) fn blank(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned(), known_statuses: AtomicUsize::new(0) }
    }

    /// Opens a URL in this browser, without the spies for the demo.
    pub async fn go_to(&self, url: &str) {
        self.with_timeout("the page", self.client.goto(url)).await;
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.with_timeout("the reload of the page", self.client.refresh()).await;
        self.started().await;
    }

    /// Ends the page while its connection to the server is cut, and opens it again in the same tab. For the server, the
    /// page has crashed, because its socket has ended without a close frame.
    pub async fn crash_and_reopen(&self, proxy: &Proxy) {
        proxy.cut();
        self.with_timeout("the end of the page", self.client.goto("about:blank")).await;
        proxy.restore();
        self.with_timeout("the page", self.client.goto(&proxy.url())).await;
        self.started().await;
    }

    async fn started(&self) {
        let _: Value = self.script(SPIES).await;
        self.known_statuses.store(0, Ordering::Relaxed);
        self.until("the page has started", |seen| seen.ready || seen.view == "unsupported").await;
    }

    /// Returns the name of the user.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Joins a room, and waits until the room is shown.
    pub async fn join(&self, room: &str) {
        self.ask_to_join(room).await;
        self.until("the room is shown", |seen| seen.view == "room").await;
    }

    /// Fills in and submits the form.
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
    pub async fn call(&self, who: &impl Peer) {
        self.until_here(who).await;
        self.click(&format!("#people li[data-name=\"{}\"] .call", who.name())).await;
    }

    /// Waits until a peer is in the list.
    pub async fn until_here(&self, who: &impl Peer) {
        self.until(&format!("{} is in the list", who.name()), |seen| seen.people.iter().any(|name| name == who.name()))
            .await;
    }

    /// Waits until a peer is no longer in the list.
    pub async fn until_gone(&self, who: &impl Peer) {
        self.until(&format!("{} is not in the list", who.name()), |seen| {
            !seen.people.iter().any(|name| name == who.name())
        })
        .await;
    }

    /// Waits until a peer rings.
    pub async fn until_rung_by(&self, who: &impl Peer) {
        self.until(&format!("{} is calling", who.name()), |seen| seen.incoming.as_deref() == Some(who.name())).await;
    }

    /// Waits until the call is connected.
    pub async fn until_in_call_with(&self, who: &impl Peer) {
        self.until(&format!("the call with {} is connected", who.name()), |seen| seen.is_in_call_with(who.name()))
            .await;
    }

    /// Waits until the call has ended and its resources are freed.
    pub async fn until_free(&self) {
        self.until("the call has ended and all tracks and connections are closed", |seen| {
            seen.is_idle() && seen.has_freed_all()
        })
        .await;
    }

    /// Waits for this `data-code` of the status line, and returns the content of the page with that status. News may have
    /// disappeared again, unless another call of this function has waited for them.
    pub async fn until_status(&self, code: &str) -> Seen {
        let known = self.known_statuses.load(Ordering::Relaxed);
        let is_wanted = |status: &Status| status.code == code;
        let mut seen = self
            .until(&format!("the status is {code}"), |seen| {
                seen.status_code == code || seen.statuses.iter().skip(known).any(is_wanted)
            })
            .await;
        if let Some(index) = seen.statuses.iter().rposition(is_wanted) {
            self.known_statuses.store(index + 1, Ordering::Relaxed);
            seen.status = seen.statuses[index].text.clone();
            seen.status_code = code.to_owned();
        }
        seen
    }

    /// Waits until the failure box shows this kind of error, and returns its message.
    pub async fn until_failure(&self, kind: &str) -> String {
        let shows = |seen: &Seen| seen.failure.as_ref().is_some_and(|failure| failure.kind == kind);
        let seen = self.until(&format!("the failure {kind} is shown"), shows).await;
        seen.failure.map(|failure| failure.text).unwrap_or_default()
    }

    /// Waits until this number of additional frames of the remote video have been shown.
    pub async fn until_frames(&self, more: u64) {
        let before = self.seen().await.remote_video.frames;
        self.until(&format!("{more} frames after frame {before} are shown"), |seen| {
            seen.remote_video.frames >= before + more
        })
        .await;
    }

    /// Waits until the remote video has this size. The sender may reduce the size until it has measured the network.
    pub async fn until_size(&self, size: Size) {
        self.until_within(GROWTH, &format!("the remote video has the size {size:?}"), |seen| {
            seen.remote_video.size == size
        })
        .await;
    }

    /// Waits until the remote video is black, or until it is not.
    pub async fn until_black(&self, black: bool) {
        const DARK: f64 = 12.0;
        let what = if black { "the remote video is black" } else { "the remote video is not black" };
        let condition = |brightness: &f64| (*brightness < DARK) == black;
        self.until_script("return window.e2e.brightness('#remote-video')", what, condition).await;
    }

    /// Accepts the incoming call.
    pub async fn accept(&self) {
        self.click("#accept").await;
    }

    /// Declines the incoming call.
    pub async fn decline(&self) {
        self.click("#decline").await;
    }

    /// Cancels the outgoing call.
    pub async fn cancel(&self) {
        self.click("#cancel").await;
    }

    /// Ends the call.
    pub async fn hang_up(&self) {
        self.click("#hang-up").await;
    }

    /// Opens a panel beside the call by its tab. The plain page has no tabs, and shows everything.
    pub async fn open_panel(&self, name: &str) {
        if self.script(&format!("return document.querySelector('#tab-{name}') !== null")).await {
            self.click(&format!("#tab-{name}")).await;
        }
    }

    /// Sends a chat line in the call, once the chat is open.
    pub async fn chat(&self, line: &str) {
        self.open_panel("chat").await;
        self.until("the chat is open", |seen| seen.chat_open).await;
        self.fill("#chat-text", line).await;
        self.click("#chat-form button:not([type=button])").await;
    }

    /// Sends a line to the room.
    pub async fn say(&self, line: &str) {
        self.fill("#room-chat-text", line).await;
        self.click("#room-chat-form button").await;
    }

    /// Plays these tones, and waits until they have been played. Returns the keys in the order in which they were lit.
    pub async fn play(&self, tones: &str) -> String {
        self.open_panel("keypad").await;
        let before = self.seen().await.tones.len();
        self.fill("#tones", tones).await;
        self.click("#tones-form button").await;
        let count = tones.chars().count();
        let played = |seen: &Seen| seen.tones.len() >= before + count && seen.lit.is_empty();
        self.until(&format!("the keys of {tones} have been lit and are dark"), played)
            .await
            .tones
            .split_off(before)
            .concat()
    }

    /// Requests a camera with exactly this width, or with any width if the text is empty.
    pub async fn set_exact_width(&self, width: &str) {
        let _: Value = self.script("document.querySelector('#settings').open = true").await;
        self.fill("#exact-width", width).await;
    }

    /// Holds back the frames that the page sends to the signaling server.
    pub async fn hold_signaling(&self) {
        let _: Value = self.script("window.e2e.hold()").await;
    }

    /// Sends the frames that were held back.
    pub async fn release_signaling(&self) {
        let _: Value = self.script("window.e2e.release()").await;
    }

    /// Adds a transceiver to the connection of the call, and waits until it has been negotiated.
    pub async fn renegotiate_with(&self, other: &Page) {
        let sections = |seen: &Seen| seen.open_connections().map(|connection| connection.sections).sum::<usize>();
        let more = sections(&self.seen().await) + 1;
        let _: Value = self.script("window.e2e.addSection()").await;
        for page in [self, other] {
            let negotiated = |seen: &Seen| {
                sections(seen) == more && seen.open_connections().all(|connection| connection.signaling == "stable")
            };
            page.until(&format!("{more} sections have been negotiated"), negotiated).await;
        }
    }

    /// Sets the size of the window, in pixels. Browsers have a minimum width of about 500 pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        self.with_timeout("the resize of the window", self.client.set_window_size(width, height)).await;
    }

    /// Closes the tab.
    pub async fn close(&self) {
        self.with_timeout("the close of the window", self.client.close_window()).await;
    }

    /// Clicks on the first element that matches the selector, which must be visible and not covered.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        // Drivers do not scroll to an element that lies under the bar of a small window.
        let target = serde_json::to_value(&element).expect("an element is a reference");
        let scroll = self.client.execute("arguments[0].scrollIntoView({ block: 'nearest' })", vec![target]);
        self.with_timeout(&format!("the scroll to {selector}"), scroll).await;
        self.with_timeout(&format!("a click on {selector}"), element.click()).await;
    }

    /// Moves the pointer to this offset in pixels, right and down, from the center of the first element that matches the
    /// selector.
    pub async fn move_pointer(&self, selector: &str, (x, y): (i16, i16)) {
        let element = self.find(selector).await;
        let movement = PointerAction::MoveToElement { element, duration: None, x: x.into(), y: y.into() };
        let pointer = MouseActions::new("mouse".to_owned()).then(movement);
        self.with_timeout(&format!("the pointer movement over {selector}"), self.client.perform_actions(pointer)).await;
    }

    /// Replaces the text of a field.
    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.with_timeout(&format!("the clearing of {selector}"), element.clear()).await;
        self.with_timeout(&format!("the input into {selector}"), element.send_keys(text)).await;
    }

    /// Types keys into the first element that matches the selector, after its present text.
    pub async fn press(&self, selector: &str, keys: &str) {
        let element = self.find(selector).await;
        self.with_timeout(&format!("the input into {selector}"), element.send_keys(keys)).await;
    }

    /// Returns the current content of the page.
    pub async fn seen(&self) -> Seen {
        self.script("return window.e2e.seen()").await
    }

    /// Waits until the condition holds, and returns the content of the page.
    ///
    /// # Panics
    /// If this takes longer than two minutes, with the last content of the page.
    pub async fn until(&self, what: &str, condition: impl Fn(&Seen) -> bool) -> Seen {
        self.until_within(TIMEOUT, what, condition).await
    }

    /// Waits like [`Page::until`], with another time limit.
    ///
    /// # Panics
    /// If this takes longer than the limit.
    pub async fn until_within(&self, limit: Duration, what: &str, condition: impl Fn(&Seen) -> bool) -> Seen {
        self.until_script_within(limit, "return window.e2e.seen()", what, condition).await
    }

    /// Waits until the condition holds for the result of a script, and returns the result.
    ///
    /// # Panics
    /// If this takes longer than two minutes, with the last result.
    pub async fn until_script<T>(&self, script: &str, what: &str, condition: impl Fn(&T) -> bool) -> T
    where
        T: DeserializeOwned + Debug,
    {
        self.until_script_within(TIMEOUT, script, what, condition).await
    }

    /// Waits like [`Page::until_script`], with another time limit.
    ///
    /// # Panics
    /// If this takes longer than the limit.
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
        let started = Instant::now();
        loop {
            let seen = self.script(script).await;
            if condition(&seen) {
                // The progress of the test, which is shown only if the test fails.
                eprintln!("{:>6} ms  {}: {what}", started.elapsed().as_millis(), self.name);
                return seen;
            }
            assert!(started.elapsed() < limit, "{}: timed out waiting until {what}: {seen:#?}", self.name);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Runs an asynchronous script, which may use `await`, and waits for its end.
    pub async fn load_script(&self, name: &str, script: &str) {
        let _: Value = self.script(&format!("return (async () => {{ {script}\n }})()")).await;
        eprintln!("           {}: {name} is loaded", self.name);
    }

    /// Runs `tests/demo/{name}.js` as a module of the page itself. In Firefox, scripts of a driver run in a realm of their
    /// own, where a promise or an error of the page is not an instance of `Promise` or `Error`. The module sets
    /// `document.body.dataset.outcome` to its outcome as JSON, which is returned, and `document.body.dataset.at` to its
    /// current step.
    ///
    /// # Panics
    /// If this takes longer than `limit`.
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

    pub(crate) async fn find(&self, selector: &str) -> Element {
        self.with_timeout(&format!("the search for {selector}"), self.client.find(Locator::Css(selector))).await
    }

    /// Runs the body of a function in the page, and returns its result.
    pub async fn script<T: DeserializeOwned>(&self, script: &str) -> T {
        let answer = self.with_timeout("a script", self.client.execute(script, Vec::new())).await;
        serde_json::from_value(answer).unwrap_or_else(|error| panic!("{}: the result of {script}: {error}", self.name))
    }

    pub(crate) async fn with_timeout<T, E: std::fmt::Display>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> T {
        match tokio::time::timeout(TIMEOUT, work).await {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => panic!("{}: {what} failed: {error}", self.name),
            Err(_) => panic!("{}: {what} took longer than {} s", self.name, TIMEOUT.as_secs()),
        }
    }
}

/// Calls from one page to the other, which accepts.
pub async fn connect(caller: &Page, callee: &Page) {
    caller.call(callee).await;
    callee.until_rung_by(caller).await;
    callee.accept().await;
    caller.until_in_call_with(callee).await;
    callee.until_in_call_with(caller).await;
}
