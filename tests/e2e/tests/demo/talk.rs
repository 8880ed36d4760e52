//! Actions and assertions of a call between any two pages.

pub use browser_rtc_e2e::connect;
use browser_rtc_e2e::{Browser, ChatLine, Page, Seen, Size, Stage};

/// A window of a desktop computer, and the smallest one of a browser, which has the layout of a phone.
pub const DESKTOP: (u32, u32) = (1280, 1000);
pub const PHONE: (u32, u32) = (390, 844);

/// Lets two users join in windows of this size, and connects them.
pub async fn join_and_connect(stage: &Stage, browsers: [Browser; 2], (width, height): (u32, u32)) -> [Page; 2] {
    let [ada, bob] = browsers;
    let (ada, bob) = (stage.join(ada, "Ada").await, stage.join(bob, "Bob").await);
    ada.resize(width, height).await;
    bob.resize(width, height).await;
    connect(&ada, &bob).await;
    [ada, bob]
}

/// Waits until both pages show frames of the other, in the size of the sender's camera.
pub async fn see_each_other(one: &Page, other: &Page) {
    for (sender, receiver) in [(one, other), (other, one)] {
        receiver.until_frames(10).await;
        receiver.until_size(camera_size(sender).await).await;
        receiver.until_frames(10).await;
        receiver.until_black(false).await;
    }
}

/// Returns the size in the settings of the camera.
pub async fn camera_size(page: &Page) -> Size {
    let seen = page.seen().await;
    let size = seen.captured("video").expect("a camera is captured").size;
    assert!(size.width > 0 && size.height > 0, "the settings of the camera have no size");
    size
}

/// Sends a line in each direction. The first one would be harmful as HTML.
pub async fn chat(one: &Page, other: &Page) {
    const HARMFUL: &str = "<img src=x onerror=alert(1)>";
    const HARMLESS: &str = "Grüße & küsse 👋";
    one.chat(HARMFUL).await;
    other.until("the line is received", |seen| seen.chat.iter().any(|line| line.from == "them")).await;
    other.chat(HARMLESS).await;
    one.until("the answer is received", |seen| seen.chat.iter().any(|line| line.from == "them")).await;

    let line = |from: &str, text: &str| (from.to_owned(), text.to_owned(), 0);
    let parts = |line: ChatLine| (line.from, line.text, line.elements);
    let chat = async |page: &Page| page.seen().await.chat.into_iter().map(parts).collect::<Vec<_>>();
    assert_eq!(chat(one).await, [line("me", HARMFUL), line("them", HARMLESS)]);
    assert_eq!(chat(other).await, [line("them", HARMFUL), line("me", HARMLESS)]);
}

/// Plays tones on both pages, one after the other. Their keys light up in order.
pub async fn press_keys(one: &Page, other: &Page) {
    for page in [one, other] {
        assert_eq!(page.play("12#").await, "12#", "tones on the page of {}", page.name());
    }
}

/// Hangs up, and asserts that both pages have freed the call, to which both have opened camera and microphone.
pub async fn part(hangs_up: &Page, other: &Page) {
    for seen in part_without_devices(hangs_up, other).await {
        let captured = seen.tracks.iter().filter(|track| track.origin == "captured").count();
        assert!(captured >= 2, "the camera and the microphone were not captured: {:?}", seen.tracks);
    }
}

/// Hangs up, and asserts that both pages have freed the call, to which some devices may have been off.
pub async fn part_without_devices(hangs_up: &Page, other: &Page) -> Vec<Seen> {
    hangs_up.hang_up().await;
    let mut ends = Vec::new();
    for page in [hangs_up, other] {
        page.until_free().await;
        let seen = page.until_status("ended").await;
        assert!(!seen.connections.is_empty(), "there was no connection");
        assert!(seen.failure.is_none(), "{:?}", seen.failure);
        ends.push(seen);
    }
    ends
}

/// Asserts that no page has had an uncaught error.
pub async fn no_uncaught_errors(pages: &[&Page]) {
    for page in pages {
        let problems = page.seen().await.problems;
        assert!(!problems.iter().any(|problem| problem.starts_with("uncaught")), "{}: {problems:?}", page.name());
    }
}
