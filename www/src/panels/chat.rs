//! The chat of a call, over a data channel.

use browser_rtc::{Result, channel::Message, room::Call};
use futures::{FutureExt, StreamExt, select_biased};
use web_sys::{Element, HtmlButtonElement, HtmlFormElement, HtmlInputElement};

use crate::{
    dom::{self, Dom, MissingElement, Template},
    page::Page,
};

pub struct Chat {
    log: Element,
    form: HtmlFormElement,
    text: HtmlInputElement,
    send: HtmlButtonElement,
    line: Template,
}

enum Author {
    Me,
    Them,
}

impl Chat {
    /// Finds the chat whose elements have ids that begin with `name`.
    pub fn find(dom: &Dom, name: &str) -> std::result::Result<Self, MissingElement> {
        let found = Self {
            log: dom.get(&format!("{name}-log"))?,
            form: dom.get(&format!("{name}-form"))?,
            text: dom.get(&format!("{name}-text"))?,
            send: dom.get(&format!("{name}-send"))?,
            line: Template::find(dom, "chat-line-template")?,
        };
        found.line(&Author::Me, "", "")?;
        Ok(found)
    }

    fn clear(&self) {
        self.log.set_text_content(None);
        self.text.set_value("");
        self.send.set_disabled(true);
    }

    /// Returns the text that the user has entered, unless it is blank.
    fn entered(&self) -> Option<String> {
        Some(self.text.value()).filter(|text| !text.trim().is_empty())
    }

    fn add_sent(&self, text: &str) {
        self.add(&Author::Me, "", text);
        self.text.set_value("");
    }

    fn add(&self, author: &Author, name: &str, text: &str) {
        // `find` has checked that the template has all parts.
        if let Ok(line) = self.line(author, name, text) {
            dom::append(&self.log, &line);
        }
    }

    /// Creates a line. Messages are inserted as text and never as HTML.
    fn line(&self, author: &Author, name: &str, text: &str) -> std::result::Result<Element, MissingElement> {
        let line = self.line.copy()?;
        let (from, who) = match author {
            Author::Me => ("me", "You"),
            Author::Them => ("them", name),
        };
        dom::set_attribute(&line, "data-from", from);
        dom::within::<Element>(&line, ".who")?.set_text_content(Some(who));
        dom::within::<Element>(&line, ".text")?.set_text_content(Some(text));
        Ok(line)
    }
}

/// Runs the chat of a call until the channel closes, at the latest with the call.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let (chat, name) = (&page.chat, call.peer().name);
    chat.clear();
    let mut submits = dom::submits(&chat.form);
    let mut channel = call.channel("chat").await?;
    chat.send.set_disabled(false);
    loop {
        select_biased! {
            message = channel.next().fuse() => match message {
                Some(Ok(Message::Text(text))) => {
                    chat.add(&Author::Them, &name, &text);
                    page.panels.add_news("chat");
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => page.notices.fail_unless_closed(&error),
                None => break,
            },
            () = submits.select_next_some() => {
                let Some(text) = chat.entered() else { continue };
                match channel.send(&text).await {
                    Ok(()) => chat.add_sent(&text),
                    Err(error) => page.notices.fail_unless_closed(&error),
                }
            }
        }
    }
    chat.send.set_disabled(true);
    Ok(())
}
