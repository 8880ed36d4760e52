//! The demo of browser-rtc: a room, and calls between two of its members.
//!
//! The page starts with a small program, the lobby, which loads this one in the background. [`join`] joins a room for the
//! lobby, and [`stay`] takes the page over: it repeats that the user stays in a room (`room`), leaves, and joins a room. In
//! the room, one call at a time rings (`ringing`) and is connected (`call`). Each step is an `async fn` that owns its
//! resources: when it ends or is dropped, its camera, listeners and panels are released.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]

mod call;
mod messages;
mod page;
mod panels;
mod ringing;
mod room;
mod ui;

use browser_rtc::{
    room::{Join, Room},
    signaling,
};
use demo_shared::{capture, join as form, settings, views};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{
    dom::{Dom, MissingElement},
    form::Entry,
    notices::{Code, Failure, Note},
    page::Page,
    ui::{dom, notices, storage, texts},
    views::View,
};

/// A room that the user has joined, with its name.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Joined {
    room: Room,
    name: String,
}

/// The reason for which a room was not joined.
#[derive(Debug)]
#[wasm_bindgen(getter_with_clone)]
pub struct NotJoined {
    /// The name of the kind of error.
    #[wasm_bindgen(readonly)]
    pub kind: String,
    /// A sentence with advice.
    #[wasm_bindgen(readonly)]
    pub sentence: String,
}

/// Joins a room on the signaling server that serves this page.
#[wasm_bindgen]
pub async fn join(room: String, name: String) -> Result<Joined, NotJoined> {
    enter(Entry { room, name }).await.map_err(|Failure { kind, sentence }| NotJoined { kind, sentence })
}

async fn enter(Entry { room: name, name: me }: Entry) -> Result<Joined, Failure> {
    let join = async { Room::join(&signaling::url_of_this_page()?, Join::new(&name, &me).keep_seat()).await };
    let room = join.await.map_err(|error| texts::server_failure(&error))?;
    Ok(Joined { room, name })
}

/// Shows a room, and after it the form and other rooms, until the page is closed.
#[wasm_bindgen]
pub async fn stay(joined: Joined) {
    if let Err(missing) = run(joined).await {
        web_sys::console::error_1(&missing.to_string().into());
    }
}

async fn run(mut joined: Joined) -> Result<(), MissingElement> {
    let page = Page::find(&Dom::current()?)?;
    let _dismissals = page.notices.dismissals();
    loop {
        page.room_name.set_text_content(Some(&joined.name));
        page.you.set_text_content(Some(&joined.room.me().name));
        page.notices.show(Note::new(Code::Joined, texts::room::joined(&joined.name)));
        page.show(View::Room);
        let note = room::stay(&page, joined).await;
        page.notices.show(note);
        page.show(View::Join);
        joined = form::join(&page.join, &page.settings, &page.notices, false, enter).await;
    }
}
