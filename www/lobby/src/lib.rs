//! The lobby of the demo: the form for joining a room, and the settings before a call.
//!
//! It is a small program, so that the page is usable soon. The program of the room is loaded in the background, and takes
//! the page over when the user has joined a room.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]

mod program;
mod support;
mod texts;

use demo_shared::{
    dom::{Dom, MissingElement},
    join::{self, JoinForm},
    notices::{Code, Note, Notices},
    settings::Settings,
    views::{View, Views},
};
use js_sys::Function;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::program::{Entered, Loader};

/// Runs the lobby until the user has joined a room, and then the program of the room, which `load` loads.
#[wasm_bindgen]
pub async fn run(load: Function) {
    match lobby(&Loader::new(load)).await {
        // Everything of the lobby is released, so that the page is free for the other program.
        Ok(Some(entered)) => entered.stay().await,
        Ok(None) => {}
        Err(missing) => web_sys::console::error_1(&missing.to_string().into()),
    }
}

/// Returns the room that the user has joined, or `None` if the browser lacks a feature.
async fn lobby(loader: &Loader) -> Result<Option<Entered>, MissingElement> {
    let dom = Dom::current()?;
    let missing = support::missing();
    if !missing.is_empty() {
        support::show(&dom, &missing)?;
        return Ok(None);
    }
    let (views, notices) = (Views::find(&dom)?, Notices::find(&dom)?);
    let (form, settings) = (JoinForm::find(&dom)?, Settings::find(&dom)?);
    let _dismissals = notices.dismissals();
    form.prefill();
    notices.show(Note::new(Code::Ready, texts::READY));
    let restores = form.restore();
    views.show(View::Join);
    Ok(Some(join::join(&form, &settings, &notices, restores, async |entry| loader.enter(&entry).await).await))
}
