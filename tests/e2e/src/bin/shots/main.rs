//! Takes a picture of each state of the demo: `shots FOLDER [STATE]`. `cargo xtask shots` builds the demo first.
//!
//! To add a state, bring the page into it in one of the scenes, and call [`Album::take`].

mod camera;

use std::path::PathBuf;
use std::{env, fs};

use browser_rtc_e2e::{Browser, Camera, Conditions, Look, Page, Stage, connect, play};

/// The panels beside a call, by the names of their tabs.
const PANELS: [&str; 5] = ["chat", "files", "keypad", "capture", "inspector"];

/// A picture and a text, which a user sends.
const FILES: &str = "const canvas = new OffscreenCanvas(64, 48); canvas.getContext('2d').fillRect(0, 0, 32, 48);
    const chosen = new DataTransfer();
    chosen.items.add(new File([await canvas.convertToBlob()], 'Sketch of the garden.png', { type: 'image/png' }));
    chosen.items.add(new File(['Milk, bread, apples'.repeat(9000)], 'Shopping list.txt', { type: 'text/plain' }));
    const input = document.querySelector('#file'); input.files = chosen.files;
    input.dispatchEvent(new Event('change'));";

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the first argument is the folder of the pictures"));
    let album = Album { folder, filter: arguments.next().unwrap_or_default() };
    fs::create_dir_all(&album.folder).unwrap_or_else(|error| panic!("{}: {error}", album.folder.display()));
    play("shots of rooms", async |stage| rooms(stage, &album).await).await;
    play("shots of calls", async |stage| calls(stage, &album).await).await;
    play("shots of failures", async |stage| failures(stage, &album).await).await;
}

/// The pictures, of which those are taken whose state contains the filter.
struct Album {
    folder: PathBuf,
    filter: String,
}

