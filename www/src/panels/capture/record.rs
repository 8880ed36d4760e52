//! Recordings of one side of the call: sound, or sound and picture.

use std::{rc::Rc, time::Duration};

use browser_rtc::{
    media::{MediaRecorder, RecorderOptions, Recording},
    room::Call,
};
use futures::{FutureExt, StreamExt, channel::oneshot, select_biased};
use gloo_timers::future::TimeoutFuture;
use js_sys::Array;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag};

use super::{
    item::{Item, Kind},
    meter::Meter,
    source::{self, Side},
    view::{Captures, Strip},
};
use crate::{
    dom,
    texts::{clock, record as texts},
};

/// The time between two updates of the size.
const SLICE: Duration = Duration::from_secs(1);

/// The time between two updates of the time, in milliseconds.
const TICK: u32 = 250;

/// File types in the order of preference. Safari writes MP4, and Firefox WebM and Ogg.
const SOUND: [&str; 3] = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const PICTURE: [&str; 3] = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];

/// Records each time the user starts it, until the future is dropped. `tell` is called when a recording of the peer
/// begins, and when a recording ends.
pub async fn run(captures: &Captures, call: &Call, peer: &str, tell: impl Fn(bool)) {
    let mut starts = dom::clicks(&captures.start);
    loop {
        starts.select_next_some().await;
        captures.problem.report(record(captures, call, peer, &tell).await);
        tell(false);
    }
}

/// Makes one recording. It also ends with the call, when this future is dropped, and is kept in both cases.
async fn record(captures: &Captures, call: &Call, peer: &str, tell: impl Fn(bool)) -> Result<(), String> {
    let (side, with_picture) = captures.source();
    let stream = source::stream(call, side, with_picture).ok_or(texts::NOTHING_TO_RECORD)?;
    let types = if with_picture { PICTURE } else { SOUND };
    let options = types.into_iter().fold(RecorderOptions::new(), RecorderOptions::mime_type);
    let started = stream.and_then(|stream| {
        let recorder = MediaRecorder::new(&stream, &options)?;
        let recording = recorder.start_in_slices(SLICE)?;
        Ok((recorder, recording))
    });
    let (recorder, recording) = started.map_err(|error| texts::not_recorded(&error))?;

    if side == Side::Remote {
        tell(true);
    }
    let meter = Rc::new(Meter::start());
    let (ends, mut ended) = oneshot::channel();
    let name = captures.name_of(side, peer).to_owned();
    spawn_local(keep(captures.strip().clone(), recording, meter.clone(), name, ends));
    let (mut pauses, mut stops) = (dom::clicks(&captures.pause), dom::clicks(&captures.stop));
    let recording = captures.show_recording();
    loop {
        recording.show(meter.seconds(), meter.bytes(), meter.is_paused());
        select_biased! {
            outcome = ended => return outcome.unwrap_or(Ok(())),
            () = stops.select_next_some() => recorder.stop(),
            () = pauses.select_next_some() => {
                let paused = !meter.is_paused();
                let changed = if paused { recorder.pause() } else { recorder.resume() };
                // The recorder may have ended at this moment.
                if changed.is_ok() {
                    meter.set_paused(paused);
                }
            }
            () = TimeoutFuture::new(TICK).fuse() => {}
        }
    }
}

/// Collects a recording and adds it to the strip, where it stays until the user removes it.
async fn keep(
    strip: Rc<Strip>,
    mut recording: Recording,
    meter: Rc<Meter>,
    name: String,
    ends: oneshot::Sender<Result<(), String>>,
) {
    let (chunks, mut outcome, mut mime_type) = (Array::new(), Ok(()), String::new());
    while let Some(chunk) = recording.next().await {
        match chunk {
            Ok(chunk) => {
                meter.add_bytes(chunk.data.size());
                mime_type = chunk.data.type_();
                chunks.push(&chunk.data);
            }
            // What was recorded before the failure is kept.
            Err(error) => outcome = Err(texts::not_recorded(&error)),
        }
    }
    meter.set_paused(true);
    let options = BlobPropertyBag::new();
    options.set_type(&mime_type);
    let file = Blob::new_with_blob_sequence_and_options(&chunks, &options).ok().filter(|file| file.size() > 0.0);
    let item = file.and_then(|file| {
        let kind = if mime_type.starts_with("video") { Kind::Video } else { Kind::Sound };
        let file_name = texts::file_name(&name, &clock::stamp(), &mime_type);
        Item::new(&strip, kind, &file, &file_name, &texts::recording_detail(meter.seconds(), file.size()))
    });
    // Nothing receives the outcome if the call has ended.
    let _sent = ends.send(if item.is_none() { outcome.and(Err(texts::EMPTY.into())) } else { outcome });
    if let Some(item) = item {
        item.removed().await;
    }
}
