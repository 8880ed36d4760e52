//! Members of dictionaries, to JavaScript and back.

use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};

use super::constraints::{
    CursorCapture, DisplaySurface, EchoCancellation, EchoCancellationMode, FacingMode, ResizeMode,
};
use crate::sys::global;

/// A value as JavaScript sees it.
pub(super) trait ToJs {
    fn to_js(&self) -> JsValue;
}

/// A value that a browser told. None where it is absent, or of another type.
pub(super) trait FromJs: Sized {
    fn from_js(value: &JsValue) -> Option<Self>;
}

pub(super) fn set(object: &Object, name: &str, value: Option<&impl ToJs>) {
    if let Some(value) = value {
        global::set(object, name, &value.to_js());
    }
}

pub(super) fn read<T: FromJs>(object: &JsValue, name: &str) -> Option<T> {
    T::from_js(&global::get(object, name))
}

impl ToJs for u32 {
    fn to_js(&self) -> JsValue {
        (*self).into()
    }
}

/// Saturating.
impl FromJs for u32 {
    fn from_js(value: &JsValue) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the browser's are whole")]
        f64::from_js(value).map(|number| number as Self)
    }
}

impl ToJs for f64 {
    fn to_js(&self) -> JsValue {
        (*self).into()
    }
}

impl FromJs for f64 {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.as_f64().filter(|number| !number.is_nan())
    }
}

impl ToJs for bool {
    fn to_js(&self) -> JsValue {
        (*self).into()
    }
}

impl FromJs for bool {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.as_bool()
    }
}

impl ToJs for String {
    fn to_js(&self) -> JsValue {
        self.as_str().into()
    }
}

impl FromJs for String {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.as_string()
    }
}

macro_rules! by_name {
    ($($choice:ty),*) => {
        $(
            impl ToJs for $choice {
                fn to_js(&self) -> JsValue {
                    self.as_str().into()
                }
            }

            impl FromJs for $choice {
                fn from_js(value: &JsValue) -> Option<Self> {
                    value.as_string().map(|name| Self::from(&*name))
                }
            }
        )*
    };
}

by_name!(FacingMode, ResizeMode, EchoCancellationMode, DisplaySurface, CursorCapture);

impl ToJs for EchoCancellation {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Switch(on) => on.to_js(),
            Self::Mode(mode) => mode.to_js(),
        }
    }
}

impl FromJs for EchoCancellation {
    fn from_js(value: &JsValue) -> Option<Self> {
        bool::from_js(value).map(Self::Switch).or_else(|| FromJs::from_js(value).map(Self::Mode))
    }
}

impl<T: ToJs> ToJs for Vec<T> {
    fn to_js(&self) -> JsValue {
        self.iter().map(ToJs::to_js).collect::<Array>().into()
    }
}

impl<T: FromJs> FromJs for Vec<T> {
    fn from_js(value: &JsValue) -> Option<Self> {
        value.dyn_ref::<Array>().map(|values| values.iter().filter_map(|value| T::from_js(&value)).collect())
    }
}
