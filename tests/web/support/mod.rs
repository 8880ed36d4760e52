//! What every test stands on: nothing waits for ever, and nothing is rejected unheard.

pub mod bytes;
pub mod dice;
pub mod files;
pub mod frame;
pub mod generated;
pub mod held;
pub mod js;
pub mod media;
pub mod memory;
pub mod pair;
pub mod plain;
pub mod recorded;
pub mod refusals;
pub mod room;
pub mod session;
pub mod simulcast;
pub mod sockets;

use std::{cell::RefCell, pin::pin, rc::Rc, time::Duration};

use browser_rtc::EventStream;
use futures::{
    Stream, StreamExt,
    channel::oneshot,
    future::{Either, select},
};
use wasm_bindgen::prelude::*;

/// Long for a busy machine. What is to come without a wait has to have nothing to wait for that is shorter than this.
const LIMIT: Duration = Duration::from_secs(60);

const LONG_LIMIT: Duration = Duration::from_secs(300);

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, ms: f64) -> f64;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: f64);
}

struct Timer {
    id: f64,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(self.id);
    }
}

pub async fn sleep(time: Duration) {
    let (ring, rung) = oneshot::channel();
    let callback = Closure::once(move || ring.send(()).unwrap_or_default());
    let _timer = Timer { id: set_timeout(callback.as_ref(), time.as_secs_f64() * 1000.0), _callback: callback };
    rung.await.unwrap();
}

/// Milliseconds, to measure by.
pub fn now() -> f64 {
    web_sys::window().unwrap().performance().unwrap().now()
}

pub trait Within: Future + Sized {
    /// What the future gives, or a failed test that says what did not come.
    async fn within(self, awaited: &str) -> Self::Output {
        limited(self, LIMIT, awaited).await
    }

    /// The same for what a browser or a network takes its time for.
    async fn in_time(self, awaited: &str) -> Self::Output {
        limited(self, LONG_LIMIT, awaited).await
    }
}

impl<F: Future> Within for F {}

async fn limited<F: Future>(future: F, limit: Duration, awaited: &str) -> F::Output {
    // The time is looked at first: what is there by then, and woke nobody, is not to pass.
    match select(pin!(sleep(limit)), pin!(future)).await {
        Either::Left(_) => panic!("{awaited}: not within {limit:?}"),
        Either::Right((output, _)) => output,
    }
}

/// The rest of a stream that ends.
pub async fn rest<T>(stream: impl Stream<Item = T>, awaited: &str) -> Vec<T> {
    stream.collect().within(awaited).await
}

/// Runs a test, which fails as well where a promise is rejected and nobody listens.
pub async fn watched(test: impl Future<Output = ()>) {
    let unheard = unheard_rejections(test).await;
    assert!(unheard.is_empty(), "rejected, and nobody listened: {unheard:?}");
}

pub async fn unheard_rejections(test: impl Future<Output = ()>) -> Vec<String> {
    let unheard = Rc::<RefCell<Vec<String>>>::default();
    let last = JsValue::symbol(Some("the last rejection"));
    let mut last_heard = EventStream::listen(&web_sys::window().unwrap(), "unhandledrejection", {
        let (unheard, last) = (unheard.clone(), last.clone());
        move |event| {
            event.prevent_default();
            let reason = js::get(&event, "reason");
            if reason == last {
                return Some(());
            }
            unheard.borrow_mut().push(js::text(&reason));
            None
        }
    });
    test.await;
    // Rejections are told of in their order, each in a task of its own: when our own is heard, all before it were.
    let _rejected = js_sys::Promise::reject(&last);
    last_heard.next().within("our own rejection").await;
    unheard.take()
}
