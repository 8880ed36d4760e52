//! Equality of handles: two are equal where they stand for one object.

/// Implements `PartialEq` and `Eq` for a handle by the identity of what it stands for.
macro_rules! identity {
    ($handle:ident, |$this:ident, $other:ident| $same:expr) => {
        /// Handles are equal where they stand for one object, as clones do.
        impl PartialEq for $handle {
            fn eq(&self, other: &Self) -> bool {
                let ($this, $other) = (self, other);
                $same
            }
        }

        impl Eq for $handle {}
    };
}

pub(crate) use identity;

/// Returns whether two values are one JavaScript object.
pub(crate) fn same_object(one: &impl AsRef<wasm_bindgen::JsValue>, other: &impl AsRef<wasm_bindgen::JsValue>) -> bool {
    js_sys::Object::is(one.as_ref(), other.as_ref())
}
