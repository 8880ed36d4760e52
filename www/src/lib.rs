//! The demo of browser-rtc: a room, and a call between two of those who are in it.
//!
//! Read it from here down: `start` finds the page and then, over and over, somebody joins (`join`) and stays in
//! the room (`lobby`). There, one call at a time rings (`ringing`) and is talked in (`call`). Each of these is
//! one `async fn` that owns what it needs: when it ends, or is dropped, its camera, its listeners and its panels go.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]

mod call;
mod capture;
mod chat;
mod dom;
mod files;
mod join;
mod keypad;
mod lobby;
mod notices;
mod page;
mod people;
mod ringing;
mod settings;
mod states;
mod support;
mod words;

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::{
    dom::{Dom, MissingElement},
    notices::{Code, Note},
    page::{Page, View},
};

/// Runs the demo on the page that has loaded it.
#[wasm_bindgen(start)]
pub fn start() {
    spawn_local(async {
        if let Err(missing) = run().await {
            web_sys::console::error_1(&missing.to_string().into());
        }
    });
}

async fn run() -> Result<(), MissingElement> {
    let dom = Dom::of_this_page()?;
    let missing = support::missing();
    if !missing.is_empty() {
        return support::tell(&dom, &missing);
    }
    let page = Page::find(&dom)?;
    let _dismissals = page.notices.dismissals();
    page.join.prefill();
    page.notices.tell(Note::new(Code::Ready, "Ready to join a room."));
    loop {
        page.show(View::Join);
        page.join.ready();
        let room = join::join(&page).await;
        page.show(View::Room);
        let note = lobby::stay(&page, room).await;
        page.notices.tell(note);
    }
}
