//! The value of one constraint.

use browser_rtc_proto::{
    as_union, dictionary,
    webidl::{FromIdl, Union},
};
use serde::{Deserialize, Deserializer, Serialize};

use super::{CursorCapture, DisplaySurface, EchoCancellation, EchoCancellationMode, FacingMode, ResizeMode};

/// The value of a constraint: a bare value, or a combination of `ideal`, `exact`, `min` and `max`.
///
/// The browser meets a bare value and `ideal` as closely as a device permits. If no device meets `exact`, `min` or
/// `max`, the capture fails with [`ErrorKind::Overconstrained`](crate::ErrorKind::Overconstrained).
///
/// ```
/// use browser_rtc::media::{FacingMode, Video, exact, ideal, min};
///
/// let video = Video::new()
///     .width(min(640).max(1920).ideal(1280))
///     .height(720)
///     .facing_mode(ideal([FacingMode::User, FacingMode::Left]))
///     .device_id(exact("4f0e…"));
/// # let _ = video;
/// ```
#[doc(alias = "ConstrainULong")]
#[doc(alias = "ConstrainDouble")]
#[doc(alias = "ConstrainBoolean")]
#[doc(alias = "ConstrainDOMString")]
#[doc(alias = "ConstrainBooleanOrDOMString")]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Constrain<T> {
    /// A preferred value, the same as `ideal`.
    Bare(T),
    /// Bounds and a preferred value.
    Bounds(Bounds<T>),
}

/// The parts of a [`Constrain`] that is not a bare value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bounds<T> {
    /// The only acceptable value.
    #[doc(alias = "ConstrainULongRange.exact")]
    #[doc(alias = "ConstrainDoubleRange.exact")]
    #[doc(alias = "ConstrainBooleanParameters.exact")]
    #[doc(alias = "ConstrainDOMStringParameters.exact")]
    #[doc(alias = "ConstrainBooleanOrDOMStringParameters.exact")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<T>,
    /// The preferred value.
    #[doc(alias = "ConstrainULongRange.ideal")]
    #[doc(alias = "ConstrainDoubleRange.ideal")]
    #[doc(alias = "ConstrainBooleanParameters.ideal")]
    #[doc(alias = "ConstrainDOMStringParameters.ideal")]
    #[doc(alias = "ConstrainBooleanOrDOMStringParameters.ideal")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ideal: Option<T>,
    /// The minimum acceptable number.
    #[doc(alias = "ULongRange.min")]
    #[doc(alias = "DoubleRange.min")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<T>,
    /// The maximum acceptable number.
    #[doc(alias = "ULongRange.max")]
    #[doc(alias = "DoubleRange.max")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { exact: None, ideal: None, min: None, max: None }
    }
}

/// One or several acceptable values. A value, an array and a `Vec` convert to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum OneOf<T> {
    /// A single value.
    Value(T),
    /// Any of several values.
    Values(Vec<T>),
}

impl<T> From<T> for OneOf<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Vec<T>> for OneOf<T> {
    fn from(values: Vec<T>) -> Self {
        Self::Values(values)
    }
}

impl<T, const N: usize> From<[T; N]> for OneOf<T> {
    fn from(values: [T; N]) -> Self {
        Self::Values(values.into())
    }
}

impl From<&str> for OneOf<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.into())
    }
}

impl<const N: usize> From<[&str; N]> for OneOf<String> {
    fn from(values: [&str; N]) -> Self {
        Self::Values(values.map(String::from).into())
    }
}

/// Creates a constraint that prefers `value`.
pub fn ideal<T>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { ideal: Some(value), ..Bounds::default() })
}

/// Creates a constraint that accepts only `value`.
pub fn exact<T>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { exact: Some(value), ..Bounds::default() })
}

/// Creates a constraint that accepts `value` or more.
pub fn min<T: Number>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { min: Some(value), ..Bounds::default() })
}

/// Creates a constraint that accepts `value` or less.
pub fn max<T: Number>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { max: Some(value), ..Bounds::default() })
}

