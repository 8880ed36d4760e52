//! The examples in PROTOCOL.md, for tests that compare them with the types.

pub(crate) const DOCUMENT: &str = include_str!("../../signaling/PROTOCOL.md");

/// Returns the lines of all code blocks of a kind, such as `json call`.
pub(crate) fn examples(kind: &str) -> Vec<&'static str> {
    let blocks = DOCUMENT.split(&format!("\n```{kind}\n")).skip(1).collect::<Vec<_>>();
    let lines: Vec<_> = blocks.iter().flat_map(|block| block.lines().take_while(|line| *line != "```")).collect();
    assert!(!lines.is_empty(), "{kind}");
    lines
}

/// Returns the whole document on one line, so that a search ignores line breaks.
pub(crate) fn one_line() -> String {
    DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Parses bytes in hexadecimal digits.
pub(crate) fn bytes(hexadecimal: &str) -> Vec<u8> {
    hexadecimal.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}
