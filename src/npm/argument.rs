//! Checked conversion of JavaScript arguments.
//!
//! In release builds, wasm-bindgen converts parameters of types other than `JsValue` without checks: a number that is
//! passed as a string accesses invalid memory. Every exported function therefore takes `JsValue`s, and first converts them
//! here. The error for an invalid value names the function, the argument and the type of the value. An argument that is
//! `undefined` is treated as omitted.

use std::time::Duration;

use js_sys::{Function, JSON, Object, Promise};
use wasm_bindgen::{JsCast, JsValue, convert::TryFromJsValue};
use web_sys::{AbortSignal, Blob, WritableStream};

use super::{SHARE, brand};
use crate::{
    error::{During, Error, ErrorKind, Result, concat},
    media::MediaStream,
    promise::settled_for_good,
    room::CallMedia,
    signaling::{Data, PeerId},
    sys::{self, global},
};

/// An argument of a function, or a member of an options object.
pub(super) struct Argument {
    operation: &'static str,
    /// The prefix of the name in errors, such as `options.` for a member.
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

    /// Returns the argument as a string. Unpaired surrogates become U+FFFD, as in the functions of browsers.
    pub(super) fn string(&self) -> Result<String> {
        self.value.as_string().ok_or_else(|| self.wrong_type("a string"))
    }

    /// Returns the argument as a function, or `None` for other values.
    pub(super) fn function(&self) -> Option<&Function> {
        self.value.dyn_ref()
    }

    /// Returns the argument as a string, or `None` if it is omitted.
    pub(super) fn optional_string(&self) -> Result<Option<String>> {
        if self.is_absent() { Ok(None) } else { self.string().map(Some) }
    }

    /// Returns the argument as a URL. It is a string, or an object whose string conversion is its `href`, such as a `URL`.
    pub(super) fn url(&self) -> Result<String> {
        if self.value.is_object()
            && let Some(href) = global::get_text(&self.value, "href")
            && global::text(&self.value) == href
        {
            return Ok(href);
        }
        self.value.as_string().ok_or_else(|| self.wrong_type("a string or a URL object"))
    }

    /// Returns the id of a peer. The argument is the id, or a plain object with the member `id`. Other objects with an `id`,
    /// such as streams, are rejected.
    pub(super) fn peer(&self) -> Result<PeerId> {
        let id = if is_plain(&self.value) { global::get_text(&self.value, "id") } else { self.value.as_string() };
        id.map(PeerId::from).ok_or_else(|| self.wrong_type("a string or a Peer object"))
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("a boolean"))
    }

    /// Returns the argument as a plain object, whose members are checked by the browser.
    pub(super) fn dictionary(&self) -> Result<Object> {
        self.object("an object", is_plain)
    }

    /// Returns the argument as a nested options object. `prefix` is the prefix of its members' names in errors.
    pub(super) fn options(self, prefix: &'static str) -> Result<Options> {
        if is_plain(&self.value) {
            return Ok(Options { operation: self.operation, prefix, object: self.value });
        }
        Err(self.wrong_type("an options object"))
    }

    /// Returns the argument as a number of bytes. `Infinity` becomes `u32::MAX`, which stands for no limit.
    pub(super) fn bytes(&self) -> Result<u32> {
        if self.value.as_f64() == Some(f64::INFINITY) {
            return Ok(u32::MAX);
        }
        self.integer(u32::MAX, "a whole number from 0 to 4294967295, or Infinity")
    }

    /// Returns the argument as a `u32`.
    pub(super) fn count(&self) -> Result<u32> {
        self.integer(u32::MAX, "a whole number from 0 to 4294967295")
    }

    /// Returns the argument as a `u16`.
    pub(super) fn unsigned_short(&self) -> Result<u16> {
        let number = self.integer(u16::MAX.into(), "a whole number from 0 to 65535")?;
        Ok(u16::try_from(number).unwrap_or(u16::MAX))
    }

    /// Returns the argument as a duration in milliseconds, 0 to infinity.
    pub(super) fn milliseconds(&self) -> Result<f64> {
        const RANGE: &str = "a number of milliseconds, 0 or more";
        let number = self.number(RANGE)?;
        if number >= 0.0 { Ok(number) } else { Err(self.out_of_range(RANGE)) }
    }

    /// Returns the argument as a duration. The argument is in milliseconds, 0 to infinity.
    pub(super) fn duration(&self) -> Result<Duration> {
        let ms = self.milliseconds()?.min(f64::from(i32::MAX));
        Ok(Duration::from_secs_f64(ms / 1_000.0))
    }

    /// Returns the argument as JSON.
    pub(super) fn json(&self) -> Result<Data> {
        let text = JSON::stringify(&self.value).during(self.operation)?.as_string();
        let not_json = || self.wrong_type("a value that can be represented in JSON");
        text.and_then(|text| Data::from_json(text).ok()).ok_or_else(not_json)
    }

    fn integer(&self, max: u32, range: &str) -> Result<u32> {
        let number = self.number(range)?;
        if number < 0.0 || number > max.into() || number.fract() != 0.0 {
            return Err(self.out_of_range(range));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the checks above")]
        Ok(number as u32)
    }

    fn number(&self, expected: &str) -> Result<f64> {
        self.value.as_f64().ok_or_else(|| self.wrong_type(expected))
    }

    /// Returns the argument as the media of a call: a stream, a promise of a stream, or none for `undefined` and `null`.
    pub(super) fn media(&self) -> Result<CallMedia<'static>> {
        if self.value.is_null_or_undefined() {
            return Ok(None.into());
        }
        if brand::tag(&self.value).as_deref() == Some("Promise") {
            return Ok(CallMedia::from_future(self.promised_stream()));
        }
        self.stream("a MediaStream, a promise of one, null or undefined").map(|stream| CallMedia::from(&stream))
    }

    /// Resolves to the stream of a promise. The promise is subscribed to immediately, so that the browser does not report a
    /// rejection as unhandled.
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

    /// Returns the argument as an `AbortSignal`. If the signal has aborted, the error is its reason.
    fn signal(&self) -> Result<AbortSignal> {
        match brand::is_aborted(&self.value) {
            Some(false) => Ok(self.value.clone().unchecked_into()),
            Some(true) => Err(Error::from_js(self.operation, brand::abort_reason(&self.value))),
            None => Err(self.wrong_type("an AbortSignal")),
        }
    }

    fn object<T: JsCast>(&self, expected: &str, is_expected: fn(&JsValue) -> bool) -> Result<T> {
        if is_expected(&self.value) { Ok(self.value.clone().unchecked_into()) } else { Err(self.wrong_type(expected)) }
    }

    /// Returns another handle of the argument, which is an object of one of this package's classes.
    pub(super) fn handle<T: TryFromJsValue>(&self, expected: &str) -> Result<T> {
        let shared = global::call(&self.value, SHARE).and_then(std::result::Result::ok);
        shared.and_then(|shared| T::try_from_js_value(shared).ok()).ok_or_else(|| self.wrong_type(expected))
    }

    /// Creates the `TypeError` for a value of the wrong type.
    pub(super) fn wrong_type(&self, expected: &str) -> Error {
        self.error(ErrorKind::Type, expected, &type_description(&self.value))
    }

    /// Creates the `RangeError` for a number out of range.
    pub(super) fn out_of_range(&self, expected: &str) -> Error {
        self.error(ErrorKind::Range, expected, &global::text(&self.value))
    }

    fn error(&self, kind: ErrorKind, expected: &str, actual: &str) -> Error {
        let message = ["argument `", self.prefix, self.name, "` must be ", expected, ", got ", actual];
        Error::new(self.operation, kind, concat(&message))
    }
}

