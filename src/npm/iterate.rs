//! Streams as JavaScript's async iterators.

use std::rc::Rc;

use futures::{FutureExt, Stream, StreamExt, lock::Mutex, stream::LocalBoxStream};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

use super::boxed_promise;
use crate::{sys::global, wake::CloseSignal};

/// The items of a room, a call, a channel or a play of tones, for `for await`.
#[wasm_bindgen(js_name = AsyncItems)]
pub struct AsyncItems {
    items: Rc<Mutex<LocalBoxStream<'static, std::result::Result<JsValue, JsValue>>>>,
    end: CloseSignal,
}

impl AsyncItems {
    pub(super) fn new(items: impl Stream<Item = std::result::Result<JsValue, JsValue>> + 'static) -> Self {
        let end = CloseSignal::default();
        let items = items.take_until(end.wait()).boxed_local();
        Self { items: Rc::new(Mutex::new(items)), end }
    }
}

#[wasm_bindgen(js_class = AsyncItems)]
impl AsyncItems {
    /// Resolves to the next item, or to the end. Calls are answered in order.
    #[wasm_bindgen(unchecked_return_type = "Promise<IteratorResult<any>>")]
    pub fn next(&self) -> Promise {
        let items = self.items.clone();
        let next = async move {
            let item = items.lock().await.next().await.transpose()?;
            let result = Object::new();
            global::set(&result, "done", &item.is_none().into());
            global::set(&result, "value", &item.unwrap_or(JsValue::UNDEFINED));
            Ok(result.into())
        };
        boxed_promise(next.boxed_local())
    }

    /// Returns another handle of the same iterator.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]")]
    pub fn iterator(&self) -> AsyncItems {
        Self { items: self.items.clone(), end: self.end.clone() }
    }

    /// Ends the iteration, as the end of a `using` block does: `next` resolves to the end.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.end.set();
    }
}
