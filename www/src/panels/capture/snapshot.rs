//! Snapshots: still pictures of the call.

use browser_rtc::{
    media::{ImageFormat, Snapshot, SnapshotOptions},
    room::Call,
};
use futures::{FutureExt, StreamExt, select_biased};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{
    item::{Item, Kind},
    source::{self, Side},
    view::Captures,
};
use crate::{
    dom,
    texts::{clock, record as texts},
};

/// The time to wait for a frame, in milliseconds. The camera of the peer may be off.
const TIMEOUT: u32 = 8_000;

/// Takes a snapshot at each click until the future is dropped.
pub async fn run(captures: &Captures, call: &Call, peer: &str) {
    let (mut of_remote, mut of_own) = (dom::clicks(&captures.snapshot_remote), dom::clicks(&captures.snapshot_own));
    loop {
        let side = select_biased! {
            () = of_remote.select_next_some() => Side::Remote,
            () = of_own.select_next_some() => Side::Own,
        };
        let outcome = take(call, side).await.map(|snapshot| keep(captures, &snapshot, captures.name_of(side, peer)));
        captures.problem.report(outcome);
    }
}

/// Takes a snapshot as WebP, or as PNG where the browser cannot write WebP.
async fn take(call: &Call, side: Side) -> Result<Snapshot, String> {
    let track = source::picture(call, side).ok_or(texts::NO_PICTURE)?;
    let options = SnapshotOptions::new().format(ImageFormat::Webp).quality(0.9);
    select_biased! {
        snapshot = track.snapshot(&options).boxed_local().fuse() => snapshot.map_err(|error| texts::no_snapshot(&error)),
        () = TimeoutFuture::new(TIMEOUT).fuse() => Err(texts::NO_PICTURE.into()),
    }
}

/// Adds a snapshot to the strip, where it stays until the user removes it.
fn keep(captures: &Captures, snapshot: &Snapshot, name: &str) {
    let file_name = texts::file_name(name, &clock::stamp(), snapshot.format.as_str());
    let detail = texts::snapshot_detail(snapshot.width, snapshot.height, snapshot.blob.size());
    if let Some(item) = Item::new(captures.strip(), Kind::Picture, &snapshot.blob, &file_name, &detail) {
        spawn_local(async move { item.removed().await });
    }
}
