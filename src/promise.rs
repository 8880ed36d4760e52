//! Awaiting a JavaScript promise, raced with the end of the object that it belongs to.

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

/// Resolves to the outcome of the promise that `call` returns, or to `Closed` if `end` is set first. After the end, `call`
/// is not called: the browser would reject, and the rejection would be reported as unhandled.
pub(crate) fn settled(
    operation: &'static str,
    end: &CloseSignal,
    call: impl FnOnce() -> std::result::Result<Promise, JsValue>,
) -> Settled {
    Settled::new(operation, end, (!end.is_set()).then(call))
}

/// The same for an object that never closes, such as `navigator.mediaDevices`, asked already.
pub(crate) fn settled_for_good(operation: &'static str, promise: std::result::Result<Promise, JsValue>) -> Settled {
    Settled::new(operation, &CloseSignal::default(), Some(promise))
}

#[derive(Default)]
struct Outcome {
    settled: Cell<Option<std::result::Result<JsValue, JsValue>>>,
    waker: Cell<Option<Waker>>,
}

type Callback = Closure<dyn FnMut(JsValue)>;

/// One type for all promises: what waits for them is most of what a small program does.
pub(crate) struct Settled {
    operation: &'static str,
    outcome: Rc<Outcome>,
    /// The callbacks for fulfilment and for rejection, until one has been called.
    callbacks: Option<(Callback, Callback)>,
    end: CloseWait,
}

impl Settled {
    /// Waits for a promise, which is `None` if the end was set before.
    fn new(operation: &'static str, end: &CloseSignal, asked: Option<std::result::Result<Promise, JsValue>>) -> Self {
        let mut this = Self { operation, outcome: Rc::default(), callbacks: None, end: end.wait() };
        match asked {
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
    /// A promise that is still pending may call yet, or never, as that of a connection that has been closed. Its
    /// callbacks then belong to JavaScript, which frees them together with the promise.
    fn drop(&mut self) {
        if let Some((fulfilled, rejected)) = self.callbacks.take() {
            // Freed together with the promise.
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