/// The options of a function, as its last argument. The object and each of its members may be omitted.
pub(super) struct Options {
    operation: &'static str,
    /// The prefix of the members' names in errors.
    prefix: &'static str,
    object: JsValue,
}

impl Options {
    /// Converts the argument, which is `undefined` or a [plain](is_plain) object.
    pub(super) fn new(operation: &'static str, value: JsValue) -> Result<Self> {
        if value.is_undefined() || is_plain(&value) {
            return Ok(Self { operation, prefix: "options.", object: value });
        }
        Err(Argument::new(operation, "options", value).wrong_type("an options object"))
    }

    /// Returns the member `name`, which is `undefined` if it is omitted. Fails if its getter throws.
    pub(super) fn member(&self, name: &'static str) -> Result<Argument> {
        let value = global::try_get(&self.object, name).during(self.operation)?;
        Ok(Argument { operation: self.operation, prefix: self.prefix, name, value })
    }

    /// Returns the member `name`, or `None` if it is omitted.
    pub(super) fn present(&self, name: &'static str) -> Result<Option<Argument>> {
        self.member(name).map(|member| (!member.is_absent()).then_some(member))
    }

    /// Returns the member `name`, which is a function, or `None` if it is omitted.
    pub(super) fn function(&self, name: &'static str) -> Result<Option<Function>> {
        let Some(member) = self.present(name)? else { return Ok(None) };
        let function = member.function().cloned();
        function.map(Some).ok_or_else(|| member.wrong_type("a function"))
    }

    /// Returns the member `signal`. If the signal has aborted, the error is its reason.
    pub(super) fn signal(&self) -> Result<Option<AbortSignal>> {
        self.present("signal")?.map(|signal| signal.signal()).transpose()
    }
}

/// Returns the value of JSON.
pub(super) fn from_json(data: &Data) -> JsValue {
    JSON::parse(data.get()).unwrap_or(JsValue::UNDEFINED)
}

/// Returns the signal from options of the form `{ signal }`, or an `AbortSignal` that is passed in place of the options. If
/// the signal has aborted, the error is its reason.
pub(super) fn signal(operation: &'static str, options: JsValue) -> Result<Option<AbortSignal>> {
    if is_signal(&options) {
        return Argument::new(operation, "options", options).signal().map(Some);
    }
    Options::new(operation, options)?.signal()
}

pub(super) fn is_signal(value: &JsValue) -> bool {
    brand::is_aborted(value).is_some()
}

/// Returns a promise that is resolved with `value`. Unlike `Promise.resolve`, this does not throw for an object with a
/// getter that throws.
pub(super) fn resolved(value: &JsValue) -> Promise {
    Promise::new(&mut |resolve, _| {
        // The resolving function of a promise never throws.
        let _ = resolve.call1(&JsValue::UNDEFINED, value);
    })
}

/// Returns whether the value is a plain object. Promises, events, arrays and the like are not.
fn is_plain(value: &JsValue) -> bool {
    value.is_object() && brand::tag(value).as_deref() == Some("Object")
}

/// Returns the type of the value for an error message.
fn type_description(value: &JsValue) -> String {
    if value.is_null() {
        return "null".into();
    }
    match value.js_typeof().as_string().as_deref() {
        Some("undefined") => "undefined".into(),
        Some("object") => match brand::tag(value).as_deref() {
            None | Some("Object") => "an object".into(),
            Some(tag) => concat(&["an object of type ", tag]),
        },
        name => concat(&["a ", name.unwrap_or("value")]),
    }
}
