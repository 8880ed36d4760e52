//! Objects that are written member by member.

use std::fmt::Write;

/// A JSON object to which members are added.
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Writes an object with these members.
    pub(crate) fn object(json: &mut String, members: impl FnOnce(&mut Self)) {
        let mut object = Self(std::mem::take(json));
        object.0.push('{');
        members(&mut object);
        *json = object.finish();
    }

    /// Adds a member, unless its value is `None`.
    pub(crate) fn member(&mut self, name: &'static str, value: &dyn ToJson) -> &mut Self {
        if value.is_some() {
            let comma = if self.0.ends_with('{') { "" } else { "," };
            for part in [comma, "\"", name, "\":"] {
                self.0.push_str(part);
            }
            value.write(&mut self.0);
        }
        self
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A value of a member.
pub(crate) trait ToJson {
    /// Appends the JSON text of the value.
    fn write(&self, json: &mut String);

    /// Returns whether the value is written.
    fn is_some(&self) -> bool {
        true
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, json: &mut String) {
        if let Some(value) = self {
            value.write(json);
        }
    }

    fn is_some(&self) -> bool {
        Option::is_some(self)
    }
}

impl<T: ToJson> ToJson for [T] {
    fn write(&self, json: &mut String) {
        json.push('[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            value.write(json);
        }
        json.push(']');
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, json: &mut String) {
        self.as_slice().write(json);
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write(&self, json: &mut String) {
        (**self).write(json);
    }
}

impl ToJson for str {
    fn write(&self, json: &mut String) {
        json.push('"');
        for char in self.chars() {
            let escape = match char {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\u{8}' => "\\b",
                '\u{c}' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\0'..' ' => {
                    // Writing to a string never fails.
                    let _ = write!(json, "\\u{:04x}", u32::from(char));
                    continue;
                }
                char => {
                    json.push(char);
                    continue;
                }
            };
            json.push_str(escape);
        }
        json.push('"');
    }
}

impl ToJson for String {
    fn write(&self, json: &mut String) {
        self.as_str().write(json);
    }
}

impl ToJson for bool {
    fn write(&self, json: &mut String) {
        json.push_str(if *self { "true" } else { "false" });
    }
}

/// Implements [`ToJson`] for integers.
macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl ToJson for $integer {
            fn write(&self, json: &mut String) {
                // Writing to a string never fails.
                let _ = write!(json, "{self}");
            }
        })*
    };
}

integers!(u16, u32, u64);

/// Returns the value of a member that is omitted if it is the default.
pub(crate) fn nonzero<T: Default + PartialEq>(value: T) -> Option<T> {
    Some(value).filter(|value| *value != T::default())
}
