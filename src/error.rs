//! The error type of this crate.

use std::{borrow::Cow, convert::Infallible, error, fmt, sync::Arc};

use wasm_bindgen::JsValue;

use crate::sys::global;

/// The result of every operation in this crate that can fail.
///
/// ```
/// # fn check(ready: bool) -> browser_rtc::Result<()> { let _ = ready; Ok(()) }
/// let checked = async {
///     check(true)?;
///     browser_rtc::Result::Ok(()) // the error's type is known
/// };
/// # drop(checked);
/// ```
pub type Result<T> = std::result::Result<T, Error>;

/// A failed operation: its name, the kind of failure, and a message.
///
/// ```
/// # use browser_rtc::{Error, ErrorKind};
/// fn sentence(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::NotAllowed => "Please allow the camera.",
///         ErrorKind::NotFound => "There is no camera.",
///         _ => "The camera could not be opened.",
///     }
/// }
/// ```
///
/// A link, a codec or another part that a program implements itself makes errors with [`Error::new`] and
/// [`Error::other`]. [`source`](error::Error::source) returns the error that such a part failed with.
///
/// ```
/// # use browser_rtc::{Error, ErrorKind};
/// # use std::error::Error as _;
/// let parsed = "x".parse::<u16>().map_err(|error| Error::other("receive", error));
/// let error = parsed.unwrap_err();
/// assert_eq!(error.to_string(), "receive failed (Other): invalid digit found in string");
/// assert!(error.source().is_some_and(|source| source.is::<std::num::ParseIntError>()));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Details>);

/// Shared by the clones of an error, such as those that the subscribers of an event get.
struct Details {
    operation: &'static str,
    kind: ErrorKind,
    message: Cow<'static, str>,
    js: Option<JsValue>,
    /// The code of a refusal, as text, so that a program without signaling contains no table of codes.
    code: Option<Box<str>>,
    /// The description that was refused.
    sdp: Option<Box<str>>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kind of a failure.
///
/// Most kinds are those of [DOMException](https://webidl.spec.whatwg.org/#idl-DOMException-error-names), which have its
/// names without `Error`. The others are defined here. [`name`](Self::name) is the variant's name, which the npm package
/// has as the error's `name`; only `Type` and `Range` are a `TypeError` and a `RangeError` there.
///
/// | Cause | Kinds |
/// |---|---|
/// | the user, the page or the browser does not permit the operation | `NotAllowed`, `Security`, `NotSupported` |
/// | the device | `NotFound`, `NotReadable`, `Overconstrained` |
/// | the program's call | `Type`, `Range`, `Syntax`, `InvalidState`, `InvalidAccess`, `InvalidModification`, `TooLarge` |
/// | the operation was ended | `Abort`, `Closed`, `Timeout` |
/// | the network, the browser or the remote peer | `Network`, `Operation`, `InvalidData`, `QuotaExceeded`, `WouldBlock` |
/// | a room's other members | `Declined`, `Busy`, `PeerLeft` |
/// | the signaling server | `Signaling` |
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operation was aborted (`AbortError`).
    Abort,
    /// The user, the page's policy or the system refused (`NotAllowedError`).
    NotAllowed,
    /// There is no such thing, such as a camera (`NotFoundError`).
    NotFound,
    /// The device exists but cannot be read, mostly because another program uses it (`NotReadableError`).
    NotReadable,
    /// No device can meet this constraint (`OverconstrainedError`).
    #[doc(alias = "OverconstrainedError")]
    #[doc(alias = "OverconstrainedError.constraint")]
    Overconstrained {
        /// The name of the constraint as in JavaScript, such as `width`. `None` where the browser hides it.
        constraint: Option<String>,
    },
    /// The browser lacks the API, or does not offer it to this page (`NotSupportedError`).
    NotSupported,
    /// A security rule of the browser forbids it (`SecurityError`).
    Security,
    /// The object is in a state that does not permit the operation (`InvalidStateError`).
    InvalidState,
    /// The object belongs to another one, such as a sender to another connection (`InvalidAccessError`).
    InvalidAccess,
    /// The operation changes a member that cannot change (`InvalidModificationError`).
    InvalidModification,
    /// The operation failed for a reason of its own, such as a description that could not be applied
    /// (`OperationError`).
    Operation,
    /// A text could not be parsed (`SyntaxError`).
    Syntax,
    /// A value is missing or has the wrong type (`TypeError`).
    Type,
    /// A number is out of range (`RangeError`).
    Range,
    /// The network failed (`NetworkError`).
    Network,
    /// The operation took too long (`TimeoutError`).
    Timeout,
    /// The buffer is full at the moment.
    WouldBlock,
    /// The message exceeds a limit.
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The unread data exceeds its limit (`QuotaExceededError`).
    QuotaExceeded,
    /// The remote peer sent data that does not follow the protocol.
    InvalidData,
    /// The connection, channel or room is closed.
    Closed,
    /// The callee declined the call.
    Declined,
    /// The callee is in another call.
    Busy,
    /// The peer has left the room, or was never in it.
    PeerLeft,
    /// The signaling server refused the request, with the code of [`Error::code`] and [`Error::signaling_code`].
    Signaling,
    /// Any other failure; see [`Error::message`], [`Error::js`] and [`source`](error::Error::source).
    Other,
}

