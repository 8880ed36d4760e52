//! Snapshots and recordings of a call, which are kept after the call.

mod item;
mod meter;
mod record;
mod snapshot;
mod source;
mod view;

use browser_rtc::{Result, room::Call};
use futures::future::join;

pub use self::view::Captures;
use crate::page::Page;

/// Takes snapshots and records until the call ends. Calls `tell` with `true` when the peer is recorded, and with `false`
/// after a recording.
pub async fn run(page: &Page, call: &Call, tell: impl Fn(bool)) -> Result<()> {
    let (captures, peer) = (&page.captures, call.peer().name);
    let _in_panel = captures.move_to_call();
    captures.clear(&peer);
    join(snapshot::run(captures, call, &peer), record::run(captures, call, &peer, tell)).await;
    Ok(())
}
