//! What is left of many connections.

use std::time::Duration;

use browser_rtc::peer::PeerConnection;

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

    /// Waits until the browser has freed all of these. Chromium has room for 500 connections, and counts those that
    /// are closed until it has collected them. Firefox cannot be asked to.
    pub async fn collected(self) {
        sleep(Duration::from_millis(100)).await;
        if js::is_firefox() {
            return;
        }
        let begun = now();
        loop {
            // Asynchronous, so on an empty stack: Chromium takes whatever lies on the stack for in use, even what was
            // forgotten there.
            let collect = "return gc({ type: 'major', execution: 'async' })";
            js::run_to_end("", &[], collect).await;
            // Whatever a task has looked at stays until the next task.
            sleep(Duration::from_millis(50)).await;
            let left = js::run("weak", &[&self.0], LEFT).as_string().unwrap();
            if left.is_empty() {
                return;
            }
            assert!(now() - begun < FREED_WITHIN, "of {} closed connections are not freed: {left}", self.count());
        }
    }
}

/// In milliseconds.
const FREED_WITHIN: f64 = 90_000.0;

/// The states of those that are not freed.
const LEFT: &str = "return weak.map(one => one.deref()).filter(one => one)
    .map(one => `${one.signalingState} ${one.connectionState}`).join()";

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
        for _ in 0..300 {
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
