//! File transfers in a call: files are chosen or dropped by the sender, and accepted or declined by the receiver.

use std::{
    future::{self, Future},
    pin::pin,
};

use browser_rtc::{
    Error, ErrorKind, EventStream, Listener, Result,
    files::{Files, Offer, Progress},
    room::Call,
};
use futures::{FutureExt, Stream, StreamExt, future::LocalBoxFuture, select_biased, stream, stream::FuturesUnordered};
use wasm_bindgen::JsCast;
use web_sys::{
    Blob, DragEvent, Element, File, FileList, HtmlAnchorElement, HtmlButtonElement, HtmlElement, HtmlInputElement,
    HtmlProgressElement, Url,
};

use crate::{
    dom::{self, Dom, MissingElement, Template},
    page::Page,
    texts,
};

pub struct FileView {
    list: Element,
    input: HtmlInputElement,
    send: HtmlButtonElement,
    /// The drop zone.
    call: HtmlElement,
    item: Template,
}

impl FileView {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        let found = Self {
            list: dom.get("files")?,
            input: dom.get("file")?,
            send: dom.get("send-file")?,
            call: dom.get("call")?,
            item: Template::find(dom, "file-template")?,
        };
        Item::new(&found, "", "", 0.0)?;
        Ok(found)
    }

    /// The files that are chosen in the file dialog.
    fn chosen(&self) -> EventStream<Vec<File>> {
        let input = self.input.clone();
        EventStream::listen(&self.input, "change", move |_| {
            let files = files_of(input.files());
            // Without this, the browser fires no event if the same file is chosen again.
            input.set_value("");
            Some(files)
        })
    }

    fn dropped(&self) -> EventStream<Vec<File>> {
        EventStream::listen(&self.call, "drop", |event| {
            let files = files_of(event.dyn_ref::<DragEvent>()?.data_transfer()?.files());
            (!files.is_empty()).then(|| event.prevent_default())?;
            Some(files)
        })
    }
}

fn files_of(list: Option<FileList>) -> Vec<File> {
    list.map(|list| (0..list.length()).filter_map(|index| list.get(index)).collect()).unwrap_or_default()
}

/// Runs the transfers of a call until the channel closes, at the latest with the call.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let (view, name) = (&page.files, call.peer().name);
    view.list.set_text_content(None);
    view.send.set_disabled(true);
    let files = Files::new(call.channel("files").await?);
    view.send.set_disabled(false);

    let mut sending = stream::select(view.chosen(), view.dropped());
    let mut clicks = dom::clicks(&view.send);
    // Files can be dropped only where `dragover` is cancelled.
    let _dragover = Listener::new(&view.call, "dragover", |event| event.prevent_default());
    let mut transfers = FuturesUnordered::<LocalBoxFuture<'_, Result<()>>>::new();
    transfers.push(future::pending().boxed_local());
    loop {
        select_biased! {
            offer = files.next_offer().fuse() => match offer {
                Some(offer) => {
                    transfers.push(receive(view, offer, name.clone()).boxed_local());
                    page.panels.add_news("files");
                }
                None => break,
            },
            chosen = sending.select_next_some() => {
                for file in chosen {
                    transfers.push(send(view, &files, file, &name).boxed_local());
                }
            }
            () = clicks.select_next_some() => view.input.click(),
            ended = transfers.select_next_some() => if let Err(error) = ended {
                page.notices.fail_unless_closed(&error);
            },
        }
    }
    view.send.set_disabled(true);
    Ok(())
}

async fn send(view: &FileView, files: &Files, file: File, name: &str) -> Result<()> {
    let Ok(item) = Item::new(view, "out", &file.name(), file.size()) else { return Ok(()) };
    let outgoing = files.offer(&file).await?;
    item.set_state("waiting", &format!("Waiting for {name}"));
    item.cancel.set_hidden(false);
    let outcome = async {
        outgoing.accepted().await?;
        item.progress(outgoing.progress(), "Sending").await;
        outgoing.finished().await
    };
    match unless_cancelled(&item.cancel, || outgoing.cancel(), outcome).await {
        Ok(()) => item.finish("done", "Sent"),
        Err(error) => item.fail(&error, name),
    }
    Ok(())
}

