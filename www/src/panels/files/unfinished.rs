//! Files that were being sent when the page was closed or reloaded.
//!
//! The tab remembers their names, but a page cannot read a file again that the user does not choose again. The id of an
//! offer is that of the file, so that the receiver continues its part when the same file is offered in another call.

use std::{cell::RefCell, rc::Rc};

use browser_rtc::Listener;
use web_sys::{Element, File, HtmlElement};

use crate::{
    dom::{self, Dom, MissingElement},
    storage::{self, Place},
    texts::files as texts,
};

const KEY: &str = "unfinished files";

/// The files that this tab has not sent completely, and the note about those that the user has to choose again.
pub struct Unfinished {
    transfers: RefCell<Vec<Transfer>>,
    note: HtmlElement,
    text: Element,
    forget: HtmlElement,
    send: HtmlElement,
    _listener: Listener,
}

#[derive(Clone, PartialEq, Eq)]
struct Transfer {
    peer: String,
    id: String,
    name: String,
    /// Set unless the file was offered by an earlier page.
    has_file: bool,
}

impl Unfinished {
    pub fn find(dom: &Dom) -> Result<Rc<Self>, MissingElement> {
        let (choose, send): (HtmlElement, HtmlElement) = (dom.get("unfinished-choose")?, dom.get("send-file")?);
        let transfers = storage::get(Place::Tab, KEY).unwrap_or_default();
        Ok(Rc::new(Self {
            transfers: RefCell::new(transfers.lines().filter_map(Transfer::parse).collect()),
            note: dom.get("unfinished")?,
            text: dom.get("unfinished-text")?,
            forget: dom.get("unfinished-forget")?,
            _listener: Listener::new(&choose, "click", {
                let send = send.clone();
                move |_| send.click()
            }),
            send,
        }))
    }

    /// The button that forgets the files.
    pub fn forget_button(&self) -> &HtmlElement {
        &self.forget
    }

    /// Forgets the files that the user would have to choose again.
    pub fn forget(&self, peer: &str) {
        self.change(|transfers| transfers.retain(|transfer| transfer.has_file || transfer.peer != peer));
        self.show(peer);
    }

    /// Shows the files that an earlier page has not sent completely to this peer. Returns whether there are any.
    pub fn show(&self, peer: &str) -> bool {
        let transfers = self.transfers.borrow();
        let lost = transfers.iter().filter(|transfer| !transfer.has_file && transfer.peer == peer);
        let names: Vec<&str> = lost.map(|transfer| &*transfer.name).collect();
        if names.is_empty() && dom::focused().is_some_and(|focused| self.note.contains(Some(&focused))) {
            dom::focus(&self.send);
        }
        self.note.set_hidden(names.is_empty());
        self.text.set_text_content(Some(&texts::unfinished(&names, peer)));
        !names.is_empty()
    }

    /// Remembers that a file is sent to a peer, until the guard is dropped.
    pub fn begin(self: &Rc<Self>, file: &File, peer: &str) -> Sending {
        let name = file.name().replace(char::is_control, " ");
        let transfer = Transfer { peer: peer.to_owned(), id: id_of(file), name, has_file: true };
        self.change(|transfers| {
            transfers.retain(|known| known.has_file || known.peer != peer || known.id != transfer.id);
            transfers.push(transfer.clone());
        });
        self.show(peer);
        Sending { unfinished: self.clone(), transfer }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Transfer>)) {
        let mut transfers = self.transfers.borrow_mut();
        change(&mut transfers);
        let lines: Vec<String> = transfers.iter().map(Transfer::line).collect();
        storage::set(Place::Tab, KEY, &lines.join("\n"));
    }
}

impl Transfer {
    /// Names have no control characters.
    fn line(&self) -> String {
        [&*self.peer, &self.id, &self.name].join("\t")
    }

    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split('\t').map(str::to_owned);
        Some(Self { peer: parts.next()?, id: parts.next()?, name: parts.next()?, has_file: false })
    }
}

/// Remembers a transfer until it is dropped. A page that is closed drops nothing.
#[must_use = "the transfer is forgotten when this is dropped"]
pub struct Sending {
    unfinished: Rc<Unfinished>,
    transfer: Transfer,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.unfinished.change(|transfers| {
            if let Some(index) = transfers.iter().position(|known| *known == self.transfer) {
                transfers.remove(index);
            }
        });
    }
}

/// Returns an id that is the same when the user chooses the file again.
pub fn id_of(file: &File) -> String {
    id(&file.name(), file.size(), file.last_modified())
}

fn id(name: &str, size: f64, modified: f64) -> String {
    // FNV-1a. An id may have only letters and digits.
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}-{:x}-{:x}", size.to_bits(), modified.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_that_of_the_file() {
        let film = id("film.mkv", 1e9, 1.8e12);
        assert_eq!(film, id("film.mkv", 1e9, 1.8e12));
        assert!(
            film.len() <= 64 && film.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
        );
        for other in [id("film2.mkv", 1e9, 1.8e12), id("film.mkv", 2e9, 1.8e12), id("film.mkv", 1e9, 1.9e12)] {
            assert_ne!(film, other);
        }
    }

    #[test]
    fn transfer_is_read_as_it_was_written() {
        let transfer = Transfer { peer: "Bob".into(), id: "a-1".into(), name: "my film.mkv".into(), has_file: false };
        assert!(Transfer::parse(&transfer.line()) == Some(transfer));
        assert!(Transfer::parse("Bob\ta-1").is_none());
    }
}
