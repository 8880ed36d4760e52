//! Conversion of constraints to JavaScript.
//!
//! The conversion is written by hand: with serde, whose code is compiled for each type of constraint, a call with a
//! camera would be 8 % larger by gzip (`minimal_call` of `cargo xtask size`). Constraints are read with serde, like
//! other dictionaries.

use js_sys::{Array, Object};
use wasm_bindgen::JsValue;

use super::{
    choices::{CursorCapture, DisplaySurface, EchoCancellation, EchoCancellationMode, FacingMode, ResizeMode},
    value::{Bounds, Constrain, OneOf},
};
use crate::sys::global;

/// A value of a constraint that converts to JavaScript.
pub(in crate::media) trait ToJs {
    fn to_js(&self) -> JsValue;
}

/// Sets a member, unless it is absent.
pub(in crate::media) fn set(object: &Object, name: &str, value: Option<&impl ToJs>) {
    if let Some(value) = value {
        global::set(object, name, &value.to_js());
    }
}

macro_rules! primitives {
    ($($primitive:ty),*) => {
        $(impl ToJs for $primitive {
            fn to_js(&self) -> JsValue {
                (*self).into()
            }
        })*
    };
}

primitives!(bool, u32, f64);

impl ToJs for String {
    fn to_js(&self) -> JsValue {
        self.as_str().into()
    }
}

macro_rules! choices {
    ($($choice:ty),*) => {
        $(impl ToJs for $choice {
            fn to_js(&self) -> JsValue {
                self.as_str().into()
            }
        })*
    };
}

choices!(FacingMode, ResizeMode, EchoCancellationMode, DisplaySurface, CursorCapture);

impl ToJs for EchoCancellation {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Switch(on) => on.to_js(),
            Self::Mode(mode) => mode.to_js(),
        }
    }
}

impl<T: ToJs> ToJs for Vec<T> {
    fn to_js(&self) -> JsValue {
        self.iter().map(ToJs::to_js).collect::<Array>().into()
    }
}

impl<T: ToJs> ToJs for OneOf<T> {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Value(value) => value.to_js(),
            Self::Values(values) => values.to_js(),
        }
    }
}

impl<T: ToJs> ToJs for Constrain<T> {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Bare(value) => value.to_js(),
            Self::Bounds(Bounds { exact, ideal, min, max }) => {
                let object = Object::new();
                for (name, value) in [("exact", exact), ("ideal", ideal), ("min", min), ("max", max)] {
                    set(&object, name, value.as_ref());
                }
                object.into()
            }
        }
    }
}
