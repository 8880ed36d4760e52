//! The log of a chat: lines with their author, their time and a mark of their delivery.

mod text;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement};

use self::text::Part;
use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts::{chat as texts, clock},
};

/// The list of the messages of a chat.
pub struct Log {
    element: Element,
    line: Template,
    link: Template,
}

/// The author of a message.
pub enum Author<'a> {
    Me,
    Peer(&'a str),
}

impl Log {
    pub fn find(dom: &Dom, id: &str) -> Result<Self, MissingElement> {
        let found = Self {
            element: dom.get(id)?,
            line: Template::find(dom, "chat-line-template")?,
            link: Template::find(dom, "chat-link-template")?,
        };
        found.line(&Author::Me, "")?;
        Ok(found)
    }

    pub fn clear(&self) {
        self.element.set_text_content(None);
    }

    /// Adds a message without its hidden characters, and returns its mark.
    pub fn add(&self, author: &Author<'_>, text: &str) -> Option<Mark> {
        // `find` has checked that the templates have all parts.
        let line = self.line(author, text).ok()?;
        dom::append(&self.element, &line);
        Some(Mark { text: dom::within(&line, ".receipt").ok()?, line })
    }

    /// Creates a line. Messages are inserted as text and links, and never as HTML.
    fn line(&self, author: &Author<'_>, text: &str) -> Result<Element, MissingElement> {
        let line = self.line.copy()?;
        let (from, who) = match author {
            Author::Me => ("me", texts::YOU),
            Author::Peer(name) => ("them", *name),
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
                    let link = self.link.copy()?.unchecked_into::<HtmlAnchorElement>();
                    link.set_href(address);
                    link.set_text_content(Some(address));
                    dom::append(&body, &link);
                }
            }
        }
        Ok(line)
    }
}

/// The mark of a message, which says how far it has come.
pub struct Mark {
    line: Element,
    text: Element,
}

impl Mark {
    /// Shows a state, which is a code and a word.
    pub fn set(&self, (code, word): (&str, &str)) {
        dom::set_attribute(&self.line, "data-delivery", code);
        self.text.set_text_content(Some(word));
    }
}

/// Returns what the user has entered into a field, without hidden characters. `None` if nothing of it is visible.
pub fn entered(value: &str) -> Option<String> {
    Some(text::without_hidden(value)).filter(|text| !text::is_blank(text))
}