async fn receive(view: &FileView, offer: Offer, name: String) -> Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "it is only shown")]
    let Ok(item) = Item::new(view, "in", offer.name(), offer.size() as f64) else { return Ok(()) };
    item.set_state("offered", &format!("From {name}"));
    if !is_accepted(&item, &offer).await {
        return offer.decline();
    }
    let incoming = offer.accept_to_blob()?;
    item.cancel.set_hidden(false);
    let (progress, finished) = (incoming.progress(), incoming.finished());
    let outcome = async {
        item.progress(progress, "Receiving").await;
        finished.await
    };
    let received = unless_cancelled(&item.cancel, || incoming.cancel(), outcome).await;
    let link = received.and_then(|file| Link::new(&item, &file, incoming.name()));
    match link {
        // The link stays valid until the call ends, because this future does not complete.
        Ok(_link) => {
            item.finish("done", "Received");
            let () = future::pending().await;
        }
        Err(error) => item.fail(&error, &name),
    }
    Ok(())
}

async fn is_accepted(item: &Item, offer: &Offer) -> bool {
    item.accept.set_hidden(false);
    item.refuse.set_hidden(false);
    let (mut accept, mut refuse) = (dom::clicks(&item.accept), dom::clicks(&item.refuse));
    let accepted = select_biased! {
        () = accept.select_next_some() => true,
        () = refuse.select_next_some() => {
            item.finish("refused", "Declined");
            false
        }
        () = offer.withdrawn().fuse() => {
        item.finish("cancelled", "Cancelled");
            false
        }
    };
    item.accept.set_hidden(true);
    item.refuse.set_hidden(true);
    accepted
}

async fn unless_cancelled<T>(
    button: &HtmlButtonElement,
    cancel: impl Fn(),
    outcome: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut clicks = dom::clicks(button);
    let mut outcome = pin!(outcome.fuse());
    loop {
        select_biased! {
            outcome = outcome => return outcome,
            () = clicks.select_next_some() => cancel(),
        }
    }
}

/// One file in the list.
struct Item {
    element: Element,
    state: Element,
    bar: HtmlProgressElement,
    accept: HtmlButtonElement,
    refuse: HtmlButtonElement,
    cancel: HtmlButtonElement,
    save: HtmlAnchorElement,
}

impl Item {
    /// Creates the item and adds it to the list. File names are inserted as text and never as HTML.
    fn new(view: &FileView, direction: &str, name: &str, size: f64) -> std::result::Result<Self, MissingElement> {
        let element = view.item.copy()?;
        dom::set_attribute(&element, "data-direction", direction);
        dom::within::<Element>(&element, ".file-name")?.set_text_content(Some(name));
        dom::within::<Element>(&element, ".file-size")?.set_text_content(Some(&texts::size(size)));
        let item = Self {
            state: dom::within(&element, ".file-state")?,
            bar: dom::within(&element, "progress")?,
            accept: dom::within(&element, ".file-accept")?,
            refuse: dom::within(&element, ".file-refuse")?,
            cancel: dom::within(&element, ".file-cancel")?,
            save: dom::within(&element, ".file-save")?,
            element,
        };
        for (button, action) in [(&item.accept, "Accept"), (&item.refuse, "Decline"), (&item.cancel, "Cancel")] {
            dom::set_attribute(button, "aria-label", &format!("{action} {name}"));
        }
        dom::set_attribute(&item.save, "aria-label", &format!("Save {name}"));
        dom::set_attribute(&item.bar, "aria-label", name);
        if !direction.is_empty() {
            dom::append(&view.list, &item.element);
        }
        Ok(item)
    }

    fn set_state(&self, state: &str, text: &str) {
        dom::set_attribute(&self.element, "data-state", state);
        self.state.set_text_content(Some(text));
    }

    async fn progress(&self, mut progress: impl Stream<Item = Progress> + Unpin, action: &str) {
        self.bar.set_hidden(false);
        self.set_state("under-way", action);
        while let Some(progress) = progress.next().await {
            self.bar.set_value(progress.fraction());
        }
    }

    fn finish(&self, state: &str, text: &str) {
        self.bar.set_hidden(true);
        self.cancel.set_hidden(true);
        self.set_state(state, text);
    }

    fn fail(&self, error: &Error, name: &str) {
        match error.kind() {
            ErrorKind::Declined => self.finish("refused", &format!("{name} declined the file")),
            ErrorKind::Abort => self.finish("cancelled", "Cancelled"),
            ErrorKind::Closed => self.finish("failed", "The connection was lost"),
            _ => self.finish("failed", &format!("The transfer failed: {}", error.message())),
        }
    }
}

/// The object URL of a received file, revoked on drop.
struct Link(String);

impl Link {
    fn new(item: &Item, file: &Blob, name: &str) -> Result<Self> {
        let url = Url::create_object_url_with_blob(file).map_err(|thrown| Error::from_js("createObjectURL", thrown))?;
        item.save.set_href(&url);
        item.save.set_download(name);
        item.save.set_hidden(false);
        Ok(Self(url))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _revoked = Url::revoke_object_url(&self.0);
    }
}
