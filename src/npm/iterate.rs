//! Conversion of streams to JavaScript's async iterators.

use std::rc::Rc;

use futures::{FutureExt, Stream, StreamExt, lock::Mutex, stream::LocalBoxStream};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

use super::boxed_promise;
use crate::{sys::global, wake::CloseSignal};

type Items = LocalBoxStream<'static, std::result::Result<JsValue, JsValue>>;

/// An async iterator, for `for await`.
#[wasm_bindgen(js_name = AsyncItems)]
pub struct AsyncItems {
    /// `None` once the iteration has ended.
    items: Rc<Mutex<Option<Items>>>,
    end: CloseSignal,
}

impl AsyncItems {
    pub(super) fn new(items: impl Stream<Item = std::result::Result<JsValue, JsValue>> + 'static) -> Self {
        let end = CloseSignal::default();
        let items = items.take_until(end.wait()).boxed_local();
        Self { items: Rc::new(Mutex::new(Some(items))), end }
    }

    /// Ends the iteration, and drops the unread items. A pending `next` holds the lock; it resolves to the end, and drops
    /// the items then.
    fn finish(&self) {
        self.end.set();
        if let Some(mut items) = self.items.try_lock() {
            *items = None;
        }
    }
}

#[wasm_bindgen(js_class = AsyncItems)]
impl AsyncItems {
    /// Resolves to the next item, or to the end. Concurrent calls resolve in order.
    #[wasm_bindgen(unchecked_return_type = "Promise<IteratorResult<any>>")]
    pub fn next(&self) -> Promise {
        let items = self.items.clone();
        let next = async move {
            let mut items = items.lock().await;
            let item = match &mut *items {
                Some(items) => items.next().await.transpose()?,
                None => None,
            };
            if item.is_none() {
                *items = None;
            }
            Ok(result(item.is_none(), &item.unwrap_or(JsValue::UNDEFINED)))
        };
        boxed_promise(next.boxed_local())
    }

    /// Ends the iteration. Called when a `for await` loop is left.
    #[wasm_bindgen(js_name = "return", unchecked_return_type = "Promise<IteratorResult<any>>")]
    pub fn return_(&self) -> Promise {
        self.finish();
        Promise::resolve(&result(true, &JsValue::UNDEFINED))
    }

    /// Returns another handle of the same iterator.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]")]
    pub fn iterator(&self) -> AsyncItems {
        Self { items: self.items.clone(), end: self.end.clone() }
    }

    /// Ends the iteration. Called at the end of a `using` block. A pending `next` resolves to the end.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.finish();
    }
}

/// Creates an `IteratorResult`.
fn result(done: bool, value: &JsValue) -> JsValue {
    let result = Object::new();
    global::set(&result, "done", &done.into());
    global::set(&result, "value", value);
    result.into()
}
