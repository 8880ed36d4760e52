//! Checked conversion of the values that a page passes.
//!
//! wasm-bindgen converts a parameter of any type other than `JsValue` without a check in release builds: a number in
//! the place of a string is a memory fault. Every exported function therefore takes `JsValue`s and converts them here,
//! before it does anything else. A value that does not fit is an error that names the function, the argument and what
//! was passed; `undefined` is the same as an argument that is left out.

use js_sys::{Function, Object, Promise};
use wasm_bindgen::{JsCast, JsValue, convert::TryFromJsValue};
use web_sys::{AbortSignal, Blob, WritableStream};

use super::{SHARE, brand};
use crate::{
    error::{During, Error, ErrorKind, Result},
    media::MediaStream,
    promise::settled_for_good,
    room::CallMedia,
    signaling::PeerId,
    sys::{self, global},
};

/// One argument of a function, or one member of an options object.
pub(super) struct Argument {
    operation: &'static str,
    /// `options.` for a member.
    prefix: &'static str,
    name: &'static str,
    value: JsValue,
}

impl Argument {
    pub(super) fn new(operation: &'static str, name: &'static str, value: JsValue) -> Self {
        Self { operation, prefix: "", name, value }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.value.is_undefined()
    }

    /// A string. Unpaired surrogates become U+FFFD, as in the browser's own functions.
    pub(super) fn string(&self) -> Result<String> {
        self.value.as_string().ok_or_else(|| self.wrong("a string"))
    }

    /// A function, if it is one.
    pub(super) fn function(&self) -> Option<&Function> {
        self.value.dyn_ref()
    }

    /// A string, or `None` if it is left out.
    pub(super) fn optional_string(&self) -> Result<Option<String>> {
        if self.is_absent() { Ok(None) } else { self.string().map(Some) }
    }

    /// A URL: a string, or an object that converts to its own `href`, such as a `URL`.
    pub(super) fn url(&self) -> Result<String> {
        if self.value.is_object()
            && let Some(href) = global::get_text(&self.value, "href")
            && global::text(&self.value) == href
        {
            return Ok(href);
        }
        self.value.as_string().ok_or_else(|| self.wrong("a string or a URL object"))
    }

    /// A peer: its id, or an object that has it. A browser object that happens to have an `id`, such as a stream, is
    /// none.
    pub(super) fn peer(&self) -> Result<PeerId> {
        let id = if is_plain(&self.value) { global::get_text(&self.value, "id") } else { self.value.as_string() };
        id.map(PeerId::from).ok_or_else(|| self.wrong("a string or a Peer object"))
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong("a boolean"))
    }

    /// An object that the browser checks.
    pub(super) fn dictionary(&self) -> Result<Object> {
        self.object("an object", is_plain)
    }

    /// An options object within another. `prefix` is what the names of its members begin with in errors.
    pub(super) fn options(self, prefix: &'static str) -> Result<Options> {
        if is_plain(&self.value) {
            return Ok(Options { operation: self.operation, prefix, object: self.value });
        }
        Err(self.wrong("an options object"))
    }

    /// A number of bytes. `Infinity` is `u32::MAX`, which stands for no limit.
    pub(super) fn bytes(&self) -> Result<u32> {
        if self.value.as_f64() == Some(f64::INFINITY) {
            return Ok(u32::MAX);
        }
        self.whole(u32::MAX, "a whole number from 0 to 4294967295, or Infinity")
    }

    /// A number of things.
    pub(super) fn count(&self) -> Result<u32> {
        self.whole(u32::MAX, "a whole number from 0 to 4294967295")
    }

    pub(super) fn unsigned_short(&self) -> Result<u16> {
        let number = self.whole(u16::MAX.into(), "a whole number from 0 to 65535")?;
        Ok(u16::try_from(number).unwrap_or(u16::MAX))
    }

    /// A time in milliseconds, 0 or more, which may be infinite.
    pub(super) fn milliseconds(&self) -> Result<f64> {
        const RANGE: &str = "a number of milliseconds, 0 or more";
        let number = self.number(RANGE)?;
        if number >= 0.0 { Ok(number) } else { Err(self.out_of_range(RANGE)) }
    }

    fn whole(&self, most: u32, range: &str) -> Result<u32> {
        let number = self.number(range)?;
        if number < 0.0 || number > most.into() || number.fract() != 0.0 {
            return Err(self.out_of_range(range));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and in the range")]
        Ok(number as u32)
    }

    fn number(&self, expected: &str) -> Result<f64> {
        self.value.as_f64().ok_or_else(|| self.wrong(expected))
    }

    /// The media of a call: a stream, a promise of one, or none for `undefined` and `null`.
    pub(super) fn media(&self) -> Result<CallMedia<'static>> {
        if self.value.is_null_or_undefined() {
            return Ok(None.into());
        }
        if brand::kind(&self.value).as_deref() == Some("Promise") {
            return Ok(CallMedia::from_future(self.promised_stream()));
        }
        self.stream("a MediaStream, a promise of one, null or undefined").map(|stream| CallMedia::from(&stream))
    }

    /// The stream of a promise. It listens to the promise at once, so that a rejection is never unhandled.
    fn promised_stream(&self) -> impl Future<Output = Result<MediaStream>> + 'static {
        let (operation, prefix, name) = (self.operation, self.prefix, self.name);
        let settled = settled_for_good(operation, Ok(resolved(&self.value).unchecked_into()));
        async move {
            let value = settled.await?;
            Self { operation, prefix, name, value }.stream("a promise of a MediaStream")
        }
    }

    fn stream(&self, expected: &str) -> Result<MediaStream> {
        self.object(expected, brand::is_media_stream).map(MediaStream::from_raw)
    }

    pub(super) fn blob(&self) -> Result<Blob> {
        self.object("a Blob", sys::brand::is_blob)
    }

    pub(super) fn writable_stream(&self) -> Result<WritableStream> {
        self.object("a WritableStream", brand::is_writable_stream)
    }

    /// A signal that has not aborted. The reason of one that has is the error.
    fn signal(&self) -> Result<AbortSignal> {
        match brand::is_aborted(&self.value) {
            Some(false) => Ok(self.value.clone().unchecked_into()),
            Some(true) => Err(Error::from_js(self.operation, brand::abort_reason(&self.value))),
            None => Err(self.wrong("an AbortSignal")),
        }
    }

    fn object<T: JsCast>(&self, expected: &str, is_one: fn(&JsValue) -> bool) -> Result<T> {
        if is_one(&self.value) { Ok(self.value.clone().unchecked_into()) } else { Err(self.wrong(expected)) }
    }

    /// An object of one of this package's own classes, as another handle of it.
    pub(super) fn handle<T: TryFromJsValue>(&self, expected: &str) -> Result<T> {
        let shared = global::call(&self.value, SHARE).and_then(std::result::Result::ok);
        shared.and_then(|shared| T::try_from_js_value(shared).ok()).ok_or_else(|| self.wrong(expected))
    }

    /// The error for a value of the wrong type, a `TypeError`.
    pub(super) fn wrong(&self, expected: &str) -> Error {
        self.error(ErrorKind::Type, expected, &described(&self.value))
    }

    /// The error for a number out of range, a `RangeError`.
    pub(super) fn out_of_range(&self, expected: &str) -> Error {
        self.error(ErrorKind::Range, expected, &global::text(&self.value))
    }

    fn error(&self, kind: ErrorKind, expected: &str, got: &str) -> Error {
        let words = ["argument `", self.prefix, self.name, "` must be ", expected, ", got ", got];
        Error::new(self.operation, kind, words.concat())
    }
}

