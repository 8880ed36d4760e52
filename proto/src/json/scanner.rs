//! The grammar of JSON.

use super::ParseMessageError;

type Result<T> = std::result::Result<T, ParseMessageError>;

/// Returns JSON text without the whitespace around its value.
///
/// # Errors
/// Returns an error if the text is not exactly one JSON value.
pub(crate) fn trimmed(text: &str) -> Result<&str> {
    let mut scanner = Scanner::new(text);
    let value = scanner.value()?;
    scanner.end()?;
    Ok(value)
}

/// A reader of JSON text, which checks the grammar and returns values as their text. It is not recursive, so that the
/// depth of values is not limited.
pub(super) struct Scanner<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// Reads a value.
    pub(super) fn value(&mut self) -> Result<&'a str> {
        self.skip_whitespace();
        let start = self.position;
        // The ends of the arrays and objects around the position.
        let mut ends = Vec::new();
        loop {
            match self.next()? {
                b'{' if !self.take(b'}') => {
                    ends.push(b'}');
                    self.name()?;
                    continue;
                }
                b'[' if !self.take(b']') => {
                    ends.push(b']');
                    continue;
                }
                b'{' | b'[' => {}
                b'"' => self.rest_of_string()?,
                b't' => self.literal("rue")?,
                b'f' => self.literal("alse")?,
                b'n' => self.literal("ull")?,
                digit @ (b'-' | b'0'..=b'9') => self.rest_of_number(digit)?,
                _ => {
                    self.position -= 1;
                    return Err(self.expected("value"));
                }
            }
            loop {
                match ends.last() {
                    None => return Ok(self.text.get(start..self.position).unwrap_or_default()),
                    Some(end) if self.take(*end) => _ = ends.pop(),
                    Some(end) => {
                        self.comma()?;
                        if *end == b'}' {
                            self.name()?;
                        }
                        break;
                    }
                }
            }
        }
    }

    /// Reads the name of a member, with its quotes, and the colon after it.
    pub(super) fn name(&mut self) -> Result<&'a str> {
        self.skip_whitespace();
        let start = self.position;
        if !self.take(b'"') {
            return Err(self.expected("name"));
        }
        self.rest_of_string()?;
        let name = self.text.get(start..self.position).unwrap_or_default();
        if self.take(b':') { Ok(name) } else { Err(self.expected("`:`")) }
    }

    /// Reads the comma between two values.
    pub(super) fn comma(&mut self) -> Result<()> {
        if self.take(b',') { Ok(()) } else { Err(self.expected("`,`")) }
    }

    /// Skips whitespace, and then the byte. Returns false if another byte follows.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.skip_whitespace();
        self.take_if(|next| next == byte)
    }

    /// Checks that no value follows.
    pub(super) fn end(&mut self) -> Result<()> {
        self.skip_whitespace();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(ParseMessageError::new("trailing characters")),
        }
    }

    /// Returns the error that something else was expected at the position.
    fn expected(&self, what: &str) -> ParseMessageError {
        match self.peek() {
            Some(_) => ParseMessageError::new(format!("expected {what} at byte {}", self.position)),
            None => ParseMessageError::new("EOF while parsing JSON"),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn next(&mut self) -> Result<u8> {
        self.skip_whitespace();
        let Some(byte) = self.peek() else { return Err(self.expected("value")) };
        self.position += 1;
        Ok(byte)
    }

    fn take_if(&mut self, is_taken: impl Fn(u8) -> bool) -> bool {
        let taken = self.peek().is_some_and(is_taken);
        self.position += usize::from(taken);
        taken
    }

    fn skip_whitespace(&mut self) {
        while self.take_if(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {}
    }

    fn literal(&mut self, rest: &str) -> Result<()> {
        for byte in rest.bytes() {
            if !self.take_if(|next| next == byte) {
                return Err(self.expected("value"));
            }
        }
        Ok(())
    }

    fn rest_of_string(&mut self) -> Result<()> {
        while !self.take_if(|byte| byte == b'"') {
            if self.take_if(|byte| byte == b'\\') {
                let is_escape = if self.take_if(|byte| byte == b'u') {
                    (0..4).all(|_| self.take_if(|byte| byte.is_ascii_hexdigit()))
                } else {
                    self.take_if(|byte| br#""\/bfnrt"#.contains(&byte))
                };
                if !is_escape {
                    return Err(self.expected("escape"));
                }
            } else if !self.take_if(|byte| byte >= b' ') {
                return Err(self.expected("character"));
            }
        }
        Ok(())
    }

    fn rest_of_number(&mut self, first: u8) -> Result<()> {
        match first {
            b'0' => {}
            b'-' if self.take_if(|byte| byte == b'0') => {}
            b'-' => self.digits()?,
            _ => while self.take_if(|byte| byte.is_ascii_digit()) {},
        }
        if self.take_if(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.take_if(|byte| matches!(byte, b'e' | b'E')) {
            self.take_if(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        Ok(())
    }

    /// Skips digits, of which there must be one.
    fn digits(&mut self) -> Result<()> {
        let mut count = 0;
        while self.take_if(|byte| byte.is_ascii_digit()) {
            count += 1;
        }
        if count > 0 { Ok(()) } else { Err(self.expected("digit")) }
    }
}