impl ErrorKind {
    /// The kinds without fields that are named after an exception, whose name is theirs followed by `Error`.
    const PLAIN: [Self; 16] = [
        Self::Abort,
        Self::NotAllowed,
        Self::NotFound,
        Self::NotReadable,
        Self::NotSupported,
        Self::Security,
        Self::InvalidState,
        Self::InvalidAccess,
        Self::InvalidModification,
        Self::Operation,
        Self::Syntax,
        Self::Type,
        Self::Range,
        Self::Network,
        Self::Timeout,
        Self::QuotaExceeded,
    ];

    /// Returns the name of the variant, such as `NotAllowed`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Abort => "Abort",
            Self::NotAllowed => "NotAllowed",
            Self::NotFound => "NotFound",
            Self::NotReadable => "NotReadable",
            Self::Overconstrained { .. } => "Overconstrained",
            Self::NotSupported => "NotSupported",
            Self::Security => "Security",
            Self::InvalidState => "InvalidState",
            Self::InvalidAccess => "InvalidAccess",
            Self::InvalidModification => "InvalidModification",
            Self::Operation => "Operation",
            Self::Syntax => "Syntax",
            Self::Type => "Type",
            Self::Range => "Range",
            Self::Network => "Network",
            Self::Timeout => "Timeout",
            Self::WouldBlock => "WouldBlock",
            Self::TooLarge { .. } => "TooLarge",
            Self::QuotaExceeded => "QuotaExceeded",
            Self::InvalidData => "InvalidData",
            Self::Closed => "Closed",
            Self::Declined => "Declined",
            Self::Busy => "Busy",
            Self::PeerLeft => "PeerLeft",
            Self::Signaling => "Signaling",
            Self::Other => "Other",
        }
    }

    /// Returns the kind of a thrown value by its `name`, as Firefox does not expose every error's class to `instanceof`.
    fn from_thrown(thrown: &JsValue) -> Self {
        let name = global::get_text(thrown, "name").unwrap_or_default();
        let name = name.strip_suffix("Error").unwrap_or_default();
        match name {
            "Overconstrained" => Self::Overconstrained {
                constraint: global::get_text(thrown, "constraint").filter(|name| !name.is_empty()),
            },
            // Firefox's name for what the specification calls an `OperationError`.
            "Idp" => Self::Operation,
            _ => Self::PLAIN.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Other),
        }
    }
}

impl Error {
    /// Creates an error of this kind. `operation` is the name of the function that failed, and `message` states the cause.
    #[must_use]
    pub fn new(operation: &'static str, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::with(operation, kind, message.into(), None)
    }

    /// Creates an error of this kind from the error that caused it, whose text becomes the message.
    #[must_use]
    pub fn from_source(
        operation: &'static str,
        kind: ErrorKind,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        let source = source.into();
        Self::new(operation, kind, source.to_string()).with_details(|details| details.source = Some(source))
    }

    /// Creates an error of the kind [`Other`](ErrorKind::Other) from the error that caused it.
    #[must_use]
    pub fn other(operation: &'static str, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::from_source(operation, ErrorKind::Other, source)
    }

    /// Creates an error from a value that JavaScript threw or rejected with: an exception, a string, `null` or any object.
    #[must_use]
    pub fn from_js(operation: &'static str, thrown: JsValue) -> Self {
        let kind = ErrorKind::from_thrown(&thrown);
        let message = global::get_text(&thrown, "message").unwrap_or_else(|| global::text(&thrown));
        Self::with(operation, kind, message.into(), Some(thrown))
    }

    /// Creates the error of an operation on a closed object. Where the object has a name, state it with
    /// [`new`](Self::new).
    pub(crate) fn closed(operation: &'static str) -> Self {
        Self::new(operation, ErrorKind::Closed, "the connection, channel or room is closed")
    }

    fn with(operation: &'static str, kind: ErrorKind, message: Cow<'static, str>, js: Option<JsValue>) -> Self {
        Self(Arc::new(Details { operation, kind, message, js, code: None, sdp: None, source: None }))
    }

    /// Adds the code of a refusal.
    pub(crate) fn with_code(self, code: &str) -> Self {
        self.with_details(|details| details.code = Some(code.into()))
    }

    /// Adds the description that was refused, in which [`rtc`](Self::rtc) finds the line that the browser means.
    pub(crate) fn with_sdp(self, sdp: &str) -> Self {
        self.with_details(|details| details.sdp = Some(sdp.into()))
    }

    /// Changes an error that has no clone yet.
    fn with_details(mut self, change: impl FnOnce(&mut Details)) -> Self {
        if let Some(details) = Arc::get_mut(&mut self.0) {
            change(details);
        }
        self
    }

