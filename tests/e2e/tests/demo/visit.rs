//! A visit of two users in Chrome and Firefox: messages in the room, a call with sound only, a call that only watches, and
//! what the picture of the peer shows meanwhile.

use browser_rtc_e2e::{Browser, Conditions, Page, Seen, Tile, connect, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn visit_in_chrome_and_firefox() {
    play("visit", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Firefox, "Bob").await;
        // Emulation affects only sockets that are created while it is active, with any conditions.
        ada.emulate(Conditions::default()).await;

        room_chat_hides_and_links(&ada, &bob).await;
        columns_line_up(&bob).await;
        bob.until("old news are gone", |seen| seen.status.is_empty()).await;

        bob.click("#devices [data-switch=use-camera]").await;
        connect(&bob, &ada).await;
        sound_moves_ring(&ada, &bob).await;
        camera_is_added(&ada, &bob).await;
        picture_floats(&ada).await;
        picture_floats(&bob).await;
        recording_is_marked(&bob, &ada).await;
        recording_is_marked(&ada, &bob).await;
        talk::part_without_devices(&ada, &bob).await;

        bob.click("#devices [data-switch=use-microphone]").await;
        connect(&bob, &ada).await;
        user_watches(&ada, &bob).await;
        screen_is_shared(&ada, &bob).await;
        for page in [&ada, &bob] {
            columns_line_up(page).await;
            notices_stay_in_view(page).await;
        }
        interruption_is_counted(&ada, &bob).await;
        talk::part_without_devices(&bob, &ada).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

fn person(seen: &Seen) -> Option<&Tile> {
    seen.person.as_ref()
}

/// Returns the kinds of the live tracks of an origin.
fn kinds(seen: &Seen, origin: &str) -> Vec<String> {
    let live = seen.tracks.iter().filter(|track| track.origin == origin && track.state == "live");
    live.map(|track| track.kind.clone()).collect()
}

/// Hidden characters are removed from messages to the room, and addresses become links.
async fn room_chat_hides_and_links(ada: &Page, bob: &Page) {
    // Drivers cannot type these characters.
    let enter = "document.querySelector('#room-chat-text').value = 'to\\u202Egether\\u200B: https://example.org/a';
        document.querySelector('#room-chat-form').requestSubmit();";
    ada.load_script("a message to the room", enter).await;
    for page in [ada, bob] {
        let seen = page.until("the message is shown", |seen| seen.room_chat.len() == 1).await;
        assert_eq!(seen.room_chat[0].text, "together: https://example.org/a");
        let links =
            "return [...document.querySelectorAll('#room-chat-log a')].map((a) => [a.href, a.target, a.rel].join())";
        let expected = "https://example.org/a,_blank,noopener noreferrer nofollow";
        assert_eq!(page.script::<Vec<String>>(links).await, [expected]);
    }
    let mark = "return document.querySelector('#room-chat-log .receipt').textContent";
    ada.until_script(mark, "the message is marked as sent", |mark: &String| mark == "Sent").await;
}

/// The columns of the header, the call and the room line up, and a large window is used.
async fn columns_line_up(page: &Page) {
    const EDGES: &str = "const edges = (selector) => {
            const element = document.querySelector(selector);
            if (!element?.getClientRects().length) return [];
            const { left, right } = element.getBoundingClientRect();
            return [Math.round(left), Math.round(right)];
        };
        const columns = ['.brand', '.top button:last-child', '.call-main', '.lounge > :first-child', '.side', '.room-chat-card'];
        const [brand, leave, call, lounge, side, chat] = columns.map(edges);
        const main = call.length ? [call, side] : [edges('.stage'), chat];
        const below = call.length ? [edges('.people-card'), chat] : main;
        return [innerWidth, brand[0], leave[1], ...main.flat(), ...below.flat()]";
    for (width, height) in [(768, 1000), (1280, 900), (1920, 1000)] {
        page.resize(width, height).await;
        let edges: Vec<i32> = page.script(EDGES).await;
        let [inner, brand, leave, main_left, main_right, side_left, side_right, rest @ ..] = &*edges else {
            panic!("{edges:?}")
        };
        assert_eq!(
            rest,
            [*main_left, *main_right, *side_left, *side_right],
            "the rows have the same columns: {edges:?}"
        );
        assert_eq!((brand, leave), (main_left, side_right), "the header is as wide: {edges:?}");
        assert!(main_right < side_left && *main_left >= 0 && side_right <= inner, "{edges:?}");
        assert!(main_left + inner - side_right < 160, "the window is used: {edges:?}");
    }
    page.resize(talk::DESKTOP.0, talk::DESKTOP.1).await;
}

/// A failure is visible at the end of the page on a phone and at a zoom of 200 %, where the call can be ended as well.
async fn notices_stay_in_view(page: &Page) {
    const IN_VIEW: &str = "const { top, bottom, width } = document.querySelector('#failure').getBoundingClientRect();
        return width > 0 && top >= 0 && bottom <= innerHeight";
    for (width, height) in [talk::PHONE, (640, 450)] {
        page.resize(width, height).await;
        let _: () = page.script("document.querySelector('#room-chat-form').scrollIntoView()").await;
        // A camera that is unplugged ends its track.
        let unplug =
            "const { track } = window.e2e.connection().getSenders().find(({ track }) => track?.kind === 'audio') ?? {};
            track?.dispatchEvent(new Event('ended')); return track !== undefined";
        if page.script::<bool>(unplug).await {
            let seen = page.until("the failure is shown", |seen| seen.failure.is_some()).await;
            assert!(seen.failure.is_some_and(|failure| failure.text.contains("microphone")));
            assert!(page.script::<bool>(IN_VIEW).await, "the failure is in view at {width} × {height}");
            page.click("#dismiss-failure").await;
            page.click("#toggle-microphone").await;
            page.until("the microphone is on", |seen| !seen.microphone_muted).await;
        }
        page.move_pointer("#hang-up", (0, 0)).await;
    }
    page.resize(talk::DESKTOP.0, talk::DESKTOP.1).await;
}

/// Bob is heard and not seen. The ring around his avatar moves with his voice; the fake microphones beep.
async fn sound_moves_ring(ada: &Page, bob: &Page) {
    ada.until("Bob has an avatar", |seen| person(seen).is_some_and(|tile| tile.picture == "off" && !tile.muted)).await;
    ada.until("only sound is received", |seen| kinds(seen, "received") == ["audio"]).await;
    assert_eq!(kinds(&bob.seen().await, "captured"), ["audio"]);
    bob.until_frames(10).await;
    // An AudioContext of headless Firefox stays suspended, so that its rings do not move.
    let ring = "const ring = document.querySelector('#remote-video').closest('.tile').querySelector('.ring');
        return ring.getClientRects().length > 0 ? parseFloat(getComputedStyle(ring).boxShadow.split(' 0px 0px 0px ')[1] ?? 0) : -1";
    ada.until_script(ring, "the ring is wide", |width: &f64| *width > 1.0).await;
    bob.click("#toggle-microphone").await;
    ada.until_script(ring, "the ring is gone", |width: &f64| *width == 0.0).await;
    bob.click("#toggle-microphone").await;
    ada.until("Bob is not muted", |seen| person(seen).is_some_and(|tile| !tile.muted)).await;
}

/// The first camera of a call is added while it runs.
async fn camera_is_added(ada: &Page, bob: &Page) {
    bob.click("#toggle-camera").await;
    ada.until("the picture of Bob is shown", |seen| person(seen).is_some_and(|tile| tile.picture == "live")).await;
    ada.until_frames(10).await;
}

async fn picture_floats(page: &Page) {
    let floats = "return document.pictureInPictureElement?.id ?? ''";
    for element in ["remote-video", ""] {
        page.move_pointer("#remote-video", (0, 0)).await;
        page.click(".tile:not([hidden]) .tile-float").await;
        page.until_script(floats, "the picture floats, or not", |id: &String| id == element).await;
    }
}

/// The peer sees that it is recorded, but not that the user records the own side.
async fn recording_is_marked(records: &Page, recorded: &Page) {
    const MARK: &str =
        "const mark = document.querySelector('#remote-video').closest('.tile').querySelector('.tile-recording');
        return mark.hidden ? '' : mark.textContent";
    records.open_panel("capture").await;
    records.click("#record-start").await;
    let text = format!("{} is recording", records.name());
    recorded.until_script(MARK, "the mark is shown", |mark: &String| *mark == text).await;
    let seen = recorded.until_status("recorded").await;
    assert_eq!(seen.status, format!("{text} you."));
    records.click("#record-stop").await;
    recorded.until_script(MARK, "the mark is gone", String::is_empty).await;

    let choose = |source: &str| format!("document.querySelector('#record-source').value = '{source}'");
    records.load_script("a choice", &choose("own-sound")).await;
    records.click("#record-start").await;
    let time = "return document.querySelector('#record-time').textContent";
    records.until_script(time, "a second is recorded", |time: &String| time == "0:01").await;
    assert_eq!(recorded.script::<String>(MARK).await, "");
    records.click("#record-stop").await;
    records.load_script("a choice", &choose("remote-picture")).await;
}

/// Bob sends nothing, sees Ada, and opens no device.
async fn user_watches(ada: &Page, bob: &Page) {
    bob.until_frames(10).await;
    assert!(kinds(&bob.seen().await, "captured").is_empty());
    ada.until("Bob has an avatar and is muted", |seen| {
        person(seen).is_some_and(|tile| tile.picture == "off" && tile.muted)
    })
    .await;
    assert!(kinds(&ada.seen().await, "received").is_empty());
    for page in [ada, bob] {
        assert!(page.seen().await.failure.is_none(), "nothing is missing that the user wanted");
    }
}

async fn screen_is_shared(ada: &Page, bob: &Page) {
    ada.click("#share-screen").await;
    bob.until("the screen is shown", |seen| seen.screen.as_ref().is_some_and(|tile| tile.picture == "live")).await;
    let width = "return document.querySelector('#remote-screen').videoWidth";
    bob.until_script(width, "the screen has a picture", |width: &u32| *width > 0).await;
    ada.click("#share-screen").await;
    bob.until("the screen is gone", |seen| seen.screen.is_none()).await;
}

/// Loses all packets. Each page counts the seconds on the picture of the other, until the connection is restored.
async fn interruption_is_counted(ada: &Page, bob: &Page) {
    ada.emulate(Conditions { loss: 100.0, ..Conditions::default() }).await;
    for page in [ada, bob] {
        let mut last = 0;
        for _ in 0..2 {
            let counts = |seen: &Seen| seconds(seen).is_some_and(|seconds| seconds > last);
            last = seconds(&page.until("the seconds are counted", counts).await).unwrap_or_default();
        }
        page.until_status("call-reconnecting").await;
    }
    ada.emulate(Conditions::default()).await;
    for page in [ada, bob] {
        page.until("the picture has no cover", |seen| person(seen).is_some_and(|tile| tile.cover.is_none())).await;
        let seen = page.until_status("call-recovered").await;
        assert!(seen.status.contains("restored"), "{}", seen.status);
    }
    bob.until_frames(10).await;
}

/// Returns the seconds on the picture while the page reconnects.
fn seconds(seen: &Seen) -> Option<u32> {
    person(seen)?.cover.as_deref()?.strip_prefix("Reconnecting… ")?.strip_suffix(" s")?.parse().ok()
}
