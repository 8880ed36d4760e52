//! The error type of this crate.

use std::{borrow::Cow, convert::Infallible, error, fmt, sync::Arc};

use wasm_bindgen::JsValue;

use crate::sys::global;

/// The result of a fallible operation of this crate.
///
/// # Examples
/// Type inference in an `async` block:
///
/// ```
/// # fn check(ready: bool) -> browser_rtc::Result<()> { let _ = ready; Ok(()) }
/// let checked = async {
///     check(true)?;
///     browser_rtc::Result::Ok(()) // determines the type of the error
/// };
/// # drop(checked);
/// ```
pub type Result<T> = std::result::Result<T, Error>;

/// The error type of this crate.
///
/// An error has the name of the operation, a [kind](ErrorKind) to match on, and a message for logs. Clones share one error.
///
/// # Examples
/// A message for the user by the kind of the error:
///
/// ```
/// # use browser_rtc::{Error, ErrorKind};
/// fn user_message(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::NotAllowed => "Please allow the camera.",
///         ErrorKind::NotFound => "There is no camera.",
///         _ => "The camera could not be opened.",
///     }
/// }
/// ```
///
/// Links, codecs and other extensions that a program implements create errors with [`Error::new`] and [`Error::other`].
/// [`source`](error::Error::source) returns the underlying error:
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

/// The content of an error, which its clones share.
struct Details {
    operation: &'static str,
    kind: ErrorKind,
    message: Cow<'static, str>,
    js: Option<JsValue>,
    /// The signaling server's error code. It is a string, so that programs without signaling do not contain the codes.
    code: Option<Box<str>>,
    /// The session description that was rejected.
    sdp: Option<Box<str>>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kind of an error.
///
/// Most kinds correspond to a [DOMException](https://webidl.spec.whatwg.org/#idl-DOMException-error-names) and have its
/// name without the suffix `Error`. The other kinds are defined by this crate. [`name`](Self::name) returns the name of the
/// variant. In the npm package it is the `name` of the error, except that `Type` is a `TypeError` and `Range` a
/// `RangeError`.
///
/// | Cause | Kinds |
/// |---|---|
/// | A permission of the user, the page or the browser | `NotAllowed`, `Security`, `NotSupported` |
/// | The device | `NotFound`, `NotReadable`, `Overconstrained` |
/// | The program's call | `Type`, `Range`, `Syntax`, `InvalidState`, `InvalidAccess`, `InvalidModification`, `TooLarge` |
/// | The end of the operation | `Abort`, `Closed`, `Timeout` |
/// | The network, the browser or the remote peer | `Network`, `Operation`, `InvalidData`, `QuotaExceeded`, `WouldBlock` |
/// | The callee of a call | `Declined`, `Busy`, `PeerLeft` |
/// | The receiver of a request | `NoHandler`, `Remote`, `Busy`, `PeerLeft` |
/// | The signaling server | `Signaling` |
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operation was aborted (`AbortError`).
    Abort,
    /// The user, the page's permissions policy or the system refused the operation (`NotAllowedError`).
    NotAllowed,
    /// The object does not exist, such as a camera (`NotFoundError`).
    NotFound,
    /// The device exists but cannot be read, usually because another program uses it (`NotReadableError`).
    NotReadable,
    /// No device satisfies a constraint (`OverconstrainedError`).
    #[doc(alias = "OverconstrainedError")]
    #[doc(alias = "OverconstrainedError.constraint")]
    Overconstrained {
        /// The JavaScript name of the constraint, such as `width`. `None` if the browser hides it.
        constraint: Option<String>,
    },
    /// The browser lacks the API, or does not provide it to this page (`NotSupportedError`).
    NotSupported,
    /// A security rule of the browser forbids the operation (`SecurityError`).
    Security,
    /// The object is in a state that does not permit the operation (`InvalidStateError`).
    InvalidState,
    /// The object belongs to another object, such as a sender to another connection (`InvalidAccessError`).
    InvalidAccess,
    /// The operation changes a member that cannot be changed (`InvalidModificationError`).
    InvalidModification,
    /// The operation failed for a reason specific to it, such as a session description that cannot be applied
    /// (`OperationError`).
    Operation,
    /// A string could not be parsed (`SyntaxError`).
    Syntax,
    /// A value is missing or has the wrong type (`TypeError`).
    Type,
    /// A number is out of range (`RangeError`).
    Range,
    /// The network failed (`NetworkError`).
    Network,
    /// The operation timed out (`TimeoutError`).
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
    /// The remote peer sent data that violates the protocol.
    InvalidData,
    /// The connection, channel or room is closed.
    Closed,
    /// The callee declined the call.
    Declined,
    /// The callee is in another call, or the peer has too many unanswered requests.
    Busy,
    /// The peer has left the room, or was never in it.
    PeerLeft,
    /// The peer handles no requests, or has not answered this one.
    NoHandler,
    /// The peer failed to handle the request. [`Error::message`] is its message.
    Remote,
    /// The signaling server refused the request. [`Error::signaling_code`] returns the reason.
    Signaling,
    /// Any other failure. See [`Error::message`], [`Error::js`] and [`source`](error::Error::source).
    Other,
}

