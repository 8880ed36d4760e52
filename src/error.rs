//! One error type for everything that can go wrong.

use std::{borrow::Cow, convert::Infallible, error, fmt};

use browser_rtc_proto::signaling::ErrorCode;
use wasm_bindgen::JsValue;

use crate::sys::global;

/// The result of everything in this crate that can fail.
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

/// Which operation failed, how, and what the browser said of it.
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
#[derive(Clone)]
pub struct Error(Box<Details>);

#[derive(Clone)]
struct Details {
    operation: &'static str,
    kind: ErrorKind,
    message: Cow<'static, str>,
    js: Option<JsValue>,
    /// The signaling server's code. Looked up only here, a program without signaling has none of them in it.
    code: Option<Box<str>>,
    /// The description that was refused.
    sdp: Option<Box<str>>,
}

/// What went wrong, for the most part by the name of the
/// [DOMException](https://webidl.spec.whatwg.org/#idl-DOMException-error-names).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operation was aborted (`AbortError`).
    Abort,
    /// The user, the page's policy or the system refused (`NotAllowedError`).
    NotAllowed,
    /// Nothing fits what was asked for, such as a camera where there is none (`NotFoundError`).
    NotFound,
    /// The device is there and could not be read, mostly as another program has it (`NotReadableError`).
    NotReadable,
    /// No device can meet this constraint (`OverconstrainedError`).
    #[doc(alias = "OverconstrainedError")]
    #[doc(alias = "OverconstrainedError.constraint")]
    Overconstrained {
        /// The constraint's name as in JavaScript, such as `width`; none where the browser hides it.
        constraint: Option<String>,
    },
    /// The browser lacks the API, or keeps it from this page (`NotSupportedError`).
    NotSupported,
    /// A security rule of the browser forbids it (`SecurityError`).
    Security,
    /// The object is in a state in which this may not be done (`InvalidStateError`).
    InvalidState,
    /// The object does not belong here, such as a sender of another connection (`InvalidAccessError`).
    InvalidAccess,
    /// What was asked to change may not change (`InvalidModificationError`).
    InvalidModification,
    /// The operation failed for a reason of its own, such as a description that could not be applied
    /// (`OperationError`).
    Operation,
    /// A text could not be parsed (`SyntaxError`).
    Syntax,
    /// A value of the wrong type, or one that is missing (`TypeError`).
    Type,
    /// A number out of its range (`RangeError`).
    Range,
    /// The network failed (`NetworkError`).
    Network,
    /// It took too long (`TimeoutError`).
    Timeout,
    /// There is no room now; there will be later.
    WouldBlock,
    /// More than this can carry at once.
    TooLarge {
        /// The most that it can carry, in bytes.
        limit: u64,
    },
    /// More came than may wait to be taken (`QuotaExceededError`).
    QuotaExceeded,
    /// What came from the other side is not what was agreed on.
    InvalidData,
    /// The connection, channel or room has been closed.
    Closed,
    /// The one who was called declined.
    Declined,
    /// The one who was called is in another call.
    Busy,
    /// The other one has left the room, or was never in it.
    PeerLeft,
    /// The signaling server refused, with this code.
    Signaling(ErrorCode),
    /// Anything else; [`Error::message`] and [`Error::js`] tell more.
    Other,
}

impl ErrorKind {
    /// Those that say no more than the exception's name, which is theirs with `Error` behind it.
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

    /// The variant's name, such as `NotAllowed`: for logs and for style sheets.
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
            Self::Signaling(_) => "Signaling",
            Self::Other => "Other",
        }
    }

    /// By `name`, never by message and never by `instanceof`: Firefox does not expose every error's class.
    fn of(thrown: &JsValue) -> Self {
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
    /// What JavaScript threw or rejected with, be it an exception, a string, `null` or any object.
    #[must_use]
    pub fn from_js(operation: &'static str, thrown: JsValue) -> Self {
        let kind = ErrorKind::of(&thrown);
        let message = global::get_text(&thrown, "message").unwrap_or_else(|| global::text(&thrown));
        Self::of(operation, kind, message.into(), Some(thrown))
    }

    pub(crate) fn new(operation: &'static str, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(operation, kind, message.into(), None)
    }

    pub(crate) fn signaling(operation: &'static str, code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        let text = code.as_str().into();
        let mut error = Self::new(operation, ErrorKind::Signaling(code), message);
        error.0.code = Some(text);
        error
    }

    fn of(operation: &'static str, kind: ErrorKind, message: Cow<'static, str>, js: Option<JsValue>) -> Self {
        Self(Box::new(Details { operation, kind, message, js, code: None, sdp: None }))
    }

    pub(crate) fn closed(operation: &'static str) -> Self {
        Self::new(operation, ErrorKind::Closed, "it has been closed")
    }

    /// Returns the failure to read a file as `NotReadable`. Browsers differ: for a file that has changed, Chromium
    /// rejects with `NotReadableError`, Firefox with `AbortError`. An error that is not the browser's stays.
    pub(crate) fn into_not_readable(self) -> Self {
        if self.js().is_none() {
            return self;
        }
        let message = format!("the file has changed or cannot be read: {}", self.message());
        Self::new(self.operation(), ErrorKind::NotReadable, message)
    }

    /// The web name of what failed, such as `getUserMedia`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What went wrong: match on this.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The browser's own words, for a log. They differ among browsers and versions.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Keeps the description, so that [`rtc`](Self::rtc) may look for the line that the browser means.
    pub(crate) fn of_sdp(mut self, sdp: &str) -> Self {
        self.0.sdp = Some(sdp.into());
        self
    }

    pub(crate) fn sdp(&self) -> Option<&str> {
        self.0.sdp.as_deref()
    }

    fn words(&self) -> [&str; 5] {
        let Details { operation, kind, message, .. } = &*self.0;
        [operation, " failed (", kind.name(), "): ", message]
    }

    /// The very value that JavaScript threw, where it did.
    #[must_use]
    pub fn js(&self) -> Option<&JsValue> {
        self.0.js.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().into_iter().try_for_each(|word| f.write_str(word))
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

impl error::Error for Error {}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The value that JavaScript threw, if it did. Otherwise a `TypeError` or a `RangeError` for these two kinds, and for
/// any other an `Error` whose `name` is the kind's. `code` is the signaling server's, and `limit` that of a message
/// that is too large.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let Details { operation, kind, message, js, code, .. } = *error.0;
        if let Some(thrown) = js {
            return thrown;
        }
        let thrown: js_sys::Error = match kind {
            ErrorKind::Type => js_sys::TypeError::new(&[operation, ": ", &message].concat()).into(),
            ErrorKind::Range => js_sys::RangeError::new(&[operation, ": ", &message].concat()).into(),
            _ => {
                let words = [operation, " failed (", kind.name(), "): ", &message];
                let thrown = js_sys::Error::new(&words.concat());
                global::set_text(&thrown, "name", kind.name());
                thrown
            }
        };
        if let Some(code) = &code {
            global::set_text(&thrown, "code", code);
        }
        if let ErrorKind::TooLarge { limit } = kind {
            global::set(&thrown, "limit", &(limit as f64).into());
        }
        thrown.into()
    }
}

/// Names the operation of what JavaScript threw: `call().during("createOffer")?`.
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
    #[test]
    fn error_type_of_result_is_inferred() {
        let result = crate::Result::Ok(1);
        assert_eq!(result.ok(), Some(1));
    }
}
