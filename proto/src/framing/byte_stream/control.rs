//! Control messages of a byte stream, sent as text messages between the binary ones.

use std::fmt;

/// A control message. `Display` formats it as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The number of additional bytes that the peer may send: `+65536`.
    Credit(u32),
    /// The end of the sender's bytes: `end`.
    End,
}

impl Control {
    /// Parses a control message. Returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "end" {
            return Some(Self::End);
        }
        let digits = text.strip_prefix('+')?;
        // `parse` would accept a second sign.
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
    fn control_messages_round_trip() {
        for control in [Control::End, Control::Credit(0), Control::Credit(65_536), Control::Credit(u32::MAX)] {
            assert_eq!(Control::parse(&control.to_string()), Some(control));
        }
        assert_eq!(Control::Credit(65_536).to_string(), "+65536");
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in
            ["", "+", "++1", "+-1", "-1", "1", "+1 ", " +1", "+4294967296", "+1.5", "+٣", "END", "end ", "ended"]
        {
            assert_eq!(Control::parse(text), None, "{text:?}");
        }
    }
}
