//! The stage of a call: tiles, controls, devices, screens and interruptions, at the sizes of a desktop and a phone.

use browser_rtc_e2e::{Browser, Page, Seen, Stage, Tile, connect, play};

use crate::talk;

const DESKTOP: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);
const PHONE_LANDSCAPE: (u32, u32) = (844, 480);

async fn call(stage: &Stage, one: Browser, other: Browser) -> (Page, Page) {
    let ada = stage.join(one, "Ada").await;
    let bob = stage.join(other, "Bob").await;
    connect(&ada, &bob).await;
    for page in [&ada, &bob] {
        page.until("the picture is shown", |seen| person(seen).is_some_and(|tile| tile.picture == "live")).await;
    }
    (ada, bob)
}

fn person(seen: &Seen) -> Option<&Tile> {
    seen.person.as_ref()
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_screen_shared_in_chrome_has_own_tile() {
    screen_has_own_tile("screen of chrome", Browser::Chrome, Browser::Firefox).await;
}

/// A headless Firefox has no screen to share.
#[tokio::test(flavor = "multi_thread")]
async fn f08_failure_to_share_is_explained() {
    play("screen of firefox", async |stage| {
        let (ada, bob) = call(stage, Browser::Firefox, Browser::Chrome).await;
        ada.click("#share-screen").await;
        let explains = |seen: &Seen| seen.failure.as_ref().is_some_and(|failure| failure.text.contains("screen"));
        ada.until("the failure is explained", explains).await;
        ada.click("#dismiss-failure").await;
        let is_back = |seen: &Seen| seen.failure.is_none() && seen.focus.as_deref() == Some("share-screen");
        ada.until("the focus is back at the button", is_back).await;
        bob.until_frames(10).await;
        assert!(bob.seen().await.screen.is_none());
        talk::part(&ada, &bob).await;
    })
    .await;
}

async fn screen_has_own_tile(scene: &str, shares: Browser, watches: Browser) {
    play(scene, async |stage| {
        let (ada, bob) = call(stage, shares, watches).await;
        let screen = "return document.querySelector('#remote-screen').videoWidth";
        let is_shown = |seen: &Seen| seen.screen.as_ref().is_some_and(|tile| tile.picture == "live");
        for _ in 0..2 {
            ada.click("#share-screen").await;
            bob.until("the screen is shown", is_shown).await;
            bob.until_script(screen, "the screen has a picture", |width: &u32| *width > 0).await;
            ada.click("#share-screen").await;
            bob.until("the screen is gone", |seen| seen.screen.is_none()).await;
        }
        // The browser's own button ends the track.
        ada.click("#share-screen").await;
        bob.until("the screen is shown", is_shown).await;
        let end = "const senders = window.e2e.connection().getSenders();
            const { track } = senders.findLast(({ track }) => track?.kind === 'video');
            track.stop(); track.dispatchEvent(new Event('ended'));";
        let () = ada.script(end).await;
        bob.until("the screen is gone", |seen| seen.screen.is_none()).await;
        let pressed = "return document.querySelector('#share-screen').ariaPressed";
        ada.until_script(pressed, "the button is released", |pressed: &String| pressed == "false").await;
        // The camera and the sound have continued.
        bob.until_frames(10).await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_devices_change_during_call() {
    play("devices change", async |stage| {
        let (ada, bob) = call(stage, Browser::Chrome, Browser::Firefox).await;
        let sent = "const senders = window.e2e.connection().getSenders();
            return senders.find(({ track }) => track?.kind === 'audio')?.track.getSettings().deviceId ?? ''";
        let before: String = ada.script(sent).await;
        ada.click("#microphone-more").await;
        ada.click("#call-microphones .choice:last-child").await;
        ada.until_script(sent, "another microphone is sent", |id: &String| !id.is_empty() && *id != before).await;
        ada.click("#call-speakers .choice:last-child").await;
        let sink = "return document.querySelector('#remote-video').sinkId";
        ada.until_script(sink, "another loudspeaker plays", |id: &String| !id.is_empty()).await;
        assert!(ada.seen().await.failure.is_none());
        bob.until("the microphone is not muted", |seen| person(seen).is_some_and(|tile| !tile.muted)).await;
        // A muted microphone stays muted when it is changed.
        ada.press_key("#microphone-more", '\u{e00c}').await;
        ada.click("#toggle-microphone").await;
        ada.click("#microphone-more").await;
        ada.click("#call-microphones .choice:first-of-type").await;
        ada.until_script(sent, "the first microphone is sent", |id: &String| *id == before).await;
        bob.until("the microphone is muted", |seen| person(seen).is_some_and(|tile| tile.muted)).await;
        let silent = |seen: &Seen| seen.captured("audio").is_some_and(|track| !track.enabled);
        ada.until("the new microphone is silent", silent).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// The frames stop although the state of the peer says that the camera is on.
#[tokio::test(flavor = "multi_thread")]
async fn frozen_picture_is_marked_until_frames_come() {
    play("frozen picture", async |stage| {
        let (ada, bob) = call(stage, Browser::Chrome, Browser::Firefox).await;
        bob.until("the quality is good", |seen| person(seen).is_some_and(|tile| tile.bars == 4)).await;
        let stop = "const senders = window.e2e.connection().getSenders();
            window.frozen = senders.find(({ track }) => track?.kind === 'video');
            window.track = window.frozen.track;
            return window.frozen.replaceTrack(null)";
        let () = ada.script(stop).await;
        let is_covered = |seen: &Seen| {
            let cover = person(seen).and_then(|tile| tile.cover.as_deref()).unwrap_or_default();
            cover.starts_with("The picture has stopped") && cover.ends_with(" s")
        };
        bob.until("the picture is marked as stopped", is_covered).await;
        let seen = bob.until_status("stalled").await;
        assert!(seen.status.contains("Ada"), "{}", seen.status);
        let () = ada.script("return window.frozen.replaceTrack(window.track)").await;
        let is_clear = |seen: &Seen| person(seen).is_some_and(|tile| tile.cover.is_none());
        bob.until("the picture has no mark", is_clear).await;
        bob.until("the status is that of the call", |seen| seen.status_code == "in-call").await;
        talk::part(&bob, &ada).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_picture_moves_in_chrome() {
    own_picture_moves("own picture chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_picture_moves_in_firefox() {
    own_picture_moves("own picture firefox", Browser::Firefox).await;
}

async fn own_picture_moves(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let (ada, _bob) = call(stage, browser, Browser::Chrome).await;
        let at = async |corner: &str| {
            let script = "return document.querySelector('#own-tile').dataset.corner";
            ada.until_script(script, &format!("the picture is at the {corner}"), |now: &String| now == corner).await;
        };
        const KEYS: [(char, &str); 4] = [
            ('\u{e013}', "top-right"),
            ('\u{e012}', "top-left"),
            ('\u{e015}', "bottom-left"),
            ('\u{e014}', "bottom-right"),
        ];
        for (width, height) in [DESKTOP, PHONE] {
            ada.resize(width, height).await;
            at("bottom-right").await;
            for (key, corner) in KEYS {
                ada.press_key("#own-move", key).await;
                at(corner).await;
            }
            let rests = "return document.querySelector('#own-tile').getAnimations().length === 0";
            ada.until_script(rests, "the picture has arrived", |rests: &bool| *rests).await;
            ada.drag("#own-move", "#stage", (0.1, 0.1)).await;
            at("top-left").await;
            ada.until_script(rests, "the picture has arrived", |rests: &bool| *rests).await;
            ada.drag("#own-move", "#stage", (0.9, 0.9)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_stay_in_view_in_chrome() {
    controls_stay_in_view("controls chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_stay_in_view_in_firefox() {
    controls_stay_in_view("controls firefox", Browser::Firefox).await;
}

/// The smallest window of a browser is wider than a phone, and has the layout of a phone as well.
async fn controls_stay_in_view(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let (ada, _bob) = call(stage, browser, Browser::Chrome).await;
        for size @ (width, height) in [DESKTOP, PHONE, PHONE_LANDSCAPE] {
            ada.resize(width, height).await;
            let in_view = "return [...document.querySelectorAll('.controls button')].every((button) => {
                const { top, bottom, left, right } = button.getBoundingClientRect();
                return button.hidden || top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
            })";
            ada.until_script(in_view, "all controls are in view", |all: &bool| *all).await;
            let overflows: bool = ada.script("return document.documentElement.scrollWidth > innerWidth").await;
            assert!(!overflows, "the page scrolls sideways at {size:?}");
        }
        let expand = ".tile:not([hidden]) .tile-expand";
        ada.resize(DESKTOP.0, DESKTOP.1).await;
        for fills in [true, false] {
            ada.click(expand).await;
            let script = "return document.fullscreenElement?.classList.contains('tile') ?? false";
            ada.until_script(script, "the tile fills the screen, or not", |now: &bool| *now == fills).await;
        }
    })
    .await;
}

/// Today a call has two tiles at most. Copies of one stand for more participants.
#[tokio::test(flavor = "multi_thread")]
async fn grid_holds_nine_tiles_without_overlap() {
    play("grid", async |stage| {
        let (ada, _bob) = call(stage, Browser::Chrome, Browser::Chrome).await;
        for size @ (width, height) in [DESKTOP, PHONE] {
            ada.resize(width, height).await;
            for count in 1..=9 {
                let fits: String = ada.script(&format!("const count = {count}; {GRID}")).await;
                assert_eq!(fits, "", "{count} tiles at {size:?}");
            }
        }
    })
    .await;
}

const GRID: &str = "const tiles = document.querySelector('#tiles');
    const own = [...tiles.children].find((tile) => !tile.hidden);
    tiles.querySelectorAll('.copy').forEach((copy) => copy.remove());
    for (let i = 1; i < count; i++) { const copy = own.cloneNode(true); copy.classList.add('copy'); tiles.append(copy); }
    const stage = tiles.getBoundingClientRect();
    const all = [...tiles.children].filter((tile) => !tile.hidden).map((tile) => tile.getBoundingClientRect());
    const problems = [];
    all.forEach((a, i) => {
        if (a.left < stage.left - 1 || a.right > stage.right + 1 || a.top < stage.top - 1 || a.bottom > stage.bottom + 1)
            problems.push(`tile ${i} is outside`);
        if (a.width < 60 || a.height < 60) problems.push(`tile ${i} is ${a.width} by ${a.height}`);
        all.slice(0, i).forEach((b, j) => {
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
                problems.push(`tiles ${j} and ${i} overlap`);
        });
    });
    return problems.join(', ');";

#[tokio::test(flavor = "multi_thread")]
async fn focus_is_kept_in_chrome() {
    focus_is_kept("focus chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn focus_is_kept_in_firefox() {
    focus_is_kept("focus firefox", Browser::Firefox).await;
}

async fn focus_is_kept(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let has_focus = |seen: &Seen| seen.focus.is_some();
        let ada = stage.open(browser, "Ada", "/").await;
        ada.join("lobby").await;
        ada.until("an element has the focus after the join", has_focus).await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        ada.accept().await;
        ada.until_in_call_with(&bob).await;
        ada.until("an element has the focus in the call", has_focus).await;
        bob.hang_up().await;
        ada.until_free().await;
        ada.until("an element has the focus after the call", has_focus).await;
        bob.until("an element has the focus after hanging up", has_focus).await;
    })
    .await;
}
