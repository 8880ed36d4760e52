//! Files that the user chooses, drops anywhere on the page, or pastes.

use std::{cell::Cell, rc::Rc};

use browser_rtc::{EventStream, Listener};
use futures::stream::{self, FusedStream};
use wasm_bindgen::JsCast;
use web_sys::{
    ClipboardEvent, DataTransfer, DragEvent, Element, Event, EventTarget, File, FileList, HtmlButtonElement,
    HtmlElement, HtmlInputElement,
};

use crate::{
    dom::{Dom, MissingElement},
    texts::files as texts,
};

pub struct Intake {
    body: HtmlElement,
    input: HtmlInputElement,
    button: HtmlButtonElement,
    hint: Element,
    /// Set while files can be sent.
    is_open: Rc<Cell<bool>>,
    _listeners: Vec<Listener>,
}

impl Intake {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let (body, overlay, hint): (_, HtmlElement, Element) =
            (dom.body()?, dom.get("drop-overlay")?, dom.get("drop-hint")?);
        let (input, button): (HtmlInputElement, HtmlButtonElement) = (dom.get("file")?, dom.get("send-file")?);
        hint.set_text_content(Some(texts::NO_CALL));
        let is_open = Rc::<Cell<bool>>::default();
        let over = {
            let (overlay, is_open) = (overlay.clone(), is_open.clone());
            // Without these listeners, the browser leaves the page and opens a file that is dropped on it.
            Listener::new(&body, "dragover", move |event| {
                let Some(data) = dragged_files(&event) else { return };
                event.prevent_default();
                data.set_drop_effect(if is_open.get() { "copy" } else { "none" });
                overlay.set_hidden(false);
            })
        };
        let hide = overlay.clone();
        let dropped = Listener::new(&body, "drop", move |event| {
            if dragged_files(&event).is_some() {
                event.prevent_default();
            }
            hide.set_hidden(true);
        });
        let left = Listener::new(&body, "dragleave", move |event| {
            let drag = event.dyn_ref::<DragEvent>();
            if drag.is_some_and(|drag| drag.related_target().is_none()) {
                overlay.set_hidden(true);
            }
        });
        let clicks = {
            let input = input.clone();
            Listener::new(&button, "click", move |_| input.click())
        };
        Ok(Self { body, input, button, hint, is_open, _listeners: vec![over, dropped, left, clicks] })
    }

    /// Returns a stream of the files that the user selects from now on.
    pub fn files(&self) -> impl FusedStream<Item = Vec<File>> + Unpin + use<> {
        let input = self.input.clone();
        let chosen = listen(&self.input, "change", move |_| {
            let files = files_of(input.files());
            // Without this, the browser fires no event if the same file is chosen again.
            input.set_value("");
            Some(files)
        });
        let dropped = listen(&self.body, "drop", |event| Some(files_of(dragged_files(event)?.files())));
        let pasted = listen(&self.body, "paste", |event| {
            Some(files_of(event.dyn_ref::<ClipboardEvent>()?.clipboard_data()?.files()))
        });
        stream::select(chosen, stream::select(dropped, pasted))
    }

    /// Lets the user send files to the peer until the guard is dropped.
    pub fn open(&self, peer: &str) -> Open<'_> {
        self.button.set_disabled(false);
        self.hint.set_text_content(Some(&texts::drop_to_send(peer)));
        self.is_open.set(true);
        Open(self)
    }
}

/// Listens for files, and prevents what the browser would do with them.
fn listen(
    target: &EventTarget,
    event: &'static str,
    files: impl Fn(&Event) -> Option<Vec<File>> + 'static,
) -> EventStream<Vec<File>> {
    EventStream::listen(target, event, move |event| {
        let files = files(&event).filter(|files| !files.is_empty())?;
        event.prevent_default();
        Some(files)
    })
}

/// Returns the data of a drag if it has files.
fn dragged_files(event: &Event) -> Option<DataTransfer> {
    let data = event.dyn_ref::<DragEvent>()?.data_transfer()?;
    data.types().iter().any(|kind| kind == "Files").then_some(data)
}

fn files_of(list: Option<FileList>) -> Vec<File> {
    list.map(|list| (0..list.length()).filter_map(|index| list.get(index)).collect()).unwrap_or_default()
}

/// Keeps the selection of files enabled until it is dropped.
#[must_use = "no files can be selected when this is dropped"]
pub struct Open<'a>(&'a Intake);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.button.set_disabled(true);
        self.0.hint.set_text_content(Some(texts::NO_CALL));
        self.0.is_open.set(false);
    }
}
