//! Sanitization of file names and MIME types from the peer.

/// Maximum length of a file name in common file systems, in bytes of UTF-8.
const MAX_NAME: usize = 255;

/// Maximum length of a MIME type, in bytes.
const MAX_MIME_TYPE: usize = 255;

/// Maximum length of an extension with its dot, in bytes. Longer text after a dot is not treated as an extension.
const MAX_EXTENSION: usize = 32;

/// Maximum number of additional bytes that are cut off to keep a sequence whole.
const MAX_SEQUENCE: usize = 64;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// The name for a peer's name without any usable character.
const FALLBACK: &str = "file";

/// Returns a name that is safe to show, and to save a file under.
///
/// Control characters, characters that file systems reserve and marks that reorder text become `_`, so that
/// `evil\u{202e}txt.exe` shows as what it is. Joiners and variation selectors, which scripts and emoji need, stay.
/// Trailing spaces and dots are removed, a name that Windows reserves for a device gets a leading `_`, and a long name
/// is [shortened](shorten). The name is never empty or invisible, and never names a directory.
#[must_use]
pub fn sanitize(name: &str) -> String {
    let mut safe: String = name.chars().map(|character| if is_harmful(character) { '_' } else { character }).collect();
    if is_device(&safe) {
        safe.insert(0, '_');
    }
    let short = shorten(trimmed(&safe));
    let short = trimmed(&short);
    // `_` may be the peer's name, or the replacement of harmful characters.
    if name.chars().any(is_visible) && short.chars().any(is_visible) { short.into() } else { FALLBACK.into() }
}

/// Shortens a name to 255 bytes of UTF-8, and keeps its extension, or `.tar` with its extension.
///
/// A name is never cut within a character. It is cut neither between a character and the combining marks, joiners,
/// variation selectors and emoji modifiers after it, nor within a flag, unless such a sequence has more than 64 bytes.
/// Other clusters, such as Indic conjuncts, may be cut.
#[must_use]
pub fn shorten(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.into();
    }
    let (stem, extension) = split_extension(name);
    [cut(stem, MAX_NAME.saturating_sub(extension.len())), extension].concat()
}

/// Returns a MIME type that a `Blob` accepts, or an empty string if the text is not a MIME type.
#[must_use]
pub fn mime_type(text: String) -> String {
    let plain = text.len() <= MAX_MIME_TYPE && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if plain { text } else { String::new() }
}

fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(character, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

/// Returns whether a name that consists of this character alone would be visible.
fn is_visible(character: char) -> bool {
    !(character == '.' || character.is_whitespace() || is_harmful(character) || extends(character))
}

/// Removes spaces and joiners at both ends, and trailing dots, which Windows drops.
fn trimmed(name: &str) -> &str {
    let is_void = |character: char| character.is_whitespace() || matches!(character, JOINER | NON_JOINER);
    name.trim_start_matches(is_void).trim_end_matches(|character| is_void(character) || character == '.')
}

/// Returns whether the name, without its extension, is that of a device in Windows.
fn is_device(name: &str) -> bool {
    let stem = trimmed(name.split('.').next().unwrap_or_default());
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        return true;
    }
    let Some((port, number)) = stem.split_at_checked(3) else { return false };
    let mut number = number.chars();
    (port.eq_ignore_ascii_case("COM") || port.eq_ignore_ascii_case("LPT"))
        && matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

/// Splits a name before the dot of its extension. The extension may be empty.
fn split_extension(name: &str) -> (&str, &str) {
    let none = (name, "");
    let Some((stem, extension)) = name.rfind('.').and_then(|dot| name.split_at_checked(dot)) else { return none };
    if stem.is_empty() || extension.len() > MAX_EXTENSION || extension.contains(char::is_whitespace) {
        return none;
    }
    match stem.strip_suffix(".tar").filter(|stem| !stem.is_empty()) {
        Some(stem) => (stem, name.get(stem.len()..).unwrap_or_default()),
        None => (stem, extension),
    }
}

/// Returns the start of a string, at most `limit` bytes.
fn cut(text: &str, limit: usize) -> &str {
    let within_limit = |is_end: fn(&str, &str) -> bool| {
        let ends = (limit.saturating_sub(MAX_SEQUENCE)..=limit).rev();
        ends.filter_map(|end| text.split_at_checked(end)).find(|(before, after)| is_end(before, after))
    };
    within_limit(is_break).or_else(|| within_limit(|_, _| true)).map_or("", |(before, _)| before)
}

/// Returns whether a string may be cut between two parts.
fn is_break(before: &str, after: &str) -> bool {
    let Some(next) = after.chars().next() else { return true };
    let flag_letters = before.chars().rev().take_while(|character| is_flag_letter(*character)).count();
    !(extends(next) || before.ends_with(JOINER) || is_flag_letter(next) && flag_letters % 2 == 1)
}

/// Returns whether a character is a regional indicator, two of which make a flag.
fn is_flag_letter(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Returns whether a character extends the previous one. The marks are those of common scripts.
fn extends(character: char) -> bool {
    matches!(character, JOINER | NON_JOINER | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
        || matches!(character, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
        || matches!(character, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}')
        || matches!(character, '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}')
        || matches!(character, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}')
        || matches!(character, '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}')
        || matches!(character, '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: &str = "👨‍👩‍👧‍👦";

    #[test]
    fn harmful_names_become_safe() {
        for (name, expected) in [
            ("holiday.jpg", "holiday.jpg"),
            ("naïve 🦀.txt", "naïve 🦀.txt"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("C:\\con", "C__con"),
            ("a\0b\nc", "a_b_c"),
            ("evil\u{202e}gpj.exe", "evil_gpj.exe"),
            ("\u{2067}a\u{2069}\u{200f}\u{61c}.txt", "_a___.txt"),
            (".bashrc", ".bashrc"),
            ("a___b", "a___b"),
            ("___", "___"),
        ] {
            assert_eq!(sanitize(name), expected);
        }
    }

    #[test]
    fn joiners_and_selectors_are_kept() {
        for name in [
            "می\u{200c}خواهم.txt",
            "❤\u{fe0f}.png",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦.png",
            "葛\u{e0100}.txt",
            "שלום.doc",
        ] {
            assert_eq!(sanitize(name), name);
        }
    }

    #[test]
    fn invisible_names_get_fallback() {
        for name in
            ["", " .. ", ".", "...", "\u{202e}", "///", "?.?", "\u{200d}\u{200c}", "\u{fe0f}", "\u{301}", " \t", "\0"]
        {
            assert_eq!(sanitize(name), FALLBACK, "{name:?}");
        }
        assert_eq!(sanitize(&format!("{}a", "\u{fe0f}".repeat(300))), FALLBACK);
    }

    #[test]
    fn device_names_and_trailing_dots_are_replaced() {
        for (name, expected) in [
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("aux .tar.gz", "_aux .tar.gz"),
            ("com1.log", "_com1.log"),
            ("LPT²", "_LPT²"),
            ("conin$", "_conin$"),
            ("con. .", "_con"),
            ("com10", "com10"),
            ("console.log", "console.log"),
            ("comé", "comé"),
            ("holiday.exe. . ", "holiday.exe"),
            ("a.txt\u{200d}", "a.txt"),
        ] {
            assert_eq!(sanitize(name), expected);
        }
    }

    #[test]
    fn long_names_keep_extension() {
        let a = |count: usize| "a".repeat(count);
        for (name, expected) in [
            ("報告書".repeat(40) + ".docx", "報告書".repeat(27) + "報告.docx"),
            (a(252) + ".pdf", a(251) + ".pdf"),
            (a(251) + ".pdf", a(251) + ".pdf"),
            (a(300), a(255)),
            (a(300) + ".tar.gz", a(248) + ".tar.gz"),
            (a(300) + ".tar", a(251) + ".tar"),
            (a(300) + ".min.js", a(252) + ".js"),
            // The text after the dot is not an extension.
            ("a.".to_owned() + &a(300), "a.".to_owned() + &a(253)),
            (".".to_owned() + &a(300), ".".to_owned() + &a(254)),
            (a(300) + ". a name", a(255)),
            // Windows drops a trailing dot.
            (a(254) + ". " + &a(50), a(254)),
            (a(300) + ".", a(255)),
            ("é".repeat(300), "é".repeat(127)),
            ("ש".repeat(200) + ".doc", "ש".repeat(125) + ".doc"),
        ] {
            let short = sanitize(&name);
            assert_eq!(short, expected);
            assert!(short.len() <= 255);
        }
    }

    #[test]
    fn sequences_are_kept_whole() {
        assert_eq!(FAMILY.len(), 25);
        for (name, expected) in [
            (FAMILY.repeat(20) + ".png", FAMILY.repeat(10) + ".png"),
            ("e\u{301}".repeat(100) + ".txt", "e\u{301}".repeat(83) + ".txt"),
            ("a".to_owned() + &"🇩🇪".repeat(40), "a".to_owned() + &"🇩🇪".repeat(31)),
            ("👍🏽".repeat(40), "👍🏽".repeat(31)),
            ("か\u{3099}".repeat(60) + ".txt", "か\u{3099}".repeat(41) + ".txt"),
            // A sequence of more than 64 bytes is cut between characters.
            ("a".to_owned() + &"\u{301}".repeat(300), "a".to_owned() + &"\u{301}".repeat(127)),
        ] {
            assert_eq!(sanitize(&name), expected);
        }
    }

    #[test]
    fn mime_types_are_plain_or_empty() {
        assert_eq!(mime_type("text/plain;charset=utf-8".into()), "text/plain;charset=utf-8");
        assert_eq!(mime_type("text/plain\r\n".into()), "");
        assert_eq!(mime_type("x".repeat(256)), "");
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod at_random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_name_becomes_safe(name in ".{0,400}") {
            let safe = sanitize(&name);
            prop_assert!((1..=255).contains(&safe.len()));
            prop_assert!(!safe.chars().any(is_harmful) && safe.chars().any(is_visible));
            prop_assert!(!safe.ends_with(['.', ' ']) && !is_device(&safe));
            prop_assert_eq!(sanitize(&safe), safe.clone(), "a safe name stays");
        }
    }
}
