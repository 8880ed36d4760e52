//! The common part of the three kinds of transport.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use crate::{
    error::{During, Error, ErrorKind, Result},
    event::EventStream,
    identity::{identity, same_object},
    sys::global,
    wake::CloseSignal,
};

#[derive(Clone)]
pub(super) struct Transport {
    pub(super) raw: EventTarget,
    pub(super) connection: CloseSignal,
}

impl Transport {
    /// Returns `None` for `null`.
    pub(super) fn new(raw: JsValue, connection: &CloseSignal) -> Option<Self> {
        raw.is_object().then(|| Self { raw: raw.unchecked_into(), connection: connection.clone() })
    }

    /// Returns the state, which is `closed` once the connection is closed. Browsers fire no event then, and Firefox
    /// does not always set the state.
    pub(super) fn state<S: for<'a> From<&'a str>>(&self, attribute: &str, closed: S) -> S {
        if self.connection.is_set() { closed } else { self.read(attribute) }
    }

    pub(super) fn states<S>(&self, attribute: &'static str, event: &'static str, closed: S) -> EventStream<S>
    where
        S: for<'a> From<&'a str> + Clone + PartialEq + 'static,
    {
        let transport = self.clone();
        let state = move || transport.state(attribute, closed.clone());
        EventStream::from_states(&self.connection, &self.raw, &[event], state)
    }

    pub(super) fn read<S: for<'a> From<&'a str>>(&self, attribute: &str) -> S {
        S::from(&global::get(&self.raw, attribute).as_string().unwrap_or_default())
    }

    /// Calls a method that not every browser has.
    pub(super) fn call(&self, method: &'static str) -> Result<JsValue> {
        let advice = "the transport of this browser does not have the method: use the statistics of the connection";
        global::call(&self.raw, method)
            .ok_or_else(|| Error::new(method, ErrorKind::NotSupported, advice))?
            .during(method)
    }
}

identity!(Transport, |this, other| same_object(&this.raw, &other.raw));
