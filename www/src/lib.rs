//! The demo of browser-rtc: a room, and calls between two of its members.
//!
//! [`start`] finds the elements of the page and repeats three steps: the user joins a room (`join`), stays in it
//! (`room`) and leaves. In the room, one call at a time rings (`ringing`) and is connected (`call`). Each step is an
//! `async fn` that owns its resources: when it ends or is dropped, its camera, listeners and panels are released.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]

mod call;
mod capture;
mod join;
mod messages;
mod page;
mod panels;
mod ringing;
mod room;
mod settings;
mod support;
mod ui;

use std::mem;

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::{
    dom::{Dom, MissingElement},
    notices::{Code, Note},
    page::{Page, View},
    ui::{dom, notices, storage, texts},
};

/// Runs the demo on the current page.
#[wasm_bindgen(start)]
pub fn start() {
    spawn_local(async {
        if let Err(missing) = run().await {
            web_sys::console::error_1(&missing.to_string().into());
        }
    });
}

async fn run() -> Result<(), MissingElement> {
    let dom = Dom::current()?;
    let missing = support::missing();
    if !missing.is_empty() {
        return support::show(&dom, &missing);
    }
    let page = Page::find(&dom)?;
    let _dismissals = page.notices.dismissals();
    page.join.prefill();
    page.notices.show(Note::new(Code::Ready, texts::room::READY));
    let mut restores = page.join.restore();
    loop {
        page.show(View::Join);
        let room = join::join(&page, mem::take(&mut restores)).await;
        page.show(View::Room);
        let note = room::stay(&page, room).await;
        page.notices.show(note);
    }
}
