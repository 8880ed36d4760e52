//! Files that the two in a call give each other: chosen or dropped here, accepted or refused there.

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
    words,
};

pub struct FileView {
    list: Element,
    input: HtmlInputElement,
    send: HtmlButtonElement,
    /// Where files can be dropped.
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

    /// What is chosen in the browser's own dialogue.
    fn chosen(&self) -> EventStream<Vec<File>> {
        let input = self.input.clone();
        EventStream::listen(&self.input, "change", move |_| {
            let files = files_of(input.files());
            // So that the same file can be chosen again.
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

/// Until the channel closes, which it does with the call.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let (view, name) = (&page.files, call.peer().name);
    view.list.set_text_content(None);
    view.send.set_disabled(true);
    let files = Files::new(call.channel("files").await?);
    view.send.set_disabled(false);

    let mut sending = stream::select(view.chosen(), view.dropped());
    let mut clicks = dom::clicks(&view.send);
    // A page that lets files be dropped says so while they are dragged over it.
    let _dragged = Listener::new(&view.call, "dragover", |event| event.prevent_default());
    let mut under_way = FuturesUnordered::<LocalBoxFuture<'_, Result<()>>>::new();
    under_way.push(future::pending().boxed_local());
    loop {
        select_biased! {
            offer = files.next_offer().fuse() => match offer {
                Some(offer) => under_way.push(receive(view, offer, name.clone()).boxed_local()),
                None => break,
            },
            chosen = sending.select_next_some() => {
                for file in chosen {
                    under_way.push(send(view, &files, file, &name).boxed_local());
                }
            }
            () = clicks.select_next_some() => view.input.click(),
            ended = under_way.select_next_some() => if let Err(error) = ended {
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
    item.tell("waiting", &format!("Waiting for {name}"));
    item.cancel.set_hidden(false);
    let outcome = async {
        outgoing.accepted().await?;
        item.progress(outgoing.progress(), "Sending").await;
        outgoing.finished().await
    };
    match unless_cancelled(&item.cancel, || outgoing.cancel(), outcome).await {
        Ok(()) => item.over("done", "Sent"),
        Err(error) => item.failed(&error, name),
    }
    Ok(())
}

async fn receive(view: &FileView, offer: Offer, name: String) -> Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "it is only shown")]
    let Ok(item) = Item::new(view, "in", offer.name(), offer.size() as f64) else { return Ok(()) };
    item.tell("offered", &format!("From {name}"));
    if !wanted(&item, &offer).await {
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
        Ok(_for_as_long_as_the_call) => {
            item.over("done", "Received");
            let () = future::pending().await;
        }
        Err(error) => item.failed(&error, &name),
    }
    Ok(())
}

async fn wanted(item: &Item, offer: &Offer) -> bool {
    item.accept.set_hidden(false);
    item.refuse.set_hidden(false);
    let (mut accept, mut refuse) = (dom::clicks(&item.accept), dom::clicks(&item.refuse));
    let wanted = select_biased! {
        () = accept.select_next_some() => true,
        () = refuse.select_next_some() => {
            item.over("refused", "Refused");
            false
        }
        () = offer.withdrawn().fuse() => {
            item.over("cancelled", "Cancelled");
            false
        }
    };
    item.accept.set_hidden(true);
    item.refuse.set_hidden(true);
    wanted
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
    /// In the list already. What others call their files is text and never HTML.
    fn new(view: &FileView, direction: &str, name: &str, size: f64) -> std::result::Result<Self, MissingElement> {
        let element = view.item.copy()?;
        dom::set_attribute(&element, "data-direction", direction);
        dom::within::<Element>(&element, ".file-name")?.set_text_content(Some(name));
        dom::within::<Element>(&element, ".file-size")?.set_text_content(Some(&words::size(size)));
        let item = Self {
            state: dom::within(&element, ".file-state")?,
            bar: dom::within(&element, "progress")?,
            accept: dom::within(&element, ".file-accept")?,
            refuse: dom::within(&element, ".file-refuse")?,
            cancel: dom::within(&element, ".file-cancel")?,
            save: dom::within(&element, ".file-save")?,
            element,
        };
        for (button, does) in [(&item.accept, "Accept"), (&item.refuse, "Refuse"), (&item.cancel, "Cancel")] {
            dom::set_attribute(button, "aria-label", &format!("{does} {name}"));
        }
        dom::set_attribute(&item.save, "aria-label", &format!("Save {name}"));
        dom::set_attribute(&item.bar, "aria-label", name);
        if !direction.is_empty() {
            dom::append(&view.list, &item.element);
        }
        Ok(item)
    }

    fn tell(&self, state: &str, text: &str) {
        dom::set_attribute(&self.element, "data-state", state);
        self.state.set_text_content(Some(text));
    }

    async fn progress(&self, mut progress: impl Stream<Item = Progress> + Unpin, doing: &str) {
        self.bar.set_hidden(false);
        self.tell("under-way", doing);
        while let Some(progress) = progress.next().await {
            self.bar.set_value(progress.fraction());
        }
    }

    fn over(&self, state: &str, text: &str) {
        self.bar.set_hidden(true);
        self.cancel.set_hidden(true);
        self.tell(state, text);
    }

    fn failed(&self, error: &Error, name: &str) {
        match error.kind() {
            ErrorKind::Declined => self.over("refused", &format!("{name} does not want it")),
            ErrorKind::Abort => self.over("cancelled", "Cancelled"),
            ErrorKind::Closed => self.over("failed", "The connection was lost"),
            _ => self.over("failed", &format!("It failed: {}", error.message())),
        }
    }
}

/// Where the browser saves a file from, until this is dropped.
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
        let _gone_either_way = Url::revoke_object_url(&self.0);
    }
}
