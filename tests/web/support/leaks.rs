//! Detection of leaks: connections that the browser does not collect, and memory that the program does not free.

use std::time::Duration;

use browser_rtc::peer::PeerConnection;
use wasm_bindgen::JsCast;

use super::{
    js::{self, ListenerCount},
    memory, now, sleep,
};

/// Weak references to closed connections.
#[derive(Default)]
pub struct WeakConnections(js_sys::Array);

impl WeakConnections {
    pub fn add(&mut self, pc: &PeerConnection) {
        self.0.push(&js::run("object", &[pc.as_raw()], "return new WeakRef(object)"));
    }

    pub fn count(&self) -> u32 {
        self.0.length()
    }

    /// Waits until the browser has collected all connections of `former`, and all of these except a few stragglers.
    /// Returns these, which are `former` in the next call.
    ///
    /// The browser may retain the last connections until it has handled others: a separate task can reference them,
    /// and its conservative scan of the stack can find a stale pointer. If each round leaks even one connection, the
    /// next call fails.
    ///
    /// Chromium supports 500 connections per page, including closed ones that it has not collected. Firefox has no
    /// function that collects garbage, so nothing is checked there.
    pub async fn wait_until_collected(self, former: Self) -> Self {
        sleep(Duration::from_millis(100)).await;
        if js::is_firefox() {
            return self;
        }
        let started = now();
        loop {
            // An asynchronous collection runs on an empty stack. On any other, Chromium retains what stale pointers on
            // the stack refer to.
            let collect = "return gc({ type: 'major', execution: 'async' })";
            js::run_async("", &[], collect).await;
            // A dereferenced `WeakRef` retains its object until the end of the task.
            sleep(Duration::from_millis(50)).await;
            let (current, earlier) = (self.alive(), former.alive());
            if current.len() <= MAX_STRAGGLERS && earlier.is_empty() {
                return self;
            }
            assert!(
                now() - started < COLLECTION_TIMEOUT_MS,
                "not collected: {current:?} of {} closed connections, and {earlier:?} of the {} before them",
                self.count(),
                former.count()
            );
        }
    }

    /// Returns the states of the connections that are not collected.
    fn alive(&self) -> Vec<String> {
        let states: js_sys::Array = js::run("weak", &[&self.0], ALIVE).unchecked_into();
        states.iter().map(|state| js::text(&state)).collect()
    }
}

const MAX_STRAGGLERS: usize = 4;

const COLLECTION_TIMEOUT_MS: f64 = 300_000.0;

const ALIVE: &str = "return weak.map(one => one.deref()).filter(one => one)
    .map(one => `${one.signalingState} ${one.connectionState}`)";

/// The event listeners, JavaScript objects and bytes that Rust holds at one point. Taken once tables and queues have
/// reached their final capacity.
pub struct Snapshot {
    listeners: ListenerCount,
    objects: u32,
    bytes: usize,
}

impl Snapshot {
    pub fn now() -> Self {
        let listeners = ListenerCount::new();
        Self { listeners, objects: wasm_bindgen::externref_heap_live_count(), bytes: memory::live() }
    }

    /// Asserts that Rust holds no more than at the snapshot.
    pub fn assert_not_grown(&self) {
        self.assert_no_new_objects();
        assert_eq!(self.new_bytes(), 0, "bytes allocated since the snapshot and not freed");
    }

    fn assert_no_new_objects(&self) {
        let Self { listeners, objects, .. } = self;
        assert_eq!(listeners.live(), 0, "event listeners added since the snapshot and not removed");
        let objects_now = wasm_bindgen::externref_heap_live_count();
        assert!(objects_now <= *objects, "Rust held {objects} JavaScript objects, and holds {objects_now} now");
    }

    /// Waits until Rust holds no more than at the snapshot, except `table` bytes for a table that may have doubled.
    /// Callbacks of promises that never settle are freed once the browser has collected the promises.
    pub async fn wait_until_restored(&self, table: usize) {
        for _ in 0..1_200 {
            if self.new_bytes() <= table {
                break;
            }
            js::eval("Array.from({ length: 100000 }, () => ({})).length");
            sleep(Duration::from_millis(100)).await;
        }
        let bytes = self.new_bytes();
        assert!(bytes <= table, "{bytes} bytes allocated since the snapshot and not freed");
        self.assert_no_new_objects();
    }

    fn new_bytes(&self) -> usize {
        memory::live().saturating_sub(self.bytes)
    }
}
