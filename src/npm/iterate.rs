//! Streams as JavaScript's async iterators.

use std::rc::Rc;

use futures::{FutureExt, Stream, StreamExt, lock::Mutex, stream::LocalBoxStream};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

use super::boxed_promise;
use crate::sys::global;

/// The items of a room, a call, a channel or a play of tones, for `for await`.
#[wasm_bindgen(js_name = AsyncItems)]
pub struct AsyncItems(Rc<Mutex<LocalBoxStream<'static, Result<JsValue, JsValue>>>>);

impl AsyncItems {
    pub(super) fn new(items: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        Self(Rc::new(Mutex::new(items.boxed_local())))
    }
}

#[wasm_bindgen(js_class = AsyncItems)]
impl AsyncItems {
    /// The next item, or the end. Asked for before the last one is there, it waits its turn.
    #[wasm_bindgen(unchecked_return_type = "Promise<IteratorResult<any>>")]
    pub fn next(&self) -> Promise {
        let items = self.0.clone();
        let next = async move {
            let item = items.lock().await.next().await.transpose()?;
            let result = Object::new();
            global::set(&result, "done", &item.is_none().into());
            global::set(&result, "value", &item.unwrap_or(JsValue::UNDEFINED));
            Ok(result.into())
        };
        boxed_promise(next.boxed_local())
    }

    /// An iterator is its own iterable.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]")]
    pub fn iterator(&self) -> AsyncItems {
        Self(self.0.clone())
    }
}
