//! [`Storage`](https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface). It is absent in workers,
//! and the user may deny it to a page.

use wasm_bindgen::prelude::*;

use super::global;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone, Debug)]
    pub(crate) type Storage;

    #[wasm_bindgen(method, structural, catch, js_name = getItem)]
    pub(crate) fn get_item(this: &Storage, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = setItem)]
    pub(crate) fn set_item(this: &Storage, key: &str, value: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = removeItem)]
    pub(crate) fn remove_item(this: &Storage, key: &str) -> Result<(), JsValue>;
}

/// Returns `sessionStorage`, if the page may use it.
pub(crate) fn session_storage() -> Option<Storage> {
    let storage = global::get(&js_sys::global(), "sessionStorage");
    storage.is_object().then(|| storage.unchecked_into())
}