/// The last argument of a function: an object with members that may be left out, as the object itself may be.
pub(super) struct Options {
    operation: &'static str,
    /// What the names of its members begin with in errors.
    prefix: &'static str,
    object: JsValue,
}

impl Options {
    /// Takes `undefined`, and objects that are not of a kind of their own: a promise, an event or an array is rejected.
    pub(super) fn new(operation: &'static str, value: JsValue) -> Result<Self> {
        if value.is_undefined() || is_plain(&value) {
            return Ok(Self { operation, prefix: "options.", object: value });
        }
        Err(Argument::new(operation, "options", value).wrong("an options object"))
    }

    /// The member of this name, `undefined` where it is left out. What its getter throws is the error.
    pub(super) fn member(&self, name: &'static str) -> Result<Argument> {
        let value = global::try_get(&self.object, name).during(self.operation)?;
        Ok(Argument { operation: self.operation, prefix: self.prefix, name, value })
    }

    /// The member of this name, if there is one.
    pub(super) fn present(&self, name: &'static str) -> Result<Option<Argument>> {
        self.member(name).map(|member| (!member.is_absent()).then_some(member))
    }

    /// The member `signal`. The reason of one that has aborted is the error.
    pub(super) fn signal(&self) -> Result<Option<AbortSignal>> {
        self.present("signal")?.map(|signal| signal.signal()).transpose()
    }
}

/// The signal in `{ signal }`, or the one that is passed in place of the options. The reason of one that has aborted is
/// the error.
pub(super) fn signal(operation: &'static str, options: JsValue) -> Result<Option<AbortSignal>> {
    if brand::is_aborted(&options).is_some() {
        return Argument::new(operation, "options", options).signal().map(Some);
    }
    Options::new(operation, options)?.signal()
}

/// A promise that follows the value. `Promise.resolve` would throw for an object with a getter that throws.
pub(super) fn resolved(value: &JsValue) -> Promise {
    Promise::new(&mut |resolve, _| {
        // A function that resolves a promise does not throw.
        let _ = resolve.call1(&JsValue::UNDEFINED, value);
    })
}

/// Whether the value is an object that is not of a kind of its own, as promises, events and arrays are.
fn is_plain(value: &JsValue) -> bool {
    value.is_object() && brand::kind(value).as_deref() == Some("Object")
}

/// The value as an error message names it.
fn described(value: &JsValue) -> String {
    if value.is_null() {
        return "null".into();
    }
    match value.js_typeof().as_string().as_deref() {
        Some("undefined") => "undefined".into(),
        Some("object") => match brand::kind(value).as_deref() {
            None | Some("Object") => "an object".into(),
            Some(kind) => ["an object of type ", kind].concat(),
        },
        kind => ["a ", kind.unwrap_or("value")].concat(),
    }
}
