//! The form for joining a room.

use browser_rtc::{
    room::{Join, Room},
    signaling,
};
use futures::StreamExt;
use web_sys::{HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement, Location, UrlSearchParams};

use crate::{
    dom::{self, Dom, MissingElement},
    notices::{Code, Note},
    page::Page,
    texts,
};

pub struct JoinForm {
    body: HtmlElement,
    form: HtmlFormElement,
    name: HtmlInputElement,
    room: HtmlInputElement,
    button: HtmlButtonElement,
}

impl JoinForm {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            body: dom.body()?,
            form: dom.get("join-form")?,
            name: dom.get("name")?,
            room: dom.get("room")?,
            button: dom.get("join")?,
        })
    }

    /// Takes the name and the room from the page's address, as in `?room=lobby&name=Ada`.
    pub fn prefill(&self) {
        let search = location().and_then(|location| location.search().ok()).unwrap_or_default();
        let Ok(query) = UrlSearchParams::new_with_str(&search) else { return };
        for (field, key) in [(&self.name, "name"), (&self.room, "room")] {
            if let Some(value) = query.get(key) {
                field.set_value(&value);
            }
        }
    }

    /// Marks the page as ready and moves the focus to the form.
    pub fn ready(&self) {
        dom::set_attribute(&self.body, "data-ready", "true");
        dom::focus(if self.name.value().is_empty() { &self.name } else { &self.button });
    }
}

/// Runs until the user has joined a room.
pub async fn join(page: &Page) -> Room {
    let form = &page.join;
    let mut submits = dom::submits(&form.form);
    loop {
        submits.select_next_some().await;
        page.notices.clear_failure();
        let (name, room_name) = (form.name.value().trim().to_owned(), form.room.value().trim().to_owned());
        form.button.set_disabled(true);
        let joined = join_room(Join::new(&room_name, name).keep_seat()).await;
        form.button.set_disabled(false);
        match joined {
            Ok(room) => {
                page.room_name.set_text_content(Some(&room_name));
                page.you.set_text_content(Some(&room.me().name));
                page.notices.show(Note::new(Code::Joined, format!("You have joined the room “{room_name}”.")));
                return room;
            }
            Err(error) => page.notices.fail(texts::server_failure(&error)),
        }
    }
}

/// Joins a room on the signaling server that serves this page.
async fn join_room(join: Join) -> browser_rtc::Result<Room> {
    Room::join(&signaling::url_of_this_page()?, join).await
}

fn location() -> Option<Location> {
    web_sys::window().map(|window| window.location())
}
