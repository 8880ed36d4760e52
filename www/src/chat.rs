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
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let found = Self {
            log: dom.get("chat-log")?,
            form: dom.get("chat-form")?,
            text: dom.get("chat-text")?,
            send: dom.get("chat-send")?,
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

    fn add(&self, author: &Author, name: &str, text: &str) {
        // That the template has all its parts was seen at the start.
        if let Ok(line) = self.line(author, name, text) {
            dom::append(&self.log, &line);
        }
    }

    /// What others write is text and never HTML.
    fn line(&self, author: &Author, name: &str, text: &str) -> Result<Element, MissingElement> {
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

/// Until the channel closes, which it does with the call.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let (chat, name) = (&page.chat, &call.peer().name);
    chat.clear();
    let mut submits = dom::submits(&chat.form);
    let mut channel = call.channel("chat").await?;
    chat.send.set_disabled(false);
    loop {
        select_biased! {
            message = channel.next().fuse() => match message {
                Some(Ok(Message::Text(text))) => chat.add(&Author::Them, name, &text),
                Some(Ok(Message::Binary(_))) => {}
                Some(Err(error)) => page.notices.fail_unless_closed(&error),
                None => break,
            },
            () = submits.select_next_some() => {
                let text = chat.text.value();
                if text.trim().is_empty() {
                    continue;
                }
                match channel.send(&text).await {
                    Ok(()) => {
                        chat.add(&Author::Me, name, &text);
                        chat.text.set_value("");
                    }
                    Err(error) => page.notices.fail_unless_closed(&error),
                }
            }
        }
    }
    chat.send.set_disabled(true);
    Ok(())
}
