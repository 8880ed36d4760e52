//! The log and the form of a chat.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use browser_rtc::Listener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement, HtmlButtonElement, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent};

use super::text::{self, Part};
use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts::{chat as texts, clock},
    ui::problem::Problem,
};

pub struct Chat {
    log: Element,
    form: HtmlFormElement,
    text: HtmlTextAreaElement,
    send: HtmlButtonElement,
    problem: Problem,
    line: Template,
    link: Template,
    /// The number of acknowledged messages, and the marks of the following ones.
    acknowledged: Cell<u32>,
    unacknowledged: RefCell<VecDeque<Element>>,
    _listeners: [Listener; 2],
}

pub enum Author {
    Me,
    Them,
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
        let found = Self {
            log: dom.get("chat-log")?,
            form,
            text,
            send: dom.get("chat-send")?,
            problem: Problem::find(dom, "chat-problem")?,
            line: Template::find(dom, "chat-line-template")?,
            link: Template::find(dom, "chat-link-template")?,
            acknowledged: Cell::default(),
            unacknowledged: RefCell::default(),
            _listeners: [submits, keys],
        };
        found.line(&Author::Me, "", "")?;
        Ok(found)
    }

    pub fn form(&self) -> &HtmlFormElement {
        &self.form
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    pub fn clear(&self) {
        self.log.set_text_content(None);
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
        Some(text::without_hidden(&self.text.value())).filter(|text| !text::is_blank(text))
    }

    pub fn empty_field(&self) {
        self.text.set_value("");
    }

    /// Adds a line.
    pub fn add(&self, author: &Author, name: &str, text: &str) {
        // `find` has checked that the templates have all parts.
        if let Ok(line) = self.line(author, name, text) {
            dom::append(&self.log, &line);
        }
    }

    /// Adds a message of the user that the other page acknowledges, marked as sent.
    pub fn add_unacknowledged(&self, text: &str) {
        self.add(&Author::Me, "", text);
        let line = self.log.last_element_child();
        if let Some(mark) = line.and_then(|line| dom::within::<Element>(&line, ".receipt").ok()) {
            mark.set_text_content(Some(texts::SENT));
            self.unacknowledged.borrow_mut().push_back(mark);
        }
    }

    /// Marks the first `count` messages of the user as received.
    pub fn mark_received(&self, count: u32) {
        let mut unacknowledged = self.unacknowledged.borrow_mut();
        while self.acknowledged.get() < count
            && let Some(mark) = unacknowledged.pop_front()
        {
            dom::set_attribute(&mark, "data-receipt", "received");
            mark.set_text_content(Some(texts::RECEIVED));
            self.acknowledged.set(self.acknowledged.get() + 1);
        }
    }

    /// Creates a line. Messages are inserted as text and links, and never as HTML.
    fn line(&self, author: &Author, name: &str, text: &str) -> Result<Element, MissingElement> {
        let line = self.line.copy()?;
        let (from, who) = match author {
            Author::Me => ("me", texts::YOU),
            Author::Them => ("them", name),
        };
        dom::set_attribute(&line, "data-from", from);
        dom::within::<Element>(&line, ".who")?.set_text_content(Some(who));
        dom::within::<Element>(&line, "time")?.set_text_content(Some(&clock::now()));
        let body: Element = dom::within(&line, ".text")?;
        for part in text::parts(&text::without_hidden(text)) {
            match part {
                Part::Text(text) => {
                    let _inserted = body.append_with_str_1(text);
                }
                Part::Link(address) => {
                    let link: HtmlAnchorElement = self.link.copy()?.unchecked_into();
                    link.set_href(address);
                    link.set_text_content(Some(address));
                    dom::append(&body, &link);
                }
            }
        }
        Ok(line)
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
