//! The form for joining a room.

pub mod address;

use std::{mem, pin::pin};

use browser_rtc::{
    room::{Join, Room},
    signaling,
};
use futures::{FutureExt, StreamExt, select_biased};
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement};

use self::address::Address;
use crate::{
    dom::{self, Dom, MissingElement},
    notices::{Code, Note},
    page::Page,
    storage::{self, Place},
    texts,
};

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

    /// Marks the page as ready and moves the focus to the form.
    fn ready(&self) {
        dom::set_attribute(&self.body, "data-ready", "true");
        dom::focus_in_place(if self.name.value().is_empty() { &self.name } else { &self.button });
    }

    /// Joins the room with the entered name.
    async fn submit(&self) -> browser_rtc::Result<Joined> {
        let (name, room) = (self.name.value().trim().to_owned(), self.room.value().trim().to_owned());
        // A reload does not repeat a join that fails.
        forget();
        // A disabled button loses the focus.
        let had_focus = dom::has_focus(&self.button);
        self.button.set_disabled(true);
        let joined = join_room(Join::new(&room, &name).keep_seat()).await;
        self.button.set_disabled(false);
        if had_focus && joined.is_err() {
            dom::focus(&self.button);
        }
        let joined = Joined { room: joined?, name: room };
        storage::set(Place::Browser, "name", &name);
        storage::set(Place::Tab, "name", &name);
        storage::set(Place::Tab, "room", &joined.name);
        address::show_room(&joined.name);
        Ok(joined)
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
}

/// Joins a room on the signaling server that serves this page.
async fn join_room(join: Join) -> browser_rtc::Result<Room> {
    Room::join(&signaling::url_of_this_page()?, join).await
}

/// A room that the user has joined, with its name.
pub struct Joined {
    pub room: Room,
    pub name: String,
}

/// Runs until the user has joined a room. `restores` is set if the page joins at once, with what is filled in.
pub async fn join(page: &Page, mut restores: bool) -> Joined {
    let form = &page.join;
    page.settings.move_to(&form.devices);
    let mut submits = dom::submits(&form.form);
    let mut changes = address::changes().fuse();
    let mut settings = pin!(page.settings.run().fuse());
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
        page.notices.clear_failure();
        match form.submit().await {
            Ok(joined) => {
                page.room_name.set_text_content(Some(&joined.name));
                page.you.set_text_content(Some(&joined.room.me().name));
                page.notices.show(Note::new(Code::Joined, texts::room::joined(&joined.name)));
                return joined;
            }
            Err(error) => page.notices.fail(texts::server_failure(&error)),
        }
    }
}

/// Forgets the room, so that a reload does not return to it.
pub fn forget() {
    storage::set(Place::Tab, "room", "");
}