impl ErrorKind {
    /// The kinds without fields that correspond to an exception, whose name has the suffix `Error`.
    const EXCEPTIONS: [Self; 16] = [
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
            Self::NoHandler => "NoHandler",
            Self::Remote => "Remote",
            Self::Signaling => "Signaling",
            Self::Other => "Other",
        }
    }

    /// Returns the kind of a thrown value by its `name`, because Firefox does not expose the classes of all errors.
    fn from_thrown(thrown: &JsValue) -> Self {
        let name = global::get_text(thrown, "name").unwrap_or_default();
        let name = name.strip_suffix("Error").unwrap_or_default();
        match name {
            "Overconstrained" => Self::Overconstrained {
                constraint: global::get_text(thrown, "constraint").filter(|name| !name.is_empty()),
            },
            // Firefox throws an `IdpError` where the specification requires an `OperationError`.
            "Idp" => Self::Operation,
            _ => Self::EXCEPTIONS.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Other),
        }
    }
}

impl Error {
    /// Creates an error. `operation` is the name of the failed function, and `message` states the cause.
    #[must_use]
    pub fn new(operation: &'static str, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::with(operation, kind, message.into(), None)
    }

    /// Creates an error with the given source. The text of the source becomes the message.
    #[must_use]
    pub fn from_source(
        operation: &'static str,
        kind: ErrorKind,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        let source = source.into();
        Self::new(operation, kind, source.to_string()).with_details(|details| details.source = Some(source))
    }

    /// Creates an error of kind [`Other`](ErrorKind::Other) with the given source.
    #[must_use]
    pub fn other(operation: &'static str, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::from_source(operation, ErrorKind::Other, source)
    }

    /// Creates an error from a value that JavaScript code has thrown, or with which a promise was rejected. The value may
    /// be of any type.
    #[must_use]
    pub fn from_js(operation: &'static str, thrown: JsValue) -> Self {
        let kind = ErrorKind::from_thrown(&thrown);
        let message = global::get_text(&thrown, "message").unwrap_or_else(|| global::text(&thrown));
        Self::with(operation, kind, message.into(), Some(thrown))
    }

    /// Creates the error of an operation on a closed connection or channel. If the object has a name, use
    /// [`new`](Self::new) with a message that contains it.
    pub(crate) fn closed(operation: &'static str) -> Self {
        Self::new(operation, ErrorKind::Closed, "the connection, channel or room is closed")
    }

    fn with(operation: &'static str, kind: ErrorKind, message: Cow<'static, str>, js: Option<JsValue>) -> Self {
        Self(Arc::new(Details { operation, kind, message, js, code: None, sdp: None, source: None }))
    }

    /// Adds the signaling server's error code.
    pub(crate) fn with_code(self, code: &str) -> Self {
        self.with_details(|details| details.code = Some(code.into()))
    }

    /// Adds the rejected session description, in which [`rtc`](Self::rtc) searches the line that the browser quotes.
    pub(crate) fn with_sdp(self, sdp: &str) -> Self {
        self.with_details(|details| details.sdp = Some(sdp.into()))
    }

    /// Changes the details of an error that has not been cloned.
    fn with_details(mut self, change: impl FnOnce(&mut Details)) -> Self {
        if let Some(details) = Arc::get_mut(&mut self.0) {
            change(details);
        }
        self
    }

