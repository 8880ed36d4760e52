//! File transfers in a call: announced, accepted, declined, cancelled by either side, resumed in the next call, and kept
//! after the call.

use browser_rtc_e2e::{Browser, Page, connect, play};
use serde::Deserialize;

use crate::talk::{self, DESKTOP, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn f44_files_chrome_to_firefox() {
    files("files chrome to firefox", [Browser::Chrome, Browser::Firefox], PHONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f44_files_firefox_to_chrome() {
    files("files firefox to chrome", [Browser::Firefox, Browser::Chrome], DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f44_interrupted_file_resumes_in_next_call() {
    resume("resumed file", [Browser::Firefox, Browser::Chrome]).await;
}

pub const SMALL: &str = "new File(['hello, '.repeat(300000)], '<b>notes</b>.txt', { type: 'text/plain' })";

const PICTURE: &str = "new File([await (await (async () => {
    const canvas = new OffscreenCanvas(64, 48); canvas.getContext('2d').fillRect(0, 0, 32, 48); return canvas;
})()).convertToBlob()], 'picture.png', { type: 'image/png' })";

/// A file whose transfer takes longer than the search for a button.
pub const LARGE: &str =
    "new File(Array(1000).fill(new Blob([new Uint8Array(1 << 20)])), 'film.mkv', { lastModified: 1 })";

/// One file in the list of the page.
#[derive(Debug, Deserialize)]
pub struct Item {
    pub name: String,
    elements: u32,
    size: String,
    state: String,
    pub text: String,
    pub link: Option<String>,
    /// The width of the preview in pixels.
    preview: u32,
}

const ITEMS: &str = "return [...document.querySelectorAll('#files .file')].map((item) => ({
    name: item.querySelector('.file-name').textContent,
    elements: item.querySelector('.file-name').childElementCount,
    size: item.querySelector('.file-size').textContent,
    state: item.dataset.state,
    text: item.querySelector('.file-state').textContent,
    link: item.querySelector('.file-save:not([hidden])')?.download ?? null,
    preview: item.querySelector('.file-thumb:not([hidden]) img')?.naturalWidth ?? 0,
}))";

/// Waits until the newest file is in this state.
pub async fn until(page: &Page, state: &str) -> Item {
    let newest_is = |items: &Vec<Item>| items.first().is_some_and(|item| item.state == state);
    page.until_script(ITEMS, &format!("the file is {state}"), newest_is).await.swap_remove(0)
}

/// Waits until the demo can send files.
pub async fn ready(page: &Page) {
    let script = "return document.querySelector('#send-file').disabled";
    page.until_script(script, "files can be sent", |disabled: &bool| !disabled).await;
}

/// Selects files as the file dialog does, which drivers cannot control.
pub async fn choose(page: &Page, files: &str) {
    page.load_script(
        "files",
        &format!(
            "const chosen = new DataTransfer(); for (const file of [{files}]) chosen.items.add(file);
             const input = document.querySelector('#file'); input.files = chosen.files;
             input.dispatchEvent(new Event('change'));"
        ),
    )
    .await;
}

/// Drags a file over the header of the page, drops it there, and returns what the page said about it.
async fn drop_on_header(page: &Page, file: &str) -> String {
    page.load_script(
        "a file",
        &format!(
            "const dataTransfer = new DataTransfer(); dataTransfer.items.add({file});
             const send = (name) => document.querySelector('.brand').dispatchEvent(
                 new DragEvent(name, {{ dataTransfer, bubbles: true, cancelable: true }}));
             if (send('dragover')) throw new Error('the page does not handle the drag');
             window.dropHint = document.querySelector('#drop-overlay:not([hidden])').textContent;
             if (send('drop')) throw new Error('the page does not handle the drop');
             if (!document.querySelector('#drop-overlay').hidden) throw new Error('the overlay stays');"
        ),
    )
    .await;
    page.script("return window.dropHint").await
}

/// Pastes a file. The constructor of Firefox ignores the data of a clipboard event.
async fn paste(page: &Page, file: &str) {
    page.load_script(
        "a file",
        &format!(
            "const clipboardData = new DataTransfer(); clipboardData.items.add({file});
             const paste = new ClipboardEvent('paste', {{ bubbles: true, cancelable: true }});
             Object.defineProperty(paste, 'clipboardData', {{ value: clipboardData }});
             if (document.body.dispatchEvent(paste)) throw new Error('the page does not handle the file');"
        ),
    )
    .await;
}

pub async fn click_newest(page: &Page, button: &str) {
    page.click(&format!("#files .file:first-child .file-{button}")).await;
}

