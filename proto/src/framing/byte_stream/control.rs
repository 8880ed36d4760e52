//! What the two ends of a byte stream tell each other, as text among the bytes.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// So many bytes more may be sent.
    Credit(u32),
    /// No bytes will come any more.
    End,
}

impl Control {
    pub fn parse(text: &str) -> Option<Self> {
        if text == "end" {
            return Some(Self::End);
        }
        let digits = text.strip_prefix('+')?;
        // Rust would read a second sign as well.
        let number = digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())??;
        Some(Self::Credit(number))
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit(bytes) => write!(f, "+{bytes}"),
            Self::End => f.write_str("end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for control in [Control::End, Control::Credit(0), Control::Credit(65_536), Control::Credit(u32::MAX)] {
            assert_eq!(Control::parse(&control.to_string()), Some(control));
        }
        assert_eq!(Control::Credit(65_536).to_string(), "+65536");
    }

    #[test]
    fn nothing_else_is_read() {
        for text in
            ["", "+", "++1", "+-1", "-1", "1", "+1 ", " +1", "+4294967296", "+1.5", "+٣", "END", "end ", "ended"]
        {
            assert_eq!(Control::parse(text), None, "{text:?}");
        }
    }
}
