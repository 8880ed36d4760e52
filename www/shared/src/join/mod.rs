//! The form for joining a room.

pub mod address;

use std::{mem, pin::pin};

use futures::{FutureExt, StreamExt, select_biased};
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement};

use self::address::Address;
use crate::{
    dom::{self, Dom, MissingElement},
    notices::{Failure, Notices},
    settings::Settings,
    storage::{self, Place},
    texts,
};

/// A room, and the name of the user in it.
#[derive(Clone)]
pub struct Entry {
    pub room: String,
    pub name: String,
}

pub struct JoinForm {
    body: HtmlElement,
    form: HtmlFormElement,
    name: HtmlInputElement,
    room: HtmlInputElement,
    button: HtmlButtonElement,
    devices: Element,
}

impl JoinForm {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            body: dom.body()?,
            form: dom.get("join-form")?,
            name: dom.get("name")?,
            room: dom.get("room")?,
            button: dom.get("join")?,
            devices: dom.get("join-devices")?,
        })
    }

    /// Fills in the room of the address, and the name of the address or of the last visit.
    pub fn prefill(&self) {
        let address = Address::of_page();
        let name = address.name.or_else(|| storage::get(Place::Browser, "name"));
        for (field, value) in [(&self.name, name), (&self.room, address.room)] {
            if let Some(value) = value {
                field.set_value(&value);
            }
        }
    }

    /// Fills in the room that the page was in before it was reloaded. Returns whether it was in a room.
    ///
    /// A room opens no device, so that a reload returns to it without a question. A duplicated tab has the same memory, but
    /// would take the seat of the first tab.
    pub fn restore(&self) -> bool {
        let (Some(room), Some(name)) = (storage::get(Place::Tab, "room"), storage::get(Place::Tab, "name")) else {
            return false;
        };
        let is_same_room = Address::of_page().room.is_none_or(|of_address| of_address == room);
        let restores = is_same_room && address::is_reloaded();
        if restores {
            self.room.set_value(&room);
            self.name.set_value(&name);
        }
        restores
    }

    /// Marks the page as ready and moves the focus to the form.
    fn ready(&self) {
        dom::set_attribute(&self.body, "data-ready", "true");
        dom::focus_in_place(if self.name.value().is_empty() { &self.name } else { &self.button });
    }

    fn entry(&self) -> Entry {
        Entry { room: self.room.value().trim().to_owned(), name: self.name.value().trim().to_owned() }
    }
}

/// Runs until the user has joined a room by `enter`, and returns its result. `restores` is set if the page joins at once,
/// with what is filled in.
pub async fn join<T>(
    form: &JoinForm,
    settings: &Settings,
    notices: &Notices,
    mut restores: bool,
    enter: impl AsyncFn(Entry) -> Result<T, Failure>,
) -> T {
    settings.move_to(&form.devices);
    let mut submits = dom::submits(&form.form);
    let mut changes = address::changes().fuse();
    let mut settings = pin!(settings.run().fuse());
    form.ready();
    loop {
        if !mem::take(&mut restores) {
            select_biased! {
                () = submits.select_next_some() => {}
                _ = changes.select_next_some() => {
                    form.prefill();
                    continue;
                }
                () = settings => continue,
            }
        }
        notices.clear_failure();
        // A reload does not repeat a join that fails.
        forget();
        let entry = form.entry();
        let _joining = Joining::new(&form.button);
        let mut entering = pin!(enter(entry.clone()).fuse());
        let entered = loop {
            select_biased! {
                entered = entering => break entered,
                // The form was submitted already.
                () = submits.select_next_some() => {}
                () = settings => {}
            }
        };
        match entered {
            Ok(room) => {
                remember(&entry);
                return room;
            }
            Err(failure) => notices.fail(failure),
        }
    }
}

/// Shows on the button that the page joins a room, until it is dropped. The button keeps the focus, which a disabled one
/// would lose.
struct Joining<'a>(&'a HtmlButtonElement);

impl<'a> Joining<'a> {
    fn new(button: &'a HtmlButtonElement) -> Self {
        button.set_text_content(Some(texts::JOINING));
        dom::set_attribute(button, "aria-disabled", "true");
        Self(button)
    }
}

impl Drop for Joining<'_> {
    fn drop(&mut self) {
        self.0.set_text_content(Some(texts::JOIN));
        let _well_formed = self.0.remove_attribute("aria-disabled");
    }
}

/// Remembers the room and the name, and shows the room in the address.
fn remember(Entry { room, name }: &Entry) {
    storage::set(Place::Browser, "name", name);
    storage::set(Place::Tab, "name", name);
    storage::set(Place::Tab, "room", room);
    address::show_room(room);
}

/// Forgets the room, so that a reload does not return to it.
pub fn forget() {
    storage::set(Place::Tab, "room", "");
}
