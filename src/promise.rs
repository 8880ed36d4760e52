//! Awaiting a JavaScript promise, raced with the end of the object that it belongs to.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use wasm_bindgen::{JsValue, prelude::Closure};

use crate::{
    error::{During, Error, Result},
    sys::promise::Promise,
    wake::{End, EndWait},
};

/// What `promise` settles to; `Closed` once `end` has come first.
///
/// A promise of a connection that has been closed stays pending for ever. Its two callbacks therefore belong to
/// JavaScript, which frees them together with the promise, and not to this future.
pub(crate) async fn settled(operation: &'static str, end: &End, promise: Result<Promise, JsValue>) -> Result<JsValue> {
    if end.has_come() {
        return Err(Error::closed(operation));
    }
    let promise = promise.during(operation)?;
    Settled::new(&promise, end).await.ok_or_else(|| Error::closed(operation))?.during(operation)
}

/// The same for an object that never closes, such as `navigator.mediaDevices`.
pub(crate) async fn settled_for_good(operation: &'static str, promise: Result<Promise, JsValue>) -> Result<JsValue> {
    settled(operation, &End::default(), promise).await
}

#[derive(Default)]
struct Outcome {
    settled: Option<Result<JsValue, JsValue>>,
    waker: Option<Waker>,
}

struct Settled {
    outcome: Rc<RefCell<Outcome>>,
    end: EndWait,
}

impl Settled {
    fn new(promise: &Promise, end: &End) -> Self {
        let outcome = Rc::<RefCell<Outcome>>::default();
        let callback = |wrap: fn(JsValue) -> Result<JsValue, JsValue>| {
            let outcome = outcome.clone();
            Closure::once_into_js(move |value: JsValue| {
                let waker = {
                    let mut outcome = outcome.borrow_mut();
                    outcome.settled = Some(wrap(value));
                    outcome.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            })
        };
        if let Err(thrown) = promise.then(&callback(Ok), &callback(Err)) {
            outcome.borrow_mut().settled = Some(Err(thrown));
        }
        Self { outcome, end: end.wait() }
    }
}

impl Future for Settled {
    /// None: the end came first.
    type Output = Option<Result<JsValue, JsValue>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        {
            let mut outcome = self.outcome.borrow_mut();
            if let Some(settled) = outcome.settled.take() {
                return Poll::Ready(Some(settled));
            }
            outcome.waker = Some(cx.waker().clone());
        }
        Pin::new(&mut self.end).poll(cx).map(|()| None)
    }
}
