//! The labs of browser-rtc: one short program for each use of WebRTC, shown beside its source.
//!
//! Each file in `labs` is a lab. It uses the library, `web-sys` and ordinary crates, and nothing of this page, so that it
//! can be copied into a project as it is. `shell` is the page around them: it opens the lab that the URL names, starts
//! and stops it, and shows what it reports.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]

mod labs;
mod shell;

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// Runs the labs on the current page.
#[wasm_bindgen(start)]
pub fn start() {
    spawn_local(async {
        if let Err(error) = shell::run(labs::LABS).await {
            web_sys::console::error_1(&error.to_string().into());
        }
    });
}
