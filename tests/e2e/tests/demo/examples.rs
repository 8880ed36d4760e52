//! The pages of `examples/`: in two browsers, each example connects to itself.

use browser_rtc_e2e::{Browser, Page, Stage, play};
use futures::future::join;
use serde_json::Value;

/// The examples of a user interface framework, whose pages have the elements of `examples/README.md`.
const FRAMEWORKS: [&str; 3] = ["leptos", "yew", "dioxus"];

#[tokio::test(flavor = "multi_thread")]
async fn examples_chrome_to_chrome() {
    in_browsers("examples chrome to chrome", Browser::Chrome, Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_firefox_to_firefox() {
    in_browsers("examples firefox to firefox", Browser::Firefox, Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_chrome_to_firefox() {
    in_browsers("examples chrome to firefox", Browser::Chrome, Browser::Firefox).await;
}

async fn in_browsers(scene: &str, one: Browser, other: Browser) {
    play(scene, async |stage| {
        let (ada, bob) = join(stage.open_blank(one, "Ada"), stage.open_blank(other, "Bob")).await;
        let pages = Pages { stage, ada: &ada, bob: &bob };
        pages.open("call").await;
        call(&ada, &bob).await;
        // Again without a reload, and the other peer hangs up.
        call(&bob, &ada).await;
        for framework in FRAMEWORKS {
            pages.open(framework).await;
            call_with_chat(&ada, &bob).await;
        }
        pages.open("data-only").await;
        data_only(&ada, &bob).await;
        pages.open("game-loop").await;
        game_loop(&ada, &bob).await;
        pages.open("screen-share").await;
        screen_share(&ada, &bob).await;
        pages.open("own-signaling").await;
        own_signaling(&ada).await;
        if other != one {
            own_signaling(&bob).await;
        }
    })
    .await;
}

/// The two browsers.
struct Pages<'a> {
    stage: &'a Stage,
    ada: &'a Page,
    bob: &'a Page,
}

impl Pages<'_> {
    /// Opens the page of an example in both.
    async fn open(&self, example: &str) {
        eprintln!("           example {example}");
        for page in [self.ada, self.bob] {
            assert_no_problems(page).await;
            page.go_to("about:blank").await;
        }
        // A page that Chrome keeps in its back/forward cache has not closed its socket properly, so that its seat is kept.
        self.stage.restart_server().await;
        let url = format!("{}/examples/{example}/index.html", self.stage.url());
        for page in [self.ada, self.bob] {
            page.go_to(&url).await;
            page.load_script("examples.js", include_str!("examples.js")).await;
        }
    }
}

async fn assert_no_problems(page: &Page) {
    let problems: Vec<String> = page.script("return window.problems ?? []").await;
    assert!(problems.is_empty(), "{}: {problems:?}", page.name());
}

async fn enter(page: &Page) {
    until_enabled(page, "#join").await;
    page.fill("#name", page.name()).await;
    page.click("#join").await;
}

async fn until_text(page: &Page, id: &str, text: &str) {
    let read = format!("return document.getElementById('{id}')?.textContent ?? ''");
    page.until_script(&read, &format!("#{id} contains {text:?}"), |found: &String| found.contains(text)).await;
}

async fn until_frames(page: &Page, id: &str) {
    let count = format!("return window.frames5('{id}')");
    page.until_script(&count, &format!("#{id} shows frames"), |frames: &u32| *frames == 5).await;
}

async fn until_empty(page: &Page, id: &str) {
    let read = format!("return document.getElementById('{id}')?.srcObject == null");
    page.until_script(&read, &format!("#{id} shows nothing"), |empty: &bool| *empty).await;
}

async fn say(from: &Page, to: &Page, line: &str) {
    from.fill("#line", line).await;
    click_once_enabled(from, "#send").await;
    until_text(to, "messages", line).await;
    until_text(from, "messages", line).await;
}

/// Waits until the user can join again, and nothing is left of the call.
async fn until_released(page: &Page) {
    let read = "return document.getElementById('join')?.disabled === false
        && window.captured.length > 0
        && window.captured.every((track) => track.readyState === 'ended')";
    page.until_script(read, "the page is ready to join, and the camera released", |released: &bool| *released).await;
    until_empty(page, "remote").await;
}

async fn see_each_other(one: &Page, other: &Page) {
    for page in [one, other] {
        until_frames(page, "local").await;
        until_frames(page, "remote").await;
    }
}

async fn call(hangs_up: &Page, other: &Page) {
    join(enter(hangs_up), enter(other)).await;
    see_each_other(hangs_up, other).await;
    hangs_up.click("#hang-up").await;
    for page in [hangs_up, other] {
        until_released(page).await;
    }
}

/// A call that is declined, one that is cancelled, one from each peer in which both chat, and one in the middle of which a
/// user leaves the room, so that all components are unmounted.
async fn call_with_chat(ada: &Page, bob: &Page) {
    join(enter(ada), enter(bob)).await;
    click_once_enabled(ada, "#peers button").await;
    click_once_enabled(bob, "#decline").await;
    until_text(ada, "status", "Declined").await;
    click_once_enabled(bob, "#peers button").await;
    until_text(ada, "status", "Bob is calling").await;
    bob.click("#cancel").await;
    until_text(ada, "status", "The call has ended").await;
    for (caller, callee, hangs_up) in [(ada, bob, bob), (bob, ada, bob)] {
        accepted_call(caller, callee).await;
        say(caller, callee, "Grüße <b>").await;
        say(callee, caller, "& küsse").await;
        hangs_up.click("#hang-up").await;
        for page in [ada, bob] {
            until_text(page, "status", "The call has ended").await;
            until_empty(page, "remote").await;
        }
    }
    accepted_call(ada, bob).await;
    ada.click("#leave").await;
    until_released(ada).await;
    until_text(bob, "status", "The call has ended").await;
    let no_peers = "return document.querySelector('#peers button') === null";
    bob.until_script(no_peers, "the list of peers is empty", |empty: &bool| *empty).await;
    bob.click("#leave").await;
    until_released(bob).await;
}

async fn accepted_call(caller: &Page, callee: &Page) {
    click_once_enabled(caller, "#peers button").await;
    click_once_enabled(callee, "#accept").await;
    see_each_other(caller, callee).await;
    let muted = "return [document.getElementById('local').muted, document.getElementById('remote').muted]";
    assert_eq!(caller.script::<[bool; 2]>(muted).await, [true, false]);
}

async fn until_enabled(page: &Page, selector: &str) {
    let read = format!("return document.querySelector('{selector}')?.disabled === false");
    page.until_script(&read, &format!("{selector} is enabled"), |enabled: &bool| *enabled).await;
}

async fn click_once_enabled(page: &Page, selector: &str) {
    until_enabled(page, selector).await;
    page.click(selector).await;
}

async fn data_only(ada: &Page, bob: &Page) {
    join(enter(ada), enter(bob)).await;
    until_text(ada, "status", "Connected to Bob").await;
    until_text(bob, "status", "Connected to Ada").await;
    say(ada, bob, "Hello, Bob").await;
    say(bob, ada, "Hello, Ada").await;
    bob.go_to("about:blank").await;
    until_text(ada, "status", "Bob has left").await;
}

/// The positions of both players, as the page of each shows them.
async fn game_loop(ada: &Page, bob: &Page) {
    for page in [ada, bob] {
        until_text(page, "status", "You are Player").await;
    }
    ada.move_pointer("#field", (-100, 50)).await;
    bob.move_pointer("#field", (200, -120)).await;
    for (page, me, opponent) in [(ada, "200px 250px", "500px 80px"), (bob, "500px 80px", "200px 250px")] {
        for (id, place) in [("me", me), ("opponent", opponent)] {
            let read = format!("return document.getElementById('{id}').style.translate");
            page.until_script(&read, &format!("#{id} is at {place}"), |found: &String| found == place).await;
        }
    }
    bob.go_to("about:blank").await;
    until_text(ada, "status", "closed").await;
}

async fn screen_share(ada: &Page, bob: &Page) {
    join(enter(ada), enter(bob)).await;
    until_text(ada, "status", "In a call with Bob").await;
    until_text(bob, "status", "In a call with Ada").await;
    let own_button = async |page: &Page| {
        let _: Value = page.script("window.stopCapture()").await;
    };
    for (sharer, viewer, ends_by_browser) in [(ada, bob, true), (ada, bob, false), (bob, ada, true)] {
        sharer.click("#share").await;
        until_frames(viewer, "remote").await;
        until_text(sharer, "share", "Stop sharing").await;
        if ends_by_browser {
            own_button(sharer).await;
        } else {
            sharer.click("#share").await;
        }
        until_text(sharer, "share", "Share the screen").await;
        until_empty(sharer, "local").await;
        until_empty(viewer, "remote").await;
    }
    bob.go_to("about:blank").await;
    until_text(ada, "status", "The call has ended").await;
}

/// Two tabs of one browser. The second one is driven from the first.
async fn own_signaling(page: &Page) {
    let _: Value = page.script("window.tab = window.open(location.href); return null").await;
    let in_tab = |script: &str| format!("const document = window.tab.document; {script}");
    let status = in_tab("return document.getElementById('status')?.textContent ?? ''");
    for _ in 0..2 {
        until_text(page, "status", "Connected").await;
        let connected = |status: &String| status.contains("Connected");
        page.until_script(&status, "the second tab is connected", connected).await;

        page.fill("#line", "Hello, tab").await;
        page.click("#send").await;
        let messages = in_tab("return document.getElementById('messages').textContent");
        page.until_script(&messages, "the second tab has the line", |lines: &String| lines.contains("Hello, tab"))
            .await;
        let send_line =
            in_tab("document.getElementById('line').value = 'Hello'; document.getElementById('send').click()");
        let _: Value = page.script(&send_line).await;
        until_text(page, "messages", "Other tab: Hello").await;

        // A reloaded tab connects again.
        let _: Value = page.script("window.tab.location.reload()").await;
        until_text(page, "messages", "closed").await;
    }
    let _: Value = page.script("window.tab.close()").await;
    assert_no_problems(page).await;
}