    /// Converts a browser's error from reading a file to `NotReadable`. For a file that has changed, Chromium throws a
    /// `NotReadableError` and Firefox an `AbortError`. Errors of this crate are returned unchanged.
    pub(crate) fn into_not_readable(self) -> Self {
        if self.js().is_none() {
            return self;
        }
        let message = format!("the file has changed or cannot be read: {}", self.message());
        Self::new(self.operation(), ErrorKind::NotReadable, message)
    }

    /// Returns the name of the failed function in JavaScript, such as `getUserMedia`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the message, for logs. The text of a browser's error differs between browsers and versions.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the signaling server's error code as a string, such as `name_taken`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns whether the kind is [`Abort`](ErrorKind::Abort).
    #[must_use]
    pub fn is_abort(&self) -> bool {
        self.0.kind == ErrorKind::Abort
    }

    /// Returns whether the kind is [`Closed`](ErrorKind::Closed).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.kind == ErrorKind::Closed
    }

    /// Returns whether the kind is [`Timeout`](ErrorKind::Timeout).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Returns whether the kind is [`NotAllowed`](ErrorKind::NotAllowed).
    #[must_use]
    pub fn is_not_allowed(&self) -> bool {
        self.0.kind == ErrorKind::NotAllowed
    }

    /// Returns whether the kind is [`NotFound`](ErrorKind::NotFound).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Returns whether the kind is [`NotSupported`](ErrorKind::NotSupported).
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.0.kind == ErrorKind::NotSupported
    }

    /// Returns whether the kind is [`WouldBlock`](ErrorKind::WouldBlock).
    #[must_use]
    pub fn is_would_block(&self) -> bool {
        self.0.kind == ErrorKind::WouldBlock
    }

    /// Returns whether the kind is [`TooLarge`](ErrorKind::TooLarge).
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

    /// Returns the JavaScript value from which the error was created with [`from_js`](Self::from_js), if any.
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

/// Allows a sink that cannot fail as the sending half of a [`Link`](crate::session::Link).
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Converts to a JavaScript error.
///
/// An error that was created from a JavaScript value converts to that value. Other errors convert to a `TypeError` or a
/// `RangeError` for the kinds `Type` and `Range`, and otherwise to an `Error` whose `name` is that of the kind. The member
/// `operation` is the name of the failed function, `code` the signaling server's error code, and `limit` the limit of
/// `TooLarge` in bytes.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let Details { operation, kind, message, js, code, .. } = &*error.0;
        if let Some(thrown) = js {
            return thrown.clone();
        }
        let thrown: js_sys::Error = match kind {
            ErrorKind::Type => js_sys::TypeError::new(&concat(&[operation, ": ", message])).into(),
            ErrorKind::Range => js_sys::RangeError::new(&concat(&[operation, ": ", message])).into(),
            _ => {
                let thrown = js_sys::Error::new(&concat(&error.text()));
                global::set_text(&thrown, "name", kind.name());
                thrown
            }
        };
        global::set_text(&thrown, "operation", operation);
        if let Some(code) = code {
            global::set_text(&thrown, "code", code);
        }
        if let ErrorKind::TooLarge { limit } = *kind {
            global::set(&thrown, "limit", &(limit as f64).into());
        }
        thrown.into()
    }
}

/// Concatenates strings. `format!` and the standard library's `concat` have much more code.
pub(crate) fn concat(parts: &[&str]) -> String {
    parts.iter().copied().collect()
}

/// Conversion of a thrown value to an [`Error`] with the name of the operation: `call().during("createOffer")?`.
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
    fn result_error_type_is_inferred() {
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
    fn predicates_match_kind() {
        let predicates = |kind| {
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
        assert_eq!(predicates(ErrorKind::Abort), [1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(predicates(ErrorKind::Closed), [0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(predicates(ErrorKind::Timeout), [0, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(predicates(ErrorKind::NotAllowed), [0, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(predicates(ErrorKind::NotFound), [0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(predicates(ErrorKind::NotSupported), [0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(predicates(ErrorKind::WouldBlock), [0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(predicates(ErrorKind::TooLarge { limit: 1 }), [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(predicates(ErrorKind::Other), [0; 8]);
    }
}
