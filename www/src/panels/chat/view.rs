//! The log and the form of the chat of a call.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use browser_rtc::Listener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent};

use crate::{
    dom::{Dom, MissingElement},
    messages::{self, Author, Log, Mark},
    texts::chat as texts,
    ui::problem::Problem,
};

pub struct Chat {
    log: Log,
    form: HtmlFormElement,
    text: HtmlTextAreaElement,
    send: HtmlButtonElement,
    problem: Problem,
    /// The number of acknowledged messages, and the marks of the following ones.
    acknowledged: Cell<u32>,
    unacknowledged: RefCell<VecDeque<Mark>>,
    _listeners: [Listener; 2],
}

impl Chat {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let (form, text): (HtmlFormElement, HtmlTextAreaElement) = (dom.get("chat-form")?, dom.get("chat-text")?);
        // Without it, the browser would load the page again when the form is submitted while no chat is open.
        let submits = Listener::new(&form, "submit", |event| event.prevent_default());
        let keys = Listener::new(&text, "keydown", {
            let form = form.clone();
            move |event| {
                let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
                if key.key() == "Enter" && !key.shift_key() && !key.is_composing() {
                    event.prevent_default();
                    let _submitted = form.request_submit();
                }
            }
        });
        Ok(Self {
            log: Log::find(dom, "chat-log")?,
            form,
            text,
            send: dom.get("chat-send")?,
            problem: Problem::find(dom, "chat-problem")?,
            acknowledged: Cell::default(),
            unacknowledged: RefCell::default(),
            _listeners: [submits, keys],
        })
    }

    pub fn form(&self) -> &HtmlFormElement {
        &self.form
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    pub fn clear(&self) {
        self.log.clear();
        self.acknowledged.set(0);
        self.unacknowledged.take();
        self.empty_field();
        self.problem.clear();
        self.send.set_disabled(true);
    }

    /// Lets the user send messages until the guard is dropped.
    pub fn open(&self) -> Open<'_> {
        self.send.set_disabled(false);
        Open(self)
    }

    /// Returns the text that the user has entered, unless nothing of it is visible.
    pub fn entered(&self) -> Option<String> {
        messages::entered(&self.text.value())
    }

    pub fn empty_field(&self) {
        self.text.set_value("");
    }

    /// Adds a message of the peer.
    pub fn add_received(&self, name: &str, text: &str) {
        let _without_mark = self.log.add(&Author::Peer(name), text);
    }

    /// Adds a message of the user that the other page acknowledges, marked as sent.
    pub fn add_unacknowledged(&self, text: &str) {
        if let Some(mark) = self.log.add(&Author::Me, text) {
            mark.set(texts::SENT);
            self.unacknowledged.borrow_mut().push_back(mark);
        }
    }

    /// Marks the first `count` messages of the user as received.
    pub fn mark_received(&self, count: u32) {
        let mut unacknowledged = self.unacknowledged.borrow_mut();
        while self.acknowledged.get() < count
            && let Some(mark) = unacknowledged.pop_front()
        {
            mark.set(texts::RECEIVED);
            self.acknowledged.set(self.acknowledged.get() + 1);
        }
    }
}

/// Keeps a chat open. On drop, the button to send is disabled, and the text stays in the field.
#[must_use = "the chat is closed when this is dropped"]
pub struct Open<'a>(&'a Chat);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send.set_disabled(true);
    }
}