impl<T> Constrain<T> {
    /// Sets the preferred value. It replaces an earlier one, and a bare value.
    #[must_use]
    pub fn ideal(self, value: T) -> Self {
        Self::Bounds(Bounds { ideal: Some(value), ..self.into_bounds() })
    }

    fn map<U>(self, convert: impl Fn(T) -> U) -> Constrain<U> {
        match self {
            Self::Bare(value) => Constrain::Bare(convert(value)),
            Self::Bounds(Bounds { exact, ideal, min, max }) => Constrain::Bounds(Bounds {
                exact: exact.map(&convert),
                ideal: ideal.map(&convert),
                min: min.map(&convert),
                max: max.map(&convert),
            }),
        }
    }

    fn into_bounds(self) -> Bounds<T> {
        match self {
            Self::Bare(value) => Bounds { ideal: Some(value), ..Bounds::default() },
            Self::Bounds(bounds) => bounds,
        }
    }
}

impl<T: Number> Constrain<T> {
    /// Adds a lower bound.
    #[must_use]
    pub fn min(self, value: T) -> Self {
        Self::Bounds(Bounds { min: Some(value), ..self.into_bounds() })
    }

    /// Adds an upper bound.
    #[must_use]
    pub fn max(self, value: T) -> Self {
        Self::Bounds(Bounds { max: Some(value), ..self.into_bounds() })
    }
}

/// A number, which can have a `min` and a `max`: `u32` or `f64`.
pub trait Number: private::Number {}
impl Number for u32 {}
impl Number for f64 {}

mod private {
    pub trait Number {}
    impl Number for u32 {}
    impl Number for f64 {}
}

macro_rules! bare {
    ($($value:ty),*) => {
        $(impl From<$value> for Constrain<$value> {
            fn from(value: $value) -> Self {
                Self::Bare(value)
            }
        })*
    };
}

bare!(u32, f64, bool);

/// Implements the conversion of bare and bounded values whose type differs from that of the constraint.
macro_rules! convert {
    ($($from:ty $([const $length:ident])? => $to:ty),* $(,)?) => {
        $(
            impl $(<const $length: usize>)? From<$from> for Constrain<$to> {
                fn from(value: $from) -> Self {
                    Self::Bare(value.into())
                }
            }

            impl $(<const $length: usize>)? From<Constrain<$from>> for Constrain<$to> {
                fn from(constrain: Constrain<$from>) -> Self {
                    constrain.map(Into::into)
                }
            }
        )*
    };
}

macro_rules! choices {
    ($($choice:ty),*) => {
        $(convert!($choice => OneOf<$choice>, [$choice; N] [const N] => OneOf<$choice>, Vec<$choice> => OneOf<$choice>);)*
    };
}

convert!(
    u32 => f64,
    bool => EchoCancellation,
    EchoCancellationMode => EchoCancellation,
    &str => OneOf<String>,
    [&str; N] [const N] => OneOf<String>,
);
choices!(String, FacingMode, ResizeMode, DisplaySurface, CursorCapture);

dictionary! {
    Bounds<T> = Self::default(),
    required [],
    exact / "exact",
    ideal / "ideal",
    min / "min",
    max / "max",
}

impl<'de, T: FromIdl<'de> + Deserialize<'de>> Union<'de> for Constrain<T> {
    const EXPECTED: &'static str = "a value or a dictionary of exact, ideal, min and max";

    fn from_primitive<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        T::from_idl(value).map(Self::Bare)
    }

    fn from_list<D: Deserializer<'de>>(values: D) -> Result<Self, D::Error> {
        T::from_idl(values).map(Self::Bare)
    }

    fn from_dictionary<D: Deserializer<'de>>(bounds: D) -> Result<Self, D::Error> {
        Bounds::from_idl(bounds).map(Self::Bounds)
    }
}

as_union!(Constrain<T>);

impl<'de, T: FromIdl<'de>> Union<'de> for OneOf<T> {
    const EXPECTED: &'static str = "a value or a list of values";

    fn from_primitive<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        T::from_idl(value).map(Self::Value)
    }

    fn from_list<D: Deserializer<'de>>(values: D) -> Result<Self, D::Error> {
        Vec::from_idl(values).map(Self::Values)
    }
}

as_union!(OneOf<T>);
