//! The keypad in a call, as a user plays the examples of the specification by hand.

use browser_rtc_e2e::{Browser, Page, play};

use crate::talk::{self, DESKTOP, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn f35_to_f39_keypad_in_chrome() {
    keypad("keypad in chrome", Browser::Chrome, PHONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f35_to_f39_keypad_in_firefox() {
    keypad("keypad in firefox", Browser::Firefox, DESKTOP).await;
}

/// Records how long each key is lit.
const SPY: &str = "window.lit = []; const since = new Map();
    new MutationObserver(() => {
        for (const key of document.querySelectorAll('[data-tone]')) {
            const isLit = key.classList.contains('lit');
            if (isLit && !since.has(key)) since.set(key, performance.now());
            if (!isLit && since.has(key)) {
                window.lit.push([key.dataset.tone, performance.now() - since.get(key)]);
                since.delete(key);
            }
        }
    }).observe(document.querySelector('#keypad'), { subtree: true, attributes: true, attributeFilter: ['class'] });";

const PROBLEM: &str = "return document.querySelector('#keypad-problem').textContent";
const PLAYING: &str = "return document.querySelector('#tone-playing').textContent";
const QUEUE: &str = "return document.querySelector('#tone-queue').textContent";

async fn keypad(scene: &str, browser: Browser, size: (u32, u32)) {
    play(scene, async |stage| {
        let [ada, bob] = talk::join_and_connect(stage, [browser, Browser::Chrome], size).await;
        ada.open_panel("keypad").await;
        ada.load_script("a spy", SPY).await;

        // f35, f37: each key is lit for as long as its tone plays.
        enter(&ada, "1234", "500").await;
        ada.click("#play-tones").await;
        ada.until_script(QUEUE, "the queue is shown", |queue: &String| queue.contains('4')).await;
        assert_lit(&ada, &[("1", 500.0), ("2", 500.0), ("3", 500.0), ("4", 500.0)]).await;

        // f36: what waits is cancelled, and the current tone ends.
        enter(&ada, "123", "1500").await;
        ada.click("#play-tones").await;
        ada.until_script(PLAYING, "the second tone plays", |tone: &String| tone == "2").await;
        ada.click("#cancel-tones").await;
        ada.until_script(QUEUE, "the queue is empty", String::is_empty).await;
        assert_lit(&ada, &[("1", 1500.0), ("2", 1500.0)]).await;
        ada.until_script(PLAYING, "the tones have ended", String::is_empty).await;

        // f38, f39: appended tones play after the others, each with its own length.
        enter(&ada, "1", "1000").await;
        ada.click("#play-tones").await;
        enter(&ada, "2", "2000").await;
        ada.click("#append-tones").await;
        assert_lit(&ada, &[("1", 1000.0), ("2", 2000.0)]).await;
        ada.until_script(PLAYING, "the tones have ended", String::is_empty).await;

        keyboard(&ada).await;
        validation(&ada).await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// The keys are one tab stop, and the keyboard's digits play while the focus is on them.
async fn keyboard(page: &Page) {
    let stops = "return document.querySelectorAll('#keypad [tabindex=\"0\"]').length";
    assert_eq!(page.script::<u32>(stops).await, 1);
    page.fill("#tone-duration", "300").await;
    // Right and down, from 1 to 5.
    page.press("[data-tone=\"1\"]", "\u{E014}\u{E015}").await;
    assert_eq!(page.script::<String>("return document.activeElement.dataset.tone").await, "5");
    assert_eq!(page.script::<u32>(stops).await, 1);
    page.press("[data-tone=\"5\"]", "7#b").await;
    assert_lit(page, &[("7", 300.0), ("#", 300.0), ("B", 300.0)]).await;
    // Digits in a field are text.
    page.fill("#tones", "8").await;
    page.until_script(PLAYING, "no tone plays", String::is_empty).await;
    assert_lit(page, &[]).await;
}

async fn validation(page: &Page) {
    for (tones, duration, words) in
        [("1", "39", "from 40 to 6000"), ("1", "", "length of a tone"), ("1x", "100", "“x”")]
    {
        enter(page, tones, duration).await;
        page.click("#play-tones").await;
        page.until_script(PROBLEM, words, |problem: &String| problem.contains(words) && problem.ends_with('.')).await;
    }
    page.fill("#tone-gap", "6001").await;
    page.click("[data-tone=\"9\"]").await;
    page.until_script(PROBLEM, "the gap is too long", |problem: &String| problem.contains("gap")).await;
    assert_lit(page, &[]).await;
    // The next tone clears the problem.
    page.fill("#tone-gap", "70").await;
    page.fill("#tone-duration", "100").await;
    page.click("[data-tone=\"9\"]").await;
    assert_lit(page, &[("9", 100.0)]).await;
    assert_eq!(page.script::<String>(PROBLEM).await, "");
}

async fn enter(page: &Page, tones: &str, duration: &str) {
    page.fill("#tone-duration", duration).await;
    page.fill("#tones", tones).await;
}

/// Waits until these keys have been lit, each for about this number of milliseconds, and forgets them. A busy machine
/// runs timers late, and also the event that lights a key.
async fn assert_lit(page: &Page, expected: &[(&str, f64)]) {
    let lit = page
        .until_script("return window.lit", "the keys have been lit", |lit: &Vec<(String, f64)>| {
            lit.len() >= expected.len()
        })
        .await;
    let keys: Vec<_> = lit.iter().map(|(key, _)| &**key).collect();
    assert_eq!(keys, expected.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    for ((key, time), (_, expected)) in lit.iter().zip(expected) {
        assert!((0.3 * expected..expected + 3000.0).contains(time), "{key} is lit for {time} ms instead of {expected}");
    }
    page.load_script("a reset", "window.lit.length = 0").await;
}
