//! The text of a message: hidden characters, and links.

/// A part of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// Removes characters that are invisible and can make a text look like another one: control characters, and marks that
/// reverse the direction of what follows. Joiners and marks of Arabic and Hebrew text are kept.
pub fn without_hidden(text: &str) -> String {
    let is_hidden = |character: char| match character {
        '\n' | '\t' => false,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2060}' | '\u{FEFF}' | '\u{200B}' | '\u{00AD}' => true,
        '\u{E0000}'..='\u{E001F}' => true,
        _ => character.is_control(),
    };
    text.replace("\r\n", "\n").chars().filter(|character| !is_hidden(*character)).collect()
}

/// Returns whether a text shows nothing.
pub fn is_blank(text: &str) -> bool {
    let is_mark = |character: char| matches!(character, '\u{200C}'..='\u{200F}' | '\u{061C}' | '\u{2800}' | '\u{3164}');
    text.chars().all(|character| character.is_whitespace() || is_mark(character))
}

/// Splits a text into its links and the text between them.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, link, after)) = next_link(rest) {
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Link(link));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("http")?;
        let candidate = text.get(start..)?;
        let end = candidate.find(|character: char| character.is_whitespace() || "<>\"`".contains(character));
        let end = end.unwrap_or(candidate.len());
        let link = trimmed(candidate.get(..end)?);
        let follows_word = text.get(..start)?.chars().next_back().is_some_and(char::is_alphanumeric);
        if !follows_word && is_link(link) {
            return Some((text.get(..start)?, link, text.get(start + link.len()..)?));
        }
        // A word has at most one link. Another search within the word would take quadratic time.
        from = start + end;
    }
}

/// Leaves out the punctuation of the sentence after a link. A closing parenthesis that the link opens is part of it.
fn trimmed(link: &str) -> &str {
    let (opened, mut closed) = (link.matches('(').count(), link.matches(')').count());
    let mut link = link;
    while let Some(last) = link.chars().next_back() {
        if !(".,:;!?'*_~]}".contains(last) || last == ')' && closed > opened) {
            break;
        }
        closed = closed.saturating_sub(usize::from(last == ')'));
        link = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
    }
    link
}

/// Returns whether a word is a link to a web page. A link with a user name is shown as text, because it looks like a
/// link to another host.
fn is_link(word: &str) -> bool {
    let Some(rest) = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://")) else { return false };
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    host.starts_with(char::is_alphanumeric) && !host.contains('@')
}

#[cfg(test)]
mod tests {
    use super::{Part::*, *};

    #[test]
    fn hostile_text_is_split_in_linear_time() {
        // With quadratic time, each of these would take minutes.
        for text in [format!("https://a{}", ")".repeat(1_000_000)), "http".repeat(1_000_000)] {
            assert!(parts(&text).len() <= 2);
        }
    }

    #[test]
    fn hidden_characters_are_removed() {
        assert_eq!(without_hidden("a\u{7}b\u{202E}c\u{200B}d\r\ne\tf"), "abcd\ne\tf");
        assert_eq!(without_hidden("👩\u{200D}🚀 \u{200F}שלום"), "👩\u{200D}🚀 \u{200F}שלום");
    }

    #[test]
    fn text_of_invisible_characters_is_blank() {
        assert!(is_blank(&without_hidden(" \u{200B}\u{200E}\n\u{0}")));
        assert!(!is_blank("."));
    }

    #[test]
    fn links_are_separated_from_text() {
        assert_eq!(
            parts("see https://example.org/a_(b), or (http://example.com)."),
            [Text("see "), Link("https://example.org/a_(b)"), Text(", or ("), Link("http://example.com"), Text(").")]
        );
        assert_eq!(parts("no link"), [Text("no link")]);
        assert_eq!(parts("http http https://a.b"), [Text("http http "), Link("https://a.b")]);
    }

    #[test]
    fn unsafe_links_are_text() {
        for text in ["javascript:alert(1)", "https://bank.com@evil.com/", "xhttps://a.b", "http://", "https:///a"] {
            assert_eq!(parts(text), [Text(text)]);
        }
    }
}
