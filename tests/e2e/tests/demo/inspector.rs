//! The connection panel: its timeline and measurements, and the buttons that disturb the connection.

use std::time::Duration;

use browser_rtc_e2e::{Browser, Page, play};

use crate::talk;

/// Longer than the interval of the measurements.
const SEVERAL_MEASUREMENTS: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn connection_panel_in_chrome() {
    inspect("inspector in Chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_panel_in_firefox() {
    inspect("inspector in Firefox", Browser::Firefox).await;
}

async fn inspect(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        talk::connect(&ada, &bob).await;
        bob.until_frames(10).await;
        ada.open_panel("inspector").await;
        until_event(&ada, "Connection", "connected").await;
        measurements_are_shown(&ada).await;
        ice_is_restarted(&ada).await;
        sending_stops_and_continues(&ada, &bob).await;
        socket_is_dropped(&ada, &bob).await;
        report_is_copied(&ada).await;
        hidden_panel_measures_nothing(&ada).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// Waits for an event in the timeline.
async fn until_event(page: &Page, subject: &str, event: &str) {
    let script = format!(
        "return [...document.querySelectorAll('#timeline [data-subject=\"{subject}\"] .event')].map((event) => event.textContent)"
    );
    page.until_script(&script, &format!("the timeline has {subject} {event}"), |events: &Vec<String>| {
        events.iter().any(|known| known == event)
    })
    .await;
}

async fn measurements_are_shown(page: &Page) {
    let plots = "return [...document.querySelectorAll('.plot')].map((plot) => [
        plot.querySelector('output').textContent,
        plot.querySelector('polyline').getAttribute('points').trim().split(' ').length,
    ])";
    page.until_script(plots, "each plot has a line and a value", |plots: &Vec<(String, usize)>| {
        let is_drawn =
            |(value, points): &(String, usize)| value.starts_with(|c: char| c.is_ascii_digit()) && *points > 1;
        plots.len() == 5 && plots.iter().all(is_drawn)
    })
    .await;
    let streams = "return document.querySelector('#streams').textContent";
    page.until_script(streams, "codecs and resolutions are shown", |streams: &String| {
        streams.contains("Sends video/") && streams.contains("Receives video/") && streams.contains('×')
    })
    .await;
    let selected = "return ['#candidate-pairs', '#local-candidates', '#remote-candidates'].map((table) =>
        document.querySelectorAll(`${table} tr[data-selected=true] .in-use:not([hidden])`).length)";
    page.until_script(selected, "one pair and its candidates are marked", |marked: &[usize; 3]| *marked == [1; 3])
        .await;
}

/// Restarts ICE. The new user name is marked in the description.
async fn ice_is_restarted(page: &Page) {
    page.click("#restart-ice").await;
    until_event(page, "You", "restart ICE").await;
    until_event(page, "Signaling", "have-local-offer").await;
    let changed =
        "return [...document.querySelectorAll('#local-sdp [data-change=added]')].map((line) => line.textContent)";
    page.until_script(changed, "the new user name is marked", |lines: &Vec<String>| {
        lines.iter().any(|line| line.starts_with("a=ice-ufrag:"))
    })
    .await;
}

async fn sending_stops_and_continues(page: &Page, other: &Page) {
    page.click("#stop-sending").await;
    until_event(page, "You", "stop sending").await;
    let mut frames = other.seen().await.remote_video.frames;
    loop {
        tokio::time::sleep(SEVERAL_MEASUREMENTS).await;
        let now = other.seen().await.remote_video.frames;
        if now == frames {
            break;
        }
        frames = now;
    }
    page.click("#stop-sending").await;
    until_event(page, "You", "send again").await;
    other.until_frames(10).await;
}

/// Drops the signaling socket. The seat is kept, and the call continues.
async fn socket_is_dropped(page: &Page, other: &Page) {
    page.click("#drop-socket").await;
    until_event(page, "Socket", "closed with 4002").await;
    until_event(page, "Socket", "open").await;
    page.until_status("recovered").await;
    let seen =
        other.until("the peer is still in the list", |seen| seen.people.iter().any(|name| name == page.name())).await;
    assert!(seen.is_in_call_with(page.name()), "{seen:#?}");
    other.until_frames(10).await;
}

async fn report_is_copied(page: &Page) {
    let record = "const write = navigator.clipboard.writeText.bind(navigator.clipboard);
        navigator.clipboard.writeText = (text) => { document.body.dataset.copied = text; return write(text); };
        return null";
    let _: Option<()> = page.script(record).await;
    page.click("#copy-report").await;
    let outcome = "return document.querySelector('#copy-outcome').textContent";
    page.until_script(outcome, "the report is copied", |outcome: &String| outcome.contains("clipboard")).await;
    let report: String = page.script("return document.body.dataset.copied ?? ''").await;
    for part in ["== timeline ==", "Connection connected", "closed with 4002", "video/", "a=ice-pwd:(hidden)"] {
        assert!(report.contains(part), "no {part:?} in {report}");
    }
    assert_eq!(report.matches("a=ice-pwd:").count(), report.matches("a=ice-pwd:(hidden)").count());
}

async fn hidden_panel_measures_nothing(page: &Page) {
    page.open_panel("chat").await;
    let points = "return document.querySelector('#plot-incoming polyline').getAttribute('points')";
    // A measurement may be under way.
    tokio::time::sleep(SEVERAL_MEASUREMENTS).await;
    let before: String = page.script(points).await;
    tokio::time::sleep(SEVERAL_MEASUREMENTS).await;
    assert_eq!(page.script::<String>(points).await, before);
}
