//! Awaiting of JavaScript promises. Each wait also ends when the object that the promise belongs to is closed, because
//! browsers do not settle the pending promises of a closed object.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use wasm_bindgen::{JsValue, prelude::Closure};

use crate::{
    error::{During, Error, Result},
    sys::promise::Promise,
    wake::{CloseSignal, CloseWait},
};

/// Calls `call`, and resolves to the outcome of the returned promise, or to `Closed` if `end` is set first.
///
/// If `end` is already set, `call` is not called, because the browser would report the rejected promise as unhandled.
pub(crate) fn settled(
    operation: &'static str,
    end: &CloseSignal,
    call: impl FnOnce() -> std::result::Result<Promise, JsValue>,
) -> Settled {
    Settled::new(operation, end, (!end.is_set()).then(call))
}

/// Resolves to the outcome of a promise that belongs to no object, or to one that never closes, such as
/// `navigator.mediaDevices`.
pub(crate) fn settled_for_good(operation: &'static str, promise: std::result::Result<Promise, JsValue>) -> Settled {
    Settled::new(operation, &CloseSignal::default(), Some(promise))
}

#[derive(Default)]
struct Outcome {
    settled: Cell<Option<std::result::Result<JsValue, JsValue>>>,
    waker: Cell<Option<Waker>>,
}

/// A function that JavaScript calls. All callbacks have this one type, because wasm-bindgen generates code for each.
pub(crate) type Callback = Closure<dyn FnMut(JsValue)>;

/// A future of the outcome of a promise. All promises share this one type, which keeps small programs small.
pub(crate) struct Settled {
    operation: &'static str,
    outcome: Rc<Outcome>,
    /// The callbacks for fulfilment and for rejection, until one has been called.
    callbacks: Option<(Callback, Callback)>,
    end: CloseWait,
}

impl Settled {
    /// Waits for a promise. `None` stands for an object that was closed before.
    fn new(operation: &'static str, end: &CloseSignal, promise: Option<std::result::Result<Promise, JsValue>>) -> Self {
        let mut this = Self { operation, outcome: Rc::default(), callbacks: None, end: end.wait() };
        match promise {
            Some(Ok(promise)) => this.listen(&promise),
            Some(Err(thrown)) => this.outcome.settled.set(Some(Err(thrown))),
            None => {}
        }
        this
    }

    fn listen(&mut self, promise: &Promise) {
        let callback = |wrap: fn(JsValue) -> std::result::Result<JsValue, JsValue>| {
            let outcome = self.outcome.clone();
            Callback::new(move |value: JsValue| {
                outcome.settled.set(Some(wrap(value)));
                if let Some(waker) = outcome.waker.take() {
                    waker.wake();
                }
            })
        };
        let (fulfilled, rejected) = (callback(Ok), callback(Err));
        if let Err(thrown) = promise.then(fulfilled.as_ref(), rejected.as_ref()) {
            self.outcome.settled.set(Some(Err(thrown)));
        }
        self.callbacks = Some((fulfilled, rejected));
    }
}

impl Drop for Settled {
    /// Passes the callbacks of a pending promise to JavaScript, which frees them together with the promise. The promise may
    /// still call them, or may never settle if its connection has been closed.
    fn drop(&mut self) {
        if let Some((fulfilled, rejected)) = self.callbacks.take() {
            let _ = (fulfilled.into_js_value(), rejected.into_js_value());
        }
    }
}

impl Future for Settled {
    type Output = Result<JsValue>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(settled) = self.outcome.settled.take() {
            self.callbacks = None;
            return Poll::Ready(settled.during(self.operation));
        }
        self.outcome.waker.set(Some(cx.waker().clone()));
        Pin::new(&mut self.end).poll(cx).map(|()| Err(Error::closed(self.operation)))
    }
}
