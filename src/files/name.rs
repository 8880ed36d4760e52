//! Names of files that somebody else has chosen.

/// In bytes: what file systems take at most.
const LONGEST: usize = 255;

/// A name to show and to save under: without directories, control characters or marks that turn text around, so that
/// `evil\u{202e}txt.exe` shows as what it is. Never empty, and no name that stands for a directory.
pub(super) fn harmless(name: &str) -> String {
    let mut harmless = String::new();
    for character in name.trim().chars().map(|character| if is_harmful(character) { '_' } else { character }) {
        if harmless.len() + character.len_utf8() > LONGEST {
            break;
        }
        harmless.push(character);
    }
    if harmless.bytes().all(|byte| byte == b'.') { "file".into() } else { harmless }
}

fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

/// A MIME type as a `Blob` takes it, or nothing.
pub(super) fn mime_type(text: String) -> String {
    let plain = text.len() <= LONGEST && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if plain { text } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f44_names_are_made_harmless() {
        for (name, expected) in [
            ("holiday.jpg", "holiday.jpg"),
            ("naïve 🦀.txt", "naïve 🦀.txt"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("C:\\con", "C__con"),
            ("a\0b\nc", "a_b_c"),
            ("evil\u{202e}gpj.exe", "evil_gpj.exe"),
            ("", "file"),
            (" .. ", "file"),
        ] {
            assert_eq!(harmless(name), expected);
        }
        assert_eq!(harmless(&"é".repeat(300)).len(), 254);
    }

    #[test]
    fn f44_a_mime_type_is_plain_or_nothing() {
        assert_eq!(mime_type("text/plain;charset=utf-8".into()), "text/plain;charset=utf-8");
        assert_eq!(mime_type("text/plain\r\n".into()), "");
        assert_eq!(mime_type("x".repeat(256)), "");
    }
}
