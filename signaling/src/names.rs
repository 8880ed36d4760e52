//! Validation of names.

use std::{fmt, str::FromStr};

use super::refusal::Refusal;
use browser_rtc_proto::signaling::ErrorCode;

/// The characters that a name may contain. White space at its ends is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// Visible characters. Control characters and characters that change the direction, break lines or have no width
    /// are rejected.
    #[default]
    Visible,
    /// Visible ASCII characters and spaces.
    Ascii,
    /// ASCII letters and digits, `-`, `_` and `.`.
    Word,
}

impl Alphabet {
    fn contains(self, character: char) -> bool {
        match self {
            Self::Visible => !character.is_control() && !is_invisible(character),
            Self::Ascii => matches!(character, ' '..='~'),
            Self::Word => character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.'),
        }
    }
}

/// Returns whether the character can make one name look like another. Joiners are allowed, because scripts and emoji
/// need them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl FromStr for Alphabet {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "visible" => Ok(Self::Visible),
            "ascii" => Ok(Self::Ascii),
            "word" => Ok(Self::Word),
            _ => Err("expected visible, ascii or word".to_owned()),
        }
    }
}

impl fmt::Display for Alphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Visible => "visible",
            Self::Ascii => "ascii",
            Self::Word => "word",
        })
    }
}

/// The rules for names.
#[derive(Clone, Debug)]
pub struct Names {
    rooms: NameRule,
    peers: NameRule,
}

/// The rule for one kind of name.
#[derive(Clone, Debug)]
pub struct NameRule {
    pub max_chars: usize,
    pub alphabet: Alphabet,
}

impl Names {
    pub fn new(rooms: NameRule, peers: NameRule) -> Self {
        Self { rooms, peers }
    }

    /// Returns the names of a room and of a peer without white space at their ends, if they are valid.
    pub fn validate<'a>(&self, room: &'a str, name: &'a str) -> Result<(&'a str, &'a str), Refusal> {
        let room = self.rooms.validate(room).ok_or(Refusal::new(
            ErrorCode::BadRoom,
            "the name of the room is empty, too long, or contains a forbidden character",
        ))?;
        let name = self.peers.validate(name).ok_or(Refusal::new(
            ErrorCode::BadName,
            "the name is empty, too long, or contains a forbidden character",
        ))?;
        Ok((room, name))
    }
}

impl NameRule {
    fn validate<'a>(&self, text: &'a str) -> Option<&'a str> {
        let text = text.trim();
        // A character has at most four bytes, so the characters of a much longer text need not be counted.
        let fits = !text.is_empty() && text.len() / 4 <= self.max_chars && text.chars().count() <= self.max_chars;
        (fits && text.chars().all(|character| self.alphabet.contains(character))).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(alphabet: Alphabet) -> NameRule {
        NameRule { max_chars: 8, alphabet }
    }

    #[test]
    fn alphabet_limits_characters() {
        let good = [
            (Alphabet::Visible, ["Zoë", "李 四", "👩\u{200d}🔬"]),
            (Alphabet::Ascii, ["Ada L.", "~", "<b>"]),
            (Alphabet::Word, ["Ada", "a-b_c.9", " 7 "]),
        ];
        for (alphabet, words) in good {
            assert_eq!(alphabet.to_string().parse(), Ok(alphabet));
            for word in words {
                assert_eq!(rule(alphabet).validate(word), Some(word.trim()), "{alphabet} {word:?}");
            }
        }
        let bad = [
            (Alphabet::Visible, ["a\u{7}b", "a\u{202e}b", "\u{200b}"]),
            (Alphabet::Ascii, ["Zoë", "a\tb", "a\u{7f}"]),
            (Alphabet::Word, ["a b", "a/b", "é"]),
        ];
        for (alphabet, words) in bad {
            for word in words {
                assert_eq!(rule(alphabet).validate(word), None, "{alphabet} {word:?}");
            }
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        let rule = rule(Alphabet::Visible);
        assert!(rule.validate("ääääöööö").is_some() && rule.validate(" 12345678 ").is_some());
        for bad in ["ääääööööü", "", "   ", &"x".repeat(1 << 20)] {
            assert_eq!(rule.validate(bad), None);
        }
    }
}
