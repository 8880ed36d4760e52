//! [`Permissions`](https://w3c.github.io/permissions/#permissions-interface). It is absent in workers and old browsers.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::{global, promise::Promise};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub(crate) type Permissions;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn query(this: &Permissions, descriptor: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = EventTarget, extends = Object)]
    #[derive(Clone, Debug)]
    pub(crate) type PermissionStatus;
}

/// Returns `navigator.permissions`, if the page has it.
pub(crate) fn permissions() -> Option<Permissions> {
    let navigator = global::get(&js_sys::global(), "navigator");
    let permissions = global::get(&navigator, "permissions");
    permissions.is_object().then(|| permissions.unchecked_into())
}
