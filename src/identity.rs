//! Equality of handles, by the identity of the object that they refer to.

/// Implements `PartialEq` and `Eq` for a handle by the identity of its object.
macro_rules! identity {
    ($handle:ident $(<$parameter:ident>)?, |$this:ident, $other:ident| $same:expr) => {
        /// Handles are equal if they refer to the same object. Clones are equal.
        impl $(<$parameter>)? PartialEq for $handle $(<$parameter>)? {
            fn eq(&self, other: &Self) -> bool {
                let ($this, $other) = (self, other);
                $same
            }
        }

        impl $(<$parameter>)? Eq for $handle $(<$parameter>)? {}
    };
}

pub(crate) use identity;

/// Returns whether two values are the same JavaScript object.
pub(crate) fn same_object(a: &impl AsRef<wasm_bindgen::JsValue>, b: &impl AsRef<wasm_bindgen::JsValue>) -> bool {
    js_sys::Object::is(a.as_ref(), b.as_ref())
}
