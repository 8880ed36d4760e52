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

/// What the promise that `call` asks for settles to; `Closed` once `end` has come first. After the end nothing is
/// asked: the browser would refuse it with a rejection that nobody hears.
pub(crate) async fn settled(
    operation: &'static str,
    end: &End,
    call: impl FnOnce() -> Result<Promise, JsValue>,
) -> Result<JsValue> {
    if end.has_come() {
        return Err(Error::closed(operation));
    }
    let promise = call().during(operation)?;
    Settled::new(&promise, end).await.ok_or_else(|| Error::closed(operation))?.during(operation)
}

/// The same for an object that never closes, such as `navigator.mediaDevices`, asked already.
pub(crate) async fn settled_for_good(operation: &'static str, promise: Result<Promise, JsValue>) -> Result<JsValue> {
    settled(operation, &End::default(), || promise).await
}

#[derive(Default)]
struct Outcome {
    settled: Option<Result<JsValue, JsValue>>,
    waker: Option<Waker>,
}

type Callback = Closure<dyn FnMut(JsValue)>;

struct Settled {
    outcome: Rc<RefCell<Outcome>>,
    /// For fulfilment and for rejection, until one has been called.
    callbacks: Option<[Callback; 2]>,
    end: EndWait,
}

impl Settled {
    fn new(promise: &Promise, end: &End) -> Self {
        let outcome = Rc::<RefCell<Outcome>>::default();
        let callback = |wrap: fn(JsValue) -> Result<JsValue, JsValue>| {
            let outcome = outcome.clone();
            Callback::new(move |value: JsValue| {
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
        let (fulfilled, rejected) = (callback(Ok), callback(Err));
        if let Err(thrown) = promise.then(fulfilled.as_ref(), rejected.as_ref()) {
            outcome.borrow_mut().settled = Some(Err(thrown));
        }
        Self { outcome, callbacks: Some([fulfilled, rejected]), end: end.wait() }
    }
}

impl Drop for Settled {
    /// A promise that is still pending may call yet, or never, as that of a connection that has been closed. Its
    /// callbacks then belong to JavaScript, which frees them together with the promise.
    fn drop(&mut self) {
        for callback in self.callbacks.take().into_iter().flatten() {
            let _freed_with_the_promise = callback.into_js_value();
        }
    }
}

impl Future for Settled {
    /// None: the end came first.
    type Output = Option<Result<JsValue, JsValue>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let settled = {
            let mut outcome = self.outcome.borrow_mut();
            outcome.waker = Some(cx.waker().clone());
            outcome.settled.take()
        };
        if settled.is_some() {
            self.callbacks = None;
            return Poll::Ready(settled);
        }
        Pin::new(&mut self.end).poll(cx).map(|()| None)
    }
}