impl Album {
    /// Takes pictures of a page in this state, in each look.
    async fn take(&self, page: &Page, state: &str) {
        if !state.contains(&self.filter) {
            return;
        }
        for look in Look::ALL.into_iter().chain(Look::EXTREMES) {
            page.set_look(look).await;
            let file = self.folder.join(format!("{state}-{}.png", look.name));
            fs::write(&file, page.picture().await).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        page.reset_look().await;
        eprintln!("           {state}");
    }
}

/// Before a call: the form, the room, and ringing.
async fn rooms(stage: &Stage, album: &Album) {
    let ada = stage.open(Browser::Chrome, "Ada", "/").await;
    album.take(&ada, "lobby").await;
    ada.click("#preview-button").await;
    let size = "return document.querySelector('#preview-video').videoWidth";
    ada.until_script(size, "the preview is shown", |width: &u32| *width > 0).await;
    ada.click("#settings summary").await;
    album.take(&ada, "preview").await;
    ada.join("lobby").await;
    album.take(&ada, "room-empty").await;

    let ben = stage.join(Browser::Chrome, "Ben").await;
    ada.until_here(&ben).await;
    ben.say("Hello everyone.").await;
    ada.say("Hello Ben, shall I call you?").await;
    ada.until("both lines are shown", |seen| seen.room_chat.len() == 2).await;
    album.take(&ada, "room").await;
    ada.click("#open-invite").await;
    album.take(&ada, "invitation").await;
    ada.click("#close-invite").await;

    ada.call(&ben).await;
    ben.until_rung_by(&ada).await;
    album.take(&ada, "outgoing").await;
    album.take(&ben, "incoming").await;
}

/// A call, with each of its panels, and while it reconnects.
async fn calls(stage: &Stage, album: &Album) {
    let proxy = stage.proxy().await;
    let ada = stage.join_through(&proxy, Browser::Chrome, "Ada").await;
    let ben = stage.join(Browser::Chrome, "Ben").await;
    camera::show_drawing(&ada, camera::ADA).await;
    camera::show_drawing(&ben, camera::BEN).await;
    // Emulation affects only sockets that are created while it is active.
    ada.emulate(Conditions::default()).await;
    connect(&ada, &ben).await;
    for page in [&ada, &ben] {
        page.until_frames(30).await;
    }
    ben.chat("Hi Ada! I can see you.").await;
    ada.until("the line is received", |seen| seen.chat.len() == 1).await;
    ada.chat("And I you. Try the keypad?").await;
    ben.until("the line is received", |seen| seen.chat.len() == 2).await;
    ben.chat("Press 8, I am listening.").await;
    ada.until("the line is received", |seen| seen.chat.len() == 3).await;
    album.take(&ada, "call").await;

    for panel in PANELS {
        ada.open_panel(panel).await;
        // Panels with measurements fill within seconds.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        album.take(&ada, &format!("panel-{panel}")).await;
    }
    ada.open_panel("files").await;
    ben.load_script("files", FILES).await;
    ada.until_script(
        "return document.querySelectorAll('.file-accept:not([hidden])').length",
        "offers",
        |count: &u32| *count == 2,
    )
    .await;
    ada.click("#files .file:first-child .file-accept").await;
    ada.until_script("return document.querySelectorAll('[data-state=done]').length", "a file", |count: &u32| {
        *count == 1
    })
    .await;
    album.take(&ada, "files").await;
    ada.open_panel("chat").await;
    ada.until_script(
        "return document.querySelector('#offer-toast').hidden",
        "no offer is announced",
        |hidden: &bool| *hidden,
    )
    .await;

    ben.open_panel("capture").await;
    ben.click("#snapshot-remote").await;
    ben.click("#record-start").await;
    ada.until_status("recorded").await;
    album.take(&ada, "recorded").await;
    album.take(&ben, "recording").await;
    ben.click("#record-stop").await;
    ada.click("#share-screen").await;
    ben.until("the screen is shown", |seen| seen.screen.is_some()).await;
    album.take(&ada, "sharing").await;
    album.take(&ben, "screen").await;
    ada.click("#share-screen").await;

    ada.click("#toggle-microphone").await;
    ada.click("#toggle-camera").await;
    ada.until("both are muted", |seen| seen.microphone_muted && seen.camera_muted).await;
    album.take(&ada, "muted").await;
    album.take(&ben, "muted-remote").await;

    proxy.cut();
    ada.until_status("reconnecting").await;
    album.take(&ada, "reconnecting").await;
    proxy.restore();
    ada.until_status("recovered").await;
    ada.emulate(Conditions { loss: 100.0, ..Conditions::default() }).await;
    ada.until_status("call-reconnecting").await;
    album.take(&ada, "interrupted").await;
    ada.emulate(Conditions::default()).await;
    ada.until_status("call-recovered").await;
    ben.hang_up().await;
    ada.until_status("ended").await;
    album.take(&ada, "ended").await;
}

/// Failures, and other pages.
async fn failures(stage: &Stage, album: &Album) {
    let ada = stage.join(Browser::Chrome.with(Camera::Refused), "Ada").await;
    let plain = stage.open(Browser::Chrome, "Plain", "/npm.html").await;
    album.take(&plain, "npm").await;
    plain.join("lobby").await;
    ada.call(&plain).await;
    ada.until("the failure is shown", |seen| seen.failure.is_some()).await;
    album.take(&ada, "refused").await;

    let labs = stage.open_blank(Browser::Chrome, "Labs").await;
    labs.go_to(&format!("{}/labs/", stage.url())).await;
    album.take(&labs, "labs").await;
    labs.go_to(&format!("{}/labs/#pair", stage.url())).await;
    labs.until_script("return document.body.dataset.view ?? ''", "the lab is open", |view: &String| view == "lab")
        .await;
    album.take(&labs, "lab").await;

    let insecure = stage.open_insecurely("Eve").await;
    album.take(&insecure, "insecure").await;
}
