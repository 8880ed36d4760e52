//! What is left of many connections.

use std::time::Duration;

use browser_rtc::peer::PeerConnection;
use wasm_bindgen::JsCast;

use super::{
    js::{self, ListenerCount},
    memory, now, sleep,
};

/// What the browser might still hold of connections that are closed.
#[derive(Default)]
pub struct Seen(js_sys::Array);

impl Seen {
    pub fn add(&mut self, pc: &PeerConnection) {
        self.0.push(&js::run("object", &[pc.as_raw()], "return new WeakRef(object)"));
    }

    pub fn count(&self) -> u32 {
        self.0.length()
    }

    /// Waits until the browser has freed these, but for a few stragglers: it may have the last that it has dealt with
    /// in a task of its own, or take what lies somewhere for them. That passes once it deals with others. So none at
    /// all may be left of the former ones, and where each time leaves even one behind for good, the next time fails.
    /// Gives these, to be the former ones of the next.
    ///
    /// Chromium has room for 500 connections, and counts those that are closed until it has collected them. Firefox
    /// cannot be asked to.
    pub async fn collected(self, former: Self) -> Self {
        sleep(Duration::from_millis(100)).await;
        if js::is_firefox() {
            return self;
        }
        let begun = now();
        loop {
            // Asynchronous, so on an empty stack: Chromium takes whatever lies on the stack for in use, even what was
            // forgotten there.
            let collect = "return gc({ type: 'major', execution: 'async' })";
            js::run_to_end("", &[], collect).await;
            // Whatever a task has looked at stays until the next task.
            sleep(Duration::from_millis(50)).await;
            let (ours, formers) = (self.left(), former.left());
            if ours.len() <= STRAGGLERS && formers.is_empty() {
                return self;
            }
            assert!(
                now() - begun < FREED_WITHIN,
                "not freed of {} closed connections: {ours:?}, and of {} before them: {formers:?}",
                self.count(),
                former.count()
            );
        }
    }

    /// The states of those that are not freed.
    fn left(&self) -> Vec<String> {
        let left: js_sys::Array = js::run("weak", &[&self.0], LEFT).unchecked_into();
        left.iter().map(|state| js::text(&state)).collect()
    }
}

const STRAGGLERS: usize = 4;

/// In milliseconds.
const FREED_WITHIN: f64 = 300_000.0;

const LEFT: &str = "return weak.map(one => one.deref()).filter(one => one)
    .map(one => `${one.signalingState} ${one.connectionState}`)";

/// What Rust holds at a time: to be asked for when tables and queues have grown to the size that they need.
pub struct Held {
    listeners: ListenerCount,
    objects: u32,
    bytes: usize,
}

impl Held {
    pub fn now() -> Self {
        let listeners = ListenerCount::new();
        Self { listeners, objects: wasm_bindgen::externref_heap_live_count(), bytes: memory::live() }
    }

    /// Nothing has come to it since.
    pub fn has_not_grown(&self) {
        self.has_no_more_objects();
        assert_eq!(self.bytes_more(), 0);
    }

    fn has_no_more_objects(&self) {
        let Self { listeners, objects, .. } = self;
        assert_eq!(listeners.live(), 0);
        let objects_now = wasm_bindgen::externref_heap_live_count();
        assert!(objects_now <= *objects, "Rust held {objects} of JavaScript's objects, and now {objects_now}");
    }

    /// The same, but that a table may have doubled within so many bytes. Waits for what belongs to promises that are
    /// pending for ever, which the browser frees in its own time.
    pub async fn comes_back(&self, table: usize) {
        for _ in 0..1_200 {
            if self.bytes_more() <= table {
                break;
            }
            js::eval("Array.from({ length: 100000 }, () => ({})).length");
            sleep(Duration::from_millis(100)).await;
        }
        let more = self.bytes_more();
        assert!(more <= table, "Rust holds {more} bytes more");
        self.has_no_more_objects();
    }

    fn bytes_more(&self) -> usize {
        memory::live().saturating_sub(self.bytes)
    }
}