    /// Converts the browser's failure to read a file to `NotReadable`: for a file that has changed, Chromium rejects with
    /// `NotReadableError`, Firefox with `AbortError`. An error of this crate stays.
    pub(crate) fn into_not_readable(self) -> Self {
        if self.js().is_none() {
            return self;
        }
        let message = format!("the file has changed or cannot be read: {}", self.message());
        Self::new(self.operation(), ErrorKind::NotReadable, message)
    }

    /// Returns the name of the function that failed, as in JavaScript, such as `getUserMedia`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// Returns the kind of the failure.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the cause, for a log. The text of a browser's own error differs among browsers and versions.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the code of a refusal, such as `name_taken` of the signaling server.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns whether the operation was aborted.
    #[must_use]
    pub fn is_abort(&self) -> bool {
        self.0.kind == ErrorKind::Abort
    }

    /// Returns whether the connection, channel or room is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.kind == ErrorKind::Closed
    }

    /// Returns whether the operation took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Returns whether the user, the page's policy or the system refused.
    #[must_use]
    pub fn is_not_allowed(&self) -> bool {
        self.0.kind == ErrorKind::NotAllowed
    }

    /// Returns whether there is no such thing, such as a camera.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Returns whether the browser lacks the API, or does not offer it to this page.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.0.kind == ErrorKind::NotSupported
    }

    /// Returns whether the buffer is full at the moment.
    #[must_use]
    pub fn is_would_block(&self) -> bool {
        self.0.kind == ErrorKind::WouldBlock
    }

    /// Returns whether the message exceeds a limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.0.kind, ErrorKind::TooLarge { .. })
    }

    pub(crate) fn sdp(&self) -> Option<&str> {
        self.0.sdp.as_deref()
    }

    fn text(&self) -> [&str; 5] {
        let Details { operation, kind, message, .. } = &*self.0;
        [operation, " failed (", kind.name(), "): ", message]
    }

    /// Returns the value that JavaScript threw, if it did.
    #[must_use]
    pub fn js(&self) -> Option<&JsValue> {
        self.0.js.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().into_iter().try_for_each(|part| f.write_str(part))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("operation", &self.0.operation)
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .finish_non_exhaustive()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// A sink that cannot fail, such as one of a closure, is a link.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Returns the value that JavaScript threw, if it did. Otherwise the result is a `TypeError` or a `RangeError` for these
/// two kinds, and for any other an `Error` whose `name` is the kind's. It has the `code` of a refusal, and the `limit` that
/// a message exceeds.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let Details { operation, kind, message, js, code, .. } = &*error.0;
        if let Some(thrown) = js {
            return thrown.clone();
        }
        let thrown: js_sys::Error = match kind {
            ErrorKind::Type => js_sys::TypeError::new(&[operation, ": ", message].concat()).into(),
            ErrorKind::Range => js_sys::RangeError::new(&[operation, ": ", message].concat()).into(),
            _ => {
                let text = [operation, " failed (", kind.name(), "): ", message];
                let thrown = js_sys::Error::new(&text.concat());
                global::set_text(&thrown, "name", kind.name());
                thrown
            }
        };
        if let Some(code) = code {
            global::set_text(&thrown, "code", code);
        }
        if let ErrorKind::TooLarge { limit } = *kind {
            global::set(&thrown, "limit", &(limit as f64).into());
        }
        thrown.into()
    }
}

/// Makes an error of a thrown value by naming the operation: `call().during("createOffer")?`.
pub(crate) trait During<T> {
    fn during(self, operation: &'static str) -> Result<T>;
}

impl<T> During<T> for std::result::Result<T, JsValue> {
    fn during(self, operation: &'static str) -> Result<T> {
        self.map_err(|thrown| Error::from_js(operation, thrown))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn error_type_of_result_is_inferred() {
        let result = crate::Result::Ok(1);
        assert_eq!(result.ok(), Some(1));
    }

    #[test]
    fn source_is_kept_by_clones() {
        let error = Error::from_source("parse", ErrorKind::Syntax, "x".parse::<u8>().unwrap_err());
        let source = error.clone().source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some(error.message()));
        assert_eq!(error.to_string(), "parse failed (Syntax): invalid digit found in string");
        assert!(Error::closed("send").source().is_none());
    }

    #[test]
    fn predicates_agree_with_the_kind() {
        let is = |kind| {
            let error = Error::new("test", kind, "");
            [
                error.is_abort(),
                error.is_closed(),
                error.is_timeout(),
                error.is_not_allowed(),
                error.is_not_found(),
                error.is_not_supported(),
                error.is_would_block(),
                error.is_too_large(),
            ]
            .map(u8::from)
        };
        assert_eq!(is(ErrorKind::Abort), [1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(is(ErrorKind::Closed), [0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(is(ErrorKind::Timeout), [0, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(is(ErrorKind::NotAllowed), [0, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(is(ErrorKind::NotFound), [0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(is(ErrorKind::NotSupported), [0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(is(ErrorKind::WouldBlock), [0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(is(ErrorKind::TooLarge { limit: 1 }), [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(is(ErrorKind::Other), [0; 8]);
    }
}
