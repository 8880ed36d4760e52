//! Objects of which the members are read by name.

use std::{borrow::Cow, str::Chars};

use super::{ParseMessageError, scanner::Scanner};

type Result<T> = std::result::Result<T, ParseMessageError>;

/// A JSON object, as the names of its members and the text of their values. Unknown members are ignored.
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// Returns an error if the text is not exactly one JSON object.
    pub(crate) fn parse(text: &'a str) -> Result<Self> {
        let mut scanner = Scanner::new(text);
        if !scanner.take(b'{') {
            scanner.value()?;
            return Err(invalid_type("a JSON object"));
        }
        let mut members = Vec::new();
        while !scanner.take(b'}') {
            if !members.is_empty() {
                scanner.comma()?;
            }
            let name = text_of(scanner.name()?)?;
            members.push((name, scanner.value()?));
        }
        scanner.end()?;
        Ok(Self(members))
    }

    /// Returns a member that must be present.
    pub(crate) fn required<T: FromJson<'a>>(&self, name: &str) -> Result<T> {
        let value = self.value(name)?.ok_or_else(|| ParseMessageError::new(["missing field `", name, "`"].concat()))?;
        T::from_json(value).map_err(|error| error.in_member(name))
    }

    /// Returns a member that may be absent or null.
    pub(crate) fn optional<T: FromJson<'a>>(&self, name: &str) -> Result<Option<T>> {
        match self.value(name)? {
            None | Some("null") => Ok(None),
            Some(value) => T::from_json(value).map(Some).map_err(|error| error.in_member(name)),
        }
    }

    /// Returns whether a member is absent or null.
    pub(crate) fn is_absent(&self, name: &str) -> bool {
        self.0.iter().all(|(member, value)| member != name || *value == "null")
    }

    fn value(&self, name: &str) -> Result<Option<&'a str>> {
        let mut members = self.0.iter().filter(|(member, _)| member == name);
        match (members.next(), members.next()) {
            (_, Some(_)) => Err(ParseMessageError::new(["duplicate field `", name, "`"].concat())),
            (member, None) => Ok(member.map(|(_, value)| *value)),
        }
    }
}

/// A type that the text of a JSON value is read as. The text is known to be a value without whitespace around it.
pub(crate) trait FromJson<'a>: Sized {
    fn from_json(value: &'a str) -> Result<Self>;
}

impl<'a> FromJson<'a> for Cow<'a, str> {
    fn from_json(value: &'a str) -> Result<Self> {
        text_of(value)
    }
}

impl FromJson<'_> for String {
    fn from_json(value: &str) -> Result<Self> {
        text_of(value).map(Cow::into_owned)
    }
}

impl FromJson<'_> for bool {
    fn from_json(value: &str) -> Result<Self> {
        value.parse().map_err(|_| invalid_type("a boolean"))
    }
}

impl FromJson<'_> for u64 {
    /// Also reads `1.0`, as programs write integers whose numbers are all floating point.
    fn from_json(value: &str) -> Result<Self> {
        let integer = match value.split_once('.') {
            Some((integer, fraction)) if fraction.bytes().all(|digit| digit == b'0') => integer,
            _ => value,
        };
        integer.parse().map_err(|_| invalid_type("a non-negative integer"))
    }
}

/// Implements [`FromJson`] for smaller integers.
macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl FromJson<'_> for $integer {
            fn from_json(value: &str) -> Result<Self> {
                Self::try_from(u64::from_json(value)?).map_err(|_| ParseMessageError::new("the integer is too large"))
            }
        })*
    };
}

integers!(u16, u32);

impl<'a, T: FromJson<'a>> FromJson<'a> for Vec<T> {
    fn from_json(value: &'a str) -> Result<Self> {
        elements(value)?.into_iter().map(T::from_json).collect()
    }
}

/// Reads a value by a conversion from a string.
pub(crate) fn text<T: TryFrom<String, Error: ToString>>(value: &str) -> Result<T> {
    T::try_from(String::from_json(value)?).map_err(|error| ParseMessageError::new(error.to_string()))
}

fn invalid_type(expected: &str) -> ParseMessageError {
    ParseMessageError::new(["invalid type, expected ", expected].concat())
}

fn elements(value: &str) -> Result<Vec<&str>> {
    let mut scanner = Scanner::new(value);
    if !scanner.take(b'[') {
        return Err(invalid_type("a list"));
    }
    let mut elements = Vec::new();
    while !scanner.take(b']') {
        if !elements.is_empty() {
            scanner.comma()?;
        }
        elements.push(scanner.value()?);
    }
    Ok(elements)
}

/// Returns the content of a string, borrowed if it has no escapes.
fn text_of(value: &str) -> Result<Cow<'_, str>> {
    let content = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let content = content.ok_or_else(|| invalid_type("a string"))?;
    if !content.contains('\\') {
        return Ok(Cow::Borrowed(content));
    }
    let mut text = String::with_capacity(content.len());
    let mut chars = content.chars();
    while let Some(char) = chars.next() {
        let char = if char == '\\' { escaped(&mut chars) } else { Some(char) };
        text.push(char.ok_or_else(|| ParseMessageError::new("a string has a lone surrogate"))?);
    }
    Ok(Cow::Owned(text))
}

/// Reads an escape after its backslash. Returns `None` for a lone surrogate.
fn escaped(chars: &mut Chars) -> Option<char> {
    Some(match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = code_unit(chars)?;
            let mut code = first;
            if let 0xd800..0xdc00 = first {
                let (Some('\\'), Some('u')) = (chars.next(), chars.next()) else { return None };
                let second = code_unit(chars).filter(|unit| (0xdc00..0xe000).contains(unit))?;
                code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            }
            char::from_u32(code)?
        }
        char => char,
    })
}

/// Reads four hexadecimal digits.
fn code_unit(chars: &mut Chars) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit << 4 | chars.next()?.to_digit(16)?))
}
