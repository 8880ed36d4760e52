//! Helpers of the tests: time limits, timers, and a guard against unhandled promise rejections.

pub mod bytes;
pub mod files;
pub mod generated;
pub mod iframe;
pub mod js;
pub mod leaks;
pub mod media;
pub mod memory;
pub mod pair;
pub mod peak_buffer;
pub mod plain;
pub mod recording;
pub mod refusals;
pub mod rng;
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

/// The limit of a wait, which allows for a busy machine. Where a result must not depend on a timer, the timer has to be
/// longer than this.
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
    let (fire, fired) = oneshot::channel();
    let callback = Closure::once(move || fire.send(()).unwrap_or_default());
    let _timer = Timer { id: set_timeout(callback.as_ref(), time.as_secs_f64() * 1000.0), _callback: callback };
    fired.await.unwrap();
}

/// Returns the time of the page's monotonic clock in milliseconds.
pub fn now() -> f64 {
    web_sys::window().unwrap().performance().unwrap().now()
}

pub trait Within: Future + Sized {
    /// Awaits the future for at most a minute. Panics with the name of what was awaited on a timeout.
    async fn within(self, awaited: &str) -> Self::Output {
        limited(self, LIMIT, awaited).await
    }

    /// Awaits the future for at most five minutes, for large transfers and for timers of the browser.
    async fn within_minutes(self, awaited: &str) -> Self::Output {
        limited(self, LONG_LIMIT, awaited).await
    }
}

impl<F: Future> Within for F {}

async fn limited<F: Future>(future: F, limit: Duration, awaited: &str) -> F::Output {
    // The timer is polled first: a future that became ready without a wake-up must fail.
    match select(pin!(sleep(limit)), pin!(future)).await {
        Either::Left(_) => panic!("{awaited} timed out after {limit:?}"),
        Either::Right((output, _)) => output,
    }
}

/// Collects the remaining items of a stream that ends.
pub async fn rest<T>(stream: impl Stream<Item = T>, awaited: &str) -> Vec<T> {
    stream.collect().within(awaited).await
}

/// Runs a test, and fails it if the rejection of a promise is not handled.
pub async fn watched(test: impl Future<Output = ()>) {
    let reasons = unhandled_rejections(test).await;
    assert!(reasons.is_empty(), "unhandled promise rejections: {reasons:?}");
}

/// Runs a test, and returns the reasons of the promise rejections that are not handled.
pub async fn unhandled_rejections(test: impl Future<Output = ()>) -> Vec<String> {
    let reasons = Rc::<RefCell<Vec<String>>>::default();
    let last = JsValue::symbol(Some("the last rejection"));
    let mut last_reported = EventStream::listen(&web_sys::window().unwrap(), "unhandledrejection", {
        let (reasons, last) = (reasons.clone(), last.clone());
        move |event| {
            event.prevent_default();
            let reason = js::get(&event, "reason");
            if reason == last {
                return Some(());
            }
            reasons.borrow_mut().push(js::text(&reason));
            None
        }
    });
    test.await;
    // Rejections are reported in order, each in its own task: after this one, all earlier ones are reported.
    let _rejected = js_sys::Promise::reject(&last);
    last_reported.next().within("the last rejection").await;
    reasons.take()
}