async fn files(scene: &str, browsers: [Browser; 2], size: (u32, u32)) {
    play(scene, async |stage| {
        let [ada, bob] = talk::join_and_connect(stage, browsers, size).await;
        ready(&ada).await;
        ready(&bob).await;
        ada.open_panel("files").await;

        // The content security policy does not allow the page to fetch the object URL, so that the blob itself is recorded.
        let spy = "const create = URL.createObjectURL;
            URL.createObjectURL = (file) => create.call(URL, window.saved = file);";
        bob.load_script("a spy", spy).await;
        choose(&ada, SMALL).await;
        assert_eq!(until(&ada, "waiting").await.text, "Waiting for Bob");
        // Bob accepts the file without opening the panel.
        let offered = until(&bob, "offered").await;
        let shown = (&*offered.size, &*offered.text, offered.elements);
        assert_eq!(shown, ("2.1 MB", "From Ada", 0));
        let announced = "return document.querySelector('#offer-status').textContent";
        assert_eq!(bob.script::<String>(announced).await, "You are offered the file _b_notes__b_.txt.");
        assert_eq!(bob.script::<String>("return document.querySelector('#tab-files .badge').textContent").await, "1");
        bob.click("#offer-accept").await;
        assert_eq!(until(&ada, "done").await.text, "Bob has received the file");
        let received = until(&bob, "done").await;
        assert_eq!(received.name, "_b_notes__b_.txt".to_owned(), "the name is sanitized");
        assert_eq!(received.link.as_ref(), Some(&received.name));
        assert!(bob.script::<String>("return window.saved.text()").await == "hello, ".repeat(300_000));
        assert!(bob.script::<bool>("return document.querySelector('#offer-toast').hidden").await);

        // In the other direction: dropped beside the call, and declined.
        bob.open_panel("files").await;
        assert_eq!(drop_on_header(&bob, SMALL).await, "Drop to send to Ada");
        until(&ada, "offered").await;
        click_newest(&ada, "refuse").await;
        assert_eq!(until(&bob, "refused").await.text, "Ada declined the file");
        until(&ada, "refused").await;

        // Pasted, and shown as a picture.
        paste(&bob, PICTURE).await;
        until(&ada, "offered").await;
        click_newest(&ada, "accept").await;
        let has_preview = |items: &Vec<Item>| items.first().is_some_and(|item| item.preview == 64);
        ada.until_script(ITEMS, "the picture is shown", has_preview).await;

        for (cancels, button_of) in [(&ada, "the sender's"), (&bob, "the receiver's")] {
            choose(&ada, LARGE).await;
            until(&bob, "offered").await;
            click_newest(&bob, "accept").await;
            until(&bob, "under-way").await;
            eprintln!("{button_of} button");
            click_newest(cancels, "cancel").await;
            until(&ada, "cancelled").await;
            until(&bob, "cancelled").await;
            // A line is removed from the list.
            click_newest(&bob, "remove").await;
        }

        // Several at once.
        choose(&ada, &[SMALL, PICTURE].join(",")).await;
        bob.until_script("return document.querySelector('#accept-all').hidden", "both are offered", |hidden: &bool| {
            !hidden
        })
        .await;
        bob.click("#accept-all").await;
        let done = |items: &Vec<Item>| items.iter().filter(|item| item.link.is_some()).count() == 3;
        bob.until_script(ITEMS, "all files are received", done).await;

        // The call is unaffected, and the files are kept after it.
        talk::chat(&ada, &bob).await;
        talk::part(&ada, &bob).await;
        assert!(
            bob.script::<bool>("return document.querySelector('#kept #save-all').getClientRects().length > 0").await
        );
        assert_eq!(drop_on_header(&bob, SMALL).await, "Files can be sent in a call. Call someone first.");
        let before = bob.script::<Vec<Item>>(ITEMS).await.len();
        click_newest(&bob, "remove").await;
        bob.until_script(ITEMS, "the file is removed", |items: &Vec<Item>| items.len() == before - 1).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// Records the values of the progress bar.
pub const SPY: &str = "const bar = document.querySelector('#files .file:first-child progress');
    window.before = bar.value; window.values = [];
    new MutationObserver(() => window.values.push(bar.value)).observe(bar, { attributeFilter: ['value'] });";

/// Sends a large file until a part of it has arrived.
pub async fn send_part(sender: &Page, receiver: &Page) {
    ready(sender).await;
    ready(receiver).await;
    choose(sender, LARGE).await;
    receiver.open_panel("files").await;
    until(receiver, "offered").await;
    click_newest(receiver, "accept").await;
    let value = "return document.querySelector('#files progress').value";
    receiver.until_script(value, "a part is received", |value: &f64| *value > 0.03).await;
}

async fn resume(scene: &str, browsers: [Browser; 2]) {
    play(scene, async |stage| {
        let [ada, bob] = talk::join_and_connect(stage, browsers, DESKTOP).await;
        send_part(&ada, &bob).await;
        bob.hang_up().await;
        assert_eq!(
            until(&bob, "interrupted").await.text,
            "Interrupted. The transfer continues in the next call with Ada."
        );
        until(&ada, "interrupted").await;
        ada.until_free().await;
        bob.until_free().await;

        bob.load_script("a spy", SPY).await;
        connect(&bob, &ada).await;
        until(&bob, "under-way").await;
        let values = "return [window.before, ...window.values.filter((value) => value > 0)]";
        let values = bob.until_script(values, "the transfer continues", |values: &Vec<f64>| values.len() > 1).await;
        // Up to 8 MiB that were received are not stored yet when the call ends.
        assert!(values[1] > values[0] - 0.02, "the transfer restarts from the beginning: {values:?}");
        ada.open_panel("files").await;
        click_newest(&ada, "cancel").await;
        until(&bob, "cancelled").await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}
