//! What a name may look like.

use std::fmt;
use std::str::FromStr;

use super::Limits;
use super::rooms::Refusal;
use crate::ErrorCode;

/// The characters that a name may have, white space at its ends aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// Whatever can be seen: no control characters, and none that turn or break the text or take no place in it.
    #[default]
    Visible,
    /// The visible characters of ASCII, and spaces.
    Ascii,
    /// Letters and digits of ASCII, and `-`, `_` and `.`.
    Word,
}

impl Alphabet {
    fn has(self, character: char) -> bool {
        match self {
            Self::Visible => !character.is_control() && !is_invisible(character),
            Self::Ascii => matches!(character, ' '..='~'),
            Self::Word => character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.'),
        }
    }
}

/// With these, one name can pass for another. The joiners stay: scripts and emoji need them.
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

/// The names that a server takes.
#[derive(Clone, Debug)]
pub struct Names {
    rooms: Shape,
    peers: Shape,
}

/// How long a name may be, and of what.
#[derive(Clone, Debug)]
struct Shape {
    chars: usize,
    alphabet: Alphabet,
}

impl Names {
    pub fn new(limits: &Limits) -> Self {
        Self {
            rooms: Shape { chars: limits.room_chars, alphabet: limits.room_alphabet },
            peers: Shape { chars: limits.name_chars, alphabet: limits.name_alphabet },
        }
    }

    /// The names of a room and of somebody in it, without white space at their ends, if they can be that.
    pub fn read<'a>(&self, room: &'a str, name: &'a str) -> Result<(&'a str, &'a str), Refusal> {
        let room = self.rooms.read(room).ok_or(Refusal::new(
            ErrorCode::BadRoom,
            "the room's name is empty, too long, or has characters that it may not have",
        ))?;
        let name = self.peers.read(name).ok_or(Refusal::new(
            ErrorCode::BadName,
            "the name is empty, too long, or has characters that it may not have",
        ))?;
        Ok((room, name))
    }
}

impl Shape {
    fn read<'a>(&self, text: &'a str) -> Option<&'a str> {
        let text = text.trim();
        // No character has more than four bytes: what is much too long is not counted.
        let fits = !text.is_empty() && text.len() / 4 <= self.chars && text.chars().count() <= self.chars;
        (fits && text.chars().all(|character| self.alphabet.has(character))).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(alphabet: Alphabet) -> Shape {
        Shape { chars: 8, alphabet }
    }

    #[test]
    fn an_alphabet_takes_its_characters_alone() {
        let good = [
            (Alphabet::Visible, ["Zoë", "李 四", "👩\u{200d}🔬"]),
            (Alphabet::Ascii, ["Ada L.", "~", "<b>"]),
            (Alphabet::Word, ["Ada", "a-b_c.9", " 7 "]),
        ];
        for (alphabet, words) in good {
            assert_eq!(alphabet.to_string().parse(), Ok(alphabet));
            for word in words {
                assert_eq!(names(alphabet).read(word), Some(word.trim()), "{alphabet} {word:?}");
            }
        }
        let bad = [
            (Alphabet::Visible, ["a\u{7}b", "a\u{202e}b", "\u{200b}"]),
            (Alphabet::Ascii, ["Zoë", "a\tb", "a\u{7f}"]),
            (Alphabet::Word, ["a b", "a/b", "é"]),
        ];
        for (alphabet, words) in bad {
            for word in words {
                assert_eq!(names(alphabet).read(word), None, "{alphabet} {word:?}");
            }
        }
    }

    #[test]
    fn the_length_is_in_characters() {
        let names = names(Alphabet::Visible);
        assert!(names.read("ääääöööö").is_some() && names.read(" 12345678 ").is_some());
        for bad in ["ääääööööü", "", "   ", &"x".repeat(1 << 20)] {
            assert_eq!(names.read(bad), None);
        }
    }
}
