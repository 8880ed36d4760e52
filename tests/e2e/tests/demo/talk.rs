//! What two people do in a call, whichever pages they use.

pub use browser_rtc_e2e::connect;
use browser_rtc_e2e::{ChatLine, Page, Size};

/// Each sees the other: frames come, of the very size that the sender's camera gives.
pub async fn see_each_other(one: &Page, other: &Page) {
    for (sender, receiver) in [(one, other), (other, one)] {
        receiver.until_frames(10).await;
        receiver.until_size(camera_size(sender).await).await;
        receiver.until_frames(10).await;
        receiver.until_black(false).await;
    }
}

/// The size that the camera's own settings tell.
pub async fn camera_size(page: &Page) -> Size {
    let seen = page.seen().await;
    let size = seen.captured("video").expect("a camera is captured").size;
    assert!(size.width > 0 && size.height > 0, "the settings have a size");
    size
}

/// A line each way, the first of them one that would do harm as HTML.
pub async fn chat(one: &Page, other: &Page) {
    const HARMFUL: &str = "<img src=x onerror=alert(1)>";
    const HARMLESS: &str = "Grüße & küsse 👋";
    one.chat(HARMFUL).await;
    other.until("the line has come", |seen| seen.chat.iter().any(|line| line.from == "them")).await;
    other.chat(HARMLESS).await;
    one.until("the answer has come", |seen| seen.chat.iter().any(|line| line.from == "them")).await;

    let line = |from: &str, text: &str| (from.to_owned(), text.to_owned(), 0);
    let told = |line: ChatLine| (line.from, line.text, line.elements);
    let chat = async |page: &Page| page.seen().await.chat.into_iter().map(told).collect::<Vec<_>>();
    assert_eq!(chat(one).await, [line("me", HARMFUL), line("them", HARMLESS)]);
    assert_eq!(chat(other).await, [line("them", HARMFUL), line("me", HARMLESS)]);
}

/// Tones from one side, and then from the other: keys light in order, and go out.
pub async fn press_keys(one: &Page, other: &Page) {
    for page in [one, other] {
        assert_eq!(page.play("12#").await, "12#", "on the page of {}", page.name());
    }
}

/// One hangs up; then both are as before the call, and nothing is left of it.
pub async fn part(hangs_up: &Page, other: &Page) {
    hangs_up.hang_up().await;
    for page in [hangs_up, other] {
        page.until_free().await;
        let seen = page.until_status("ended").await;
        let captured = seen.tracks.iter().filter(|track| track.origin == "captured").count();
        assert!(captured >= 2, "a camera and a microphone have been there: {:?}", seen.tracks);
        assert!(!seen.connections.is_empty(), "a connection has been there");
        assert!(seen.failure.is_none(), "{:?}", seen.failure);
    }
}

/// Nothing has gone wrong without being shown.
pub async fn no_uncaught_errors(pages: &[&Page]) {
    for page in pages {
        let troubles = page.seen().await.troubles;
        assert!(!troubles.iter().any(|trouble| trouble.starts_with("uncaught")), "{}: {troubles:?}", page.name());
    }
}
