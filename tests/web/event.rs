//! Event listeners and event streams: order, end and removal.

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
fn dropped_listener_is_removed() {
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
    assert_eq!(Rc::strong_count(&calls), 1, "the callback is not freed with its listener");
}

#[wasm_bindgen_test]
fn listener_can_be_dropped_in_callback() {
    let listeners = ListenerCount::new();
    let target = target();
    let calls = Rc::<Cell<u32>>::default();
    let slot = Rc::<RefCell<Option<Listener>>>::default();
    let listener = Listener::new(&target, "ping", {
        let (calls, slot) = (calls.clone(), slot.clone());
        move |_| {
            drop(slot.take());
            // The captured values are still valid.
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

/// Dispatches `icecandidate` events with these numbers.
fn fire_candidates(pc: &PeerConnection, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let members = js::eval(&format!("{{ candidate: {{ candidate: 'number {number}' }} }}"));
        js::dispatch(pc.as_raw(), "icecandidate", &members);
    }
}

#[wasm_bindgen_test]
async fn stream_keeps_events_in_order_and_ends_at_close() {
    watched(async {
        let pc = connection();
        let mut candidates = pc.ice_candidates();
        fire_candidates(&pc, 0..50);
        let first = candidates.next().within("the first candidate").await.unwrap();
        assert_eq!(first.candidate, "number 0");
        fire_candidates(&pc, 50..100);
        pc.close();
        assert!(!candidates.is_terminated(), "the stream is terminated with unread events");
        let others = rest(candidates.by_ref(), "the end of the stream").await;
        let expected: Vec<_> = (1..100).map(|number| format!("number {number}")).collect();
        assert_eq!(others.into_iter().map(|candidate| candidate.candidate).collect::<Vec<_>>(), expected);
        assert!(candidates.is_terminated());
        assert!(candidates.next().within("a read after the end").await.is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn stream_ends_with_last_handle() {
    watched(async {
        let pc = connection();
        let other_handle = pc.clone();
        let mut candidates = pc.ice_candidates();
        let signaling = pc.signaling_states();
        let pending = candidates.next();
        fire_candidates(&pc, 0..1);
        drop(pc);
        assert!(pending.within("a candidate").await.is_some(), "the stream ended before the last handle was dropped");
        drop(other_handle);
        assert!(candidates.next().within("the end of the candidates").await.is_none());
        let states = rest(signaling, "the end of the signaling states").await;
        assert_eq!(states, [SignalingState::Stable, SignalingState::Closed]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn close_wakes_waiting_stream() {
    watched(async {
        let pc = connection();
        let mut tracks = pc.tracks();
        let (end, ended) = oneshot::channel();
        spawn_local(async move { end.send(tracks.next().await.is_none()).unwrap() });
        yield_now().await;
        pc.close();
        assert!(ended.within("the end of the stream").await.unwrap());
    })
    .await;
}

#[wasm_bindgen_test]
async fn event_wakes_two_waiting_tasks() {
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
        // Both tasks must wait before the event.
        yield_now().await;
        fire_candidates(&pc, 0..1);
        yield_now().await;
        pc.close();
        for task in tasks {
            assert_eq!(task.within("the end of a task").await.unwrap(), ("number 0".into(), 0));
        }
    })
    .await;
}

#[wasm_bindgen_test]
fn dropped_subscriptions_do_not_leak() {
    let listeners = ListenerCount::new();
    let pc = connection();
    let subscribe_and_drop = || {
        for _ in 0..1_000 {
            // Each stream is polled once, to register its waker.
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
    assert_eq!(memory_size(), memory, "the WebAssembly memory has grown");
    assert_eq!(wasm_bindgen::externref_heap_live_count(), values, "JavaScript values are not released");
    assert_eq!(listeners.live(), 0);
}

/// Lets other tasks run.
async fn yield_now() {
    sleep(Duration::ZERO).await;
}

fn memory_size() -> f64 {
    js::number(&js::get(&wasm_bindgen::memory(), "buffer"), "byteLength")
}
