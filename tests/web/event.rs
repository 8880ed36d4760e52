//! Listeners and streams: in order, ended with their object, and gone when dropped.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use browser_rtc::{
    Listener,
    peer::{PeerConnection, SignalingState},
};
use futures::{FutureExt, StreamExt, channel::oneshot, stream::FusedStream};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::EventTarget;

use super::support::{
    Within,
    js::{self, ListenerCount},
    pair::connection,
    rest, sleep, watched,
};

const NO_MEMBERS: JsValue = JsValue::NULL;

fn target() -> EventTarget {
    js::eval("new EventTarget()").unchecked_into()
}

#[wasm_bindgen_test]
fn a_dropped_listener_is_gone_from_the_page() {
    let listeners = ListenerCount::new();
    let target = target();
    let calls = Rc::<Cell<u32>>::default();
    let listener = Listener::new(&target, "ping", {
        let calls = calls.clone();
        move |_| calls.set(calls.get() + 1)
    });
    assert_eq!(listeners.live(), 1);
    js::dispatch(&target, "ping", &NO_MEMBERS);
    js::dispatch(&target, "pong", &NO_MEMBERS);
    js::dispatch(&target, "ping", &NO_MEMBERS);
    assert_eq!(calls.get(), 2);

    drop(listener);
    assert_eq!(listeners.live(), 0);
    js::dispatch(&target, "ping", &NO_MEMBERS);
    assert_eq!(calls.get(), 2);
    assert_eq!(Rc::strong_count(&calls), 1, "the callback is freed with its listener");
}

#[wasm_bindgen_test]
fn a_listener_may_be_dropped_by_its_own_callback() {
    let listeners = ListenerCount::new();
    let target = target();
    let calls = Rc::<Cell<u32>>::default();
    let slot = Rc::<RefCell<Option<Listener>>>::default();
    let listener = Listener::new(&target, "ping", {
        let (calls, slot) = (calls.clone(), slot.clone());
        move |_| {
            drop(slot.take());
            // What the callback holds is still there after that.
            calls.set(calls.get() + 1);
        }
    });
    slot.replace(Some(listener));
    js::dispatch(&target, "ping", &NO_MEMBERS);
    js::dispatch(&target, "ping", &NO_MEMBERS);
    assert_eq!(calls.get(), 1);
    assert_eq!(listeners.live(), 0);
    assert_eq!(Rc::strong_count(&calls), 1);
}

/// Fires `icecandidate` events that carry these numbers.
fn fire_candidates(pc: &PeerConnection, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let members = js::eval(&format!("{{ candidate: {{ candidate: 'number {number}' }} }}"));
        js::dispatch(pc.as_raw(), "icecandidate", &members);
    }
}

#[wasm_bindgen_test]
async fn a_stream_keeps_all_in_order_and_ends_at_close() {
    watched(async {
        let pc = connection();
        let mut candidates = pc.ice_candidates();
        fire_candidates(&pc, 0..50);
        let first = candidates.next().within("a candidate").await.unwrap();
        assert_eq!(first.candidate, "number 0");
        fire_candidates(&pc, 50..100);
        pc.close();
        assert!(!candidates.is_terminated(), "what came before the end is still to be had");
        let others = rest(candidates.by_ref(), "the stream's end").await;
        let expected: Vec<_> = (1..100).map(|number| format!("number {number}")).collect();
        assert_eq!(others.into_iter().map(|candidate| candidate.candidate).collect::<Vec<_>>(), expected);
        assert!(candidates.is_terminated());
        assert!(candidates.next().within("the end again").await.is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_stream_ends_when_the_last_handle_is_dropped() {
    watched(async {
        let pc = connection();
        let other_handle = pc.clone();
        let mut candidates = pc.ice_candidates();
        let signaling = pc.signaling_states();
        let waiting = candidates.next();
        fire_candidates(&pc, 0..1);
        drop(pc);
        assert!(waiting.within("a candidate").await.is_some(), "one handle is left");
        drop(other_handle);
        assert!(candidates.next().within("the end").await.is_none());
        assert_eq!(rest(signaling, "the end").await, [SignalingState::Stable, SignalingState::Closed]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_stream_that_waits_is_woken_by_the_close() {
    watched(async {
        let pc = connection();
        let mut tracks = pc.tracks();
        let (over, ended) = oneshot::channel();
        spawn_local(async move { over.send(tracks.next().await.is_none()).unwrap() });
        turn().await;
        pc.close();
        assert!(ended.within("the end").await.unwrap());
    })
    .await;
}

#[wasm_bindgen_test]
async fn two_tasks_that_wait_are_both_woken() {
    watched(async {
        let pc = connection();
        let tasks = [(); 2].map(|()| {
            let mut candidates = pc.ice_candidates();
            let (send, received) = oneshot::channel();
            spawn_local(async move {
                let first = candidates.next().await.unwrap().candidate;
                send.send((first, candidates.count().await)).unwrap();
            });
            received
        });
        // Both tasks get to wait first.
        turn().await;
        fire_candidates(&pc, 0..1);
        turn().await;
        pc.close();
        for task in tasks {
            assert_eq!(task.within("a task").await.unwrap(), ("number 0".into(), 0));
        }
    })
    .await;
}

#[wasm_bindgen_test]
fn a_thousand_subscriptions_leave_nothing_behind() {
    let listeners = ListenerCount::new();
    let pc = connection();
    let subscribe_and_drop = || {
        for _ in 0..1_000 {
            // Each waits once, so that its wakers are in their places.
            assert!(pc.tracks().next().now_or_never().is_none());
            assert!(pc.data_channels().next().now_or_never().is_none());
            assert!(pc.ice_candidates().next().now_or_never().is_none());
            assert!(pc.connection_states().skip(1).next().now_or_never().is_none());
            let _never_polled = pc.negotiation_needed();
        }
    };
    subscribe_and_drop();
    let (memory, values) = (memory_size(), wasm_bindgen::externref_heap_live_count());
    subscribe_and_drop();
    assert_eq!(memory_size(), memory, "wasm memory grew");
    assert_eq!(wasm_bindgen::externref_heap_live_count(), values, "JavaScript values are still held");
    assert_eq!(listeners.live(), 0);
}

/// Lets the other tasks run.
async fn turn() {
    sleep(Duration::ZERO).await;
}

fn memory_size() -> f64 {
    js::number(&js::get(&wasm_bindgen::memory(), "buffer"), "byteLength")
}
