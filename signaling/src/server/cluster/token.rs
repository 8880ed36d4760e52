//! What takes a seat back: its secret, and a word for what its client was told.
//!
//! What a client is told without Redis, its process alone knows. Before the first such frame, and before it hears that
//! a frame of its own has come of which Redis does not know, the client gets a token with another word: whoever does
//! not have the word has none of that either. Redis learns the word together with the counts, when it is back. Until
//! then the word takes the seat back on the same process alone.

use std::collections::VecDeque;

use crate::ResumeToken;
use crate::server::rooms::Secret;

/// Of so many words a client may have the oldest.
const KNOWN: usize = 4;

/// The longest word that anybody gives is shorter.
const LONGEST: usize = 32;

/// A token, taken apart. That of a new seat has no word yet.
#[derive(Clone, Debug)]
pub struct Token {
    pub secret: Secret,
    pub word: String,
}

/// The words of a seat.
#[derive(Debug, Default)]
pub struct Words {
    /// The newest first.
    known: VecDeque<String>,
    /// Redis does not know the newest.
    strayed: bool,
    strays: u32,
}

impl Token {
    /// None for what was never a token.
    pub fn of(token: &ResumeToken) -> Option<Self> {
        let (secret, word) = token.as_str().split_once('.').unwrap_or((token.as_str(), ""));
        let is_word = word.len() <= LONGEST && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let secret = Secret::of(&secret.into()).filter(|_| is_word)?;
        Some(Self { secret, word: word.to_owned() })
    }
}

impl Words {
    /// As Redis has them.
    pub fn parse(words: &str) -> Self {
        Self { known: words.split_whitespace().map(str::to_owned).collect(), ..Self::default() }
    }

    /// Another word, where Redis may know this one. The attempt is that which the seat was taken by, and tells it from
    /// those of other processes.
    pub fn stray(&mut self, attempt: &str) -> bool {
        if std::mem::replace(&mut self.strayed, true) {
            return false;
        }
        self.strays += 1;
        self.known.push_front(format!("{attempt:.16}x{:x}", self.strays));
        self.known.truncate(KNOWN);
        true
    }

    /// For Redis to know. Whether it has learned them is not certain before its answer, and may never be: what strays
    /// from here on needs another word.
    pub fn tell(&mut self) -> String {
        self.strayed = false;
        self.known.make_contiguous().join(" ")
    }

    /// Whether a client with this word has been told nothing elsewhere. All begin without one.
    pub fn are_of(&self, word: &str) -> bool {
        word.is_empty() || self.known.iter().any(|known| known == word)
    }

    /// The token of now.
    pub fn token(&self, secret: Secret) -> ResumeToken {
        match self.known.front() {
            Some(word) => format!("{}.{word}", secret.hex()).into(),
            None => secret.token(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_new_whenever_redis_may_know_the_last() {
        let (mut words, secret) = (Words::default(), Secret::random().unwrap());
        assert_eq!(words.token(secret), secret.token());
        assert!(words.stray("0123456789abcdefgh") && !words.stray("0123456789abcdefgh"));
        let token = Token::of(&words.token(secret)).unwrap();
        assert!(token.secret == secret && token.word == "0123456789abcdefx1" && words.are_of(&token.word));
        assert_eq!(words.tell(), "0123456789abcdefx1");
        assert!(words.stray("0123456789abcdefgh"));
        assert_eq!(words.tell(), "0123456789abcdefx2 0123456789abcdefx1");
        let elsewhere = Words::parse("a 0123456789abcdefx2");
        assert!(elsewhere.are_of("") && elsewhere.are_of("a") && !elsewhere.are_of("0123456789abcdefx1"));
        for _ in 0..100 {
            words.stray("0123456789abcdefgh");
            words.tell();
        }
        assert_eq!(words.known.len(), KNOWN);
    }

    #[test]
    fn what_is_no_token_is_not_read_as_one() {
        let secret = Secret::random().unwrap().hex();
        for word in ["a b", "a.b", "\u{e9}", &"a".repeat(33)] {
            assert!(Token::of(&format!("{secret}.{word}").into()).is_none(), "{word}");
        }
        assert!(Token::of(&"".into()).is_none() && Token::of(&"a.b".into()).is_none());
        assert_eq!(Token::of(&format!("{secret}.").into()).unwrap().word, "");
    }
}
