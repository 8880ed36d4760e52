//! The colors of Rust source.

/// The class of a piece of source, which a style sheet colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Plain,
    Comment,
    Text,
    Keyword,
    Type,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Comment => "c",
            Self::Text => "s",
            Self::Keyword => "k",
            Self::Type => "t",
        }
    }
}

const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "else", "enum", "extern", "false", "fn", "for", "if", "impl",
    "in", "let", "loop", "match", "move", "mut", "pub", "ref", "return", "self", "static", "struct", "true", "type",
    "use", "where", "while",
];

/// Splits source into pieces. Together they are the source.
pub fn pieces(source: &str) -> Vec<(Class, &str)> {
    let (mut pieces, mut rest) = (Vec::new(), source);
    while let Some(first) = rest.chars().next() {
        let (class, length) = match first {
            _ if rest.starts_with("//") => (Class::Comment, rest.find('\n').unwrap_or(rest.len())),
            '"' => (Class::Text, text_length(rest)),
            _ if is_word(first) => word(rest),
            _ => (Class::Plain, rest.find(starts_piece).filter(|&end| end > 0).unwrap_or(first.len_utf8())),
        };
        let (piece, after) = rest.split_at(length);
        pieces.push((class, piece));
        rest = after;
    }
    pieces
}

/// Returns the length of a string literal, including its quotes.
fn text_length(rest: &str) -> usize {
    let mut escaped = true; // the opening quote does not end the literal
    for (index, character) in rest.char_indices() {
        match character {
            '"' if !escaped => return index + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn word(rest: &str) -> (Class, usize) {
    let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
    let (word, _) = rest.split_at(length);
    let class = match word.chars().next() {
        _ if KEYWORDS.contains(&word) => Class::Keyword,
        Some(first) if first.is_uppercase() => Class::Type,
        _ => Class::Plain,
    };
    (class, length)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn starts_piece(character: char) -> bool {
    is_word(character) || character == '"' || character == '/'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_classes_and_are_the_source() {
        let source = "let x: Option<u8> = f(\"a \\\" // b\"); // \"c\"\nreturn";
        let found = pieces(source);
        assert_eq!(found.iter().map(|(_, piece)| *piece).collect::<String>(), source);
        let of = |class| found.iter().filter(|(this, _)| *this == class).map(|(_, piece)| *piece).collect::<Vec<_>>();
        assert_eq!(of(Class::Keyword), ["let", "return"]);
        assert_eq!(of(Class::Type), ["Option"]);
        assert_eq!(of(Class::Text), ["\"a \\\" // b\""]);
        assert_eq!(of(Class::Comment), ["// \"c\""]);
    }
}
