//! File transfers in a call: accepted, declined, and cancelled by either side.

use browser_rtc_e2e::{Browser, Page, connect, play};
use serde::Deserialize;

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f44_files_chrome_to_firefox() {
    files("files chrome to firefox", Browser::Chrome, Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f44_files_firefox_to_chrome() {
    files("files firefox to chrome", Browser::Firefox, Browser::Chrome).await;
}

pub const SMALL: &str = "new File(['hello, '.repeat(300000)], '<b>notes</b>.txt', { type: 'text/plain' })";

/// A file whose transfer takes longer than the search for a button.
const LARGE: &str = "new File(Array(1000).fill(new Blob([new Uint8Array(1 << 20)])), 'film.mkv')";

/// One file in the list of the page.
#[derive(Debug, Deserialize)]
pub struct Item {
    pub name: String,
    elements: u32,
    size: String,
    state: String,
    text: String,
    pub link: Option<String>,
}

const ITEMS: &str = "return [...document.querySelectorAll('#files .file')].map((item) => ({
    name: item.querySelector('.file-name').textContent,
    elements: item.querySelector('.file-name').childElementCount,
    size: item.querySelector('.file-size').textContent,
    state: item.dataset.state,
    text: item.querySelector('.file-state').textContent,
    link: item.querySelector('.file-save:not([hidden])')?.download ?? null,
}))";

/// Waits until the last file in the list has this state.
pub async fn until(page: &Page, state: &str) -> Item {
    let last_is = |items: &Vec<Item>| items.last().is_some_and(|item| item.state == state);
    page.until_script(ITEMS, &format!("the file is {state}"), last_is).await.pop().expect("the list has a file")
}

/// Waits until the demo can send files.
pub async fn ready(page: &Page) {
    let script = "return document.querySelector('#send-file').disabled";
    page.until_script(script, "files can be sent", |disabled: &bool| !disabled).await;
}

/// Selects a file as the file dialog does, which drivers cannot control.
pub async fn choose(page: &Page, file: &str) {
    page.load_script(
        "a file",
        &format!(
            "const chosen = new DataTransfer(); chosen.items.add({file});
             const input = document.querySelector('#file'); input.files = chosen.files;
             input.dispatchEvent(new Event('change'));"
        ),
    )
    .await;
}

async fn drop_on(page: &Page, file: &str) {
    page.load_script(
        "a file",
        &format!(
            "const dataTransfer = new DataTransfer(); dataTransfer.items.add({file});
             const drop = new DragEvent('drop', {{ dataTransfer, bubbles: true, cancelable: true }});
             document.querySelector('#remote-video').dispatchEvent(drop);
             if (!drop.defaultPrevented) throw new Error('the page does not handle the drop');"
        ),
    )
    .await;
}

async fn click_last(page: &Page, button: &str) {
    page.click(&format!("#files .file:last-child .file-{button}")).await;
}

async fn files(scene: &str, sends: Browser, receives: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(sends, "Ada").await;
        let bob = stage.join(receives, "Bob").await;
        connect(&ada, &bob).await;
        ready(&ada).await;
        ready(&bob).await;

        // The content security policy does not allow the page to fetch the object URL, so that the blob itself is recorded.
        let spy = "const create = URL.createObjectURL;
            URL.createObjectURL = (file) => create.call(URL, window.saved = file);";
        bob.load_script("a spy", spy).await;
        choose(&ada, SMALL).await;
        assert_eq!(until(&ada, "waiting").await.text, "Waiting for Bob");
        let offered = until(&bob, "offered").await;
        let shown = (&*offered.size, &*offered.text, offered.elements);
        assert_eq!(shown, ("2.1 MB", "From Ada", 0));
        click_last(&bob, "accept").await;
        until(&ada, "done").await;
        let received = until(&bob, "done").await;
        assert_eq!(received.name, "_b_notes__b_.txt".to_owned(), "the name is sanitized");
        assert_eq!(received.link.as_ref(), Some(&received.name));
        assert!(bob.script::<String>("return window.saved.text()").await == "hello, ".repeat(300_000));

        // In the other direction: dropped, and declined.
        drop_on(&bob, SMALL).await;
        until(&ada, "offered").await;
        click_last(&ada, "refuse").await;
        assert_eq!(until(&bob, "refused").await.text, "Ada declined the file");
        until(&ada, "refused").await;

        for (cancels, button_of) in [(&ada, "the sender's"), (&bob, "the receiver's")] {
            choose(&ada, LARGE).await;
            until(&bob, "offered").await;
            click_last(&bob, "accept").await;
            until(&bob, "under-way").await;
            eprintln!("{button_of} button");
            click_last(cancels, "cancel").await;
            until(&ada, "cancelled").await;
            until(&bob, "cancelled").await;
        }

        // The call is unaffected.
        talk::chat(&ada, &bob).await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}
