//! Log records, with the feature `log`. Without the feature, no code is generated for them.
//!
//! Records contain states, kinds, ids and the texts of errors. They do not contain names, messages, session descriptions or
//! tokens, so that a user can attach them to a bug report. The text of a browser's error may quote one line of a session
//! description, and the text of a token provider's error is that of the program.

use std::fmt::{self, Debug, Display, Write};

/// Writes a record with the level `trace`, `debug`, `info` or `warn`, whose target is the module.
macro_rules! log {
    ($level:ident, $($message:tt)+) => {{
        #[cfg(feature = "log")]
        ::log::$level!($($message)+);
        #[cfg(not(feature = "log"))]
        if false {
            let _ = format_args!($($message)+);
        }
    }};
}

pub(crate) use log;

/// Displays the name of an enum's variant, without its content.
pub(crate) struct Variant<'a, T>(pub(crate) &'a T);

impl<T: Debug> Display for Variant<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The error ends the formatting after the name.
        let _ = write!(NameWriter(f), "{:?}", self.0);
        Ok(())
    }
}

/// Passes on text until the first character that is not part of a name, which is an error.
struct NameWriter<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for NameWriter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_name = |character: char| character.is_alphanumeric() || character == '_';
        let name = text.split(|character| !is_name(character)).next().unwrap_or_default();
        self.0.write_str(name)?;
        if name.len() == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::Variant;
    use crate::{ErrorKind, negotiation::Content};

    #[test]
    fn variants_have_no_content() {
        assert_eq!(Variant(&Content::Hello).to_string(), "Hello");
        assert_eq!(Variant(&Content::Refuse { offer: 3 }).to_string(), "Refuse");
        assert_eq!(Variant(&ErrorKind::TooLarge { limit: 1 }).to_string(), "TooLarge");
        assert_eq!(Variant(&Some("secret")).to_string(), "Some");
    }
}
