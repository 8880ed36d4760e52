//! References to other files in HTML, style sheets and scripts.
//!
//! The texts are searched and not parsed, which is enough for the pages of the demo and the scripts of wasm-bindgen.

use crate::Result;

/// The use of a file by a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The page loads the file.
    Load,
    /// The user can open the file.
    Link,
}

/// A reference that was found: its distance from the current position, its text, and its use.
type Found<'a> = Option<(usize, &'a str, Use)>;

/// Replaces the references in the attributes `href` and `src` by the result of `rename`, unless it is `None`.
pub fn rename_in_html(html: &str, rename: impl FnMut(Use, &str) -> Result<Option<String>>) -> Result<String> {
    replace(html, in_html, rename)
}

/// Replaces the references in string literals of a script.
pub fn rename_in_script(script: &str, mut rename: impl FnMut(&str) -> Result<Option<String>>) -> Result<String> {
    replace(script, in_script, |_, reference| rename(reference))
}

/// Replaces the references in `url(…)` of a style sheet.
pub fn rename_in_style(style: &str, mut rename: impl FnMut(&str) -> Result<Option<String>>) -> Result<String> {
    replace(style, in_style, |_, reference| rename(reference))
}

/// Replaces the style sheets of a page with one. `join` returns its path. Sheets are found in lines of their own.
pub fn join_styles(html: &str, join: impl FnOnce(&[&str]) -> Result<String>) -> Result<String> {
    let mut sheets = Vec::new();
    let (mut before, mut after) = (String::new(), String::new());
    for line in html.split_inclusive('\n') {
        match sheet(line) {
            Some(href) => sheets.push(href),
            None if sheets.is_empty() => before.push_str(line),
            None => after.push_str(line),
        }
    }
    if sheets.is_empty() {
        return Ok(before);
    }
    Ok(format!("{before}  <link rel=\"stylesheet\" href=\"{}\">\n{after}", join(&sheets)?))
}

fn sheet(line: &str) -> Option<&str> {
    line.trim().strip_prefix("<link rel=\"stylesheet\" href=\"")?.strip_suffix("\">")
}

fn in_html<'a>(rest: &'a str, before: &str) -> Found<'a> {
    let start = [" href=\"", " src=\""].into_iter().find(|start| rest.starts_with(start))?.len();
    let value = rest.get(start..)?.split('"').next()?;
    let tag = before.rsplit('<').next()?.split_whitespace().next()?;
    Some((start, value, if tag == "a" { Use::Link } else { Use::Load }))
}

/// Finds a path that starts with a dot, or any path in `new URL(…, import.meta.url)`. Types, to which scripts of
/// wasm-bindgen refer in a comment, are only for developers.
fn in_script<'a>(rest: &'a str, _before: &str) -> Found<'a> {
    let quote = rest.chars().next().filter(|first| ['"', '\'', '`'].contains(first))?;
    let (value, after) = rest.get(1..)?.split_once(quote)?;
    let is_path = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    let is_relative = value.starts_with("./") || value.starts_with("../") || after.starts_with(", import.meta.url");
    (is_relative && value.chars().all(is_path) && !value.ends_with(".d.ts")).then_some((1, value, Use::Load))
}

fn in_style<'a>(rest: &'a str, _before: &str) -> Found<'a> {
    let inner = rest.strip_prefix("url(")?;
    let quote = inner.chars().next().filter(|first| ['"', '\''].contains(first));
    let start = "url(".len() + usize::from(quote.is_some());
    Some((start, rest.get(start..)?.split(quote.unwrap_or(')')).next()?, Use::Load))
}

fn replace(
    text: &str,
    find: impl for<'a> Fn(&'a str, &str) -> Found<'a>,
    mut rename: impl FnMut(Use, &str) -> Result<Option<String>>,
) -> Result<String> {
    let mut replaced = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some((before, rest)) = text.split_at_checked(at)
        && let Some(letter) = rest.chars().next()
    {
        let Some((start, reference, used)) = find(rest, before) else {
            at += letter.len_utf8();
            continue;
        };
        let (begin, end) = (at + start, at + start + reference.len());
        if let Some(new) = rename(used, reference)? {
            replaced.push_str(&text[copied..begin]);
            replaced.push_str(&new);
            copied = end;
        }
        // The closing quote does not open a string.
        at = end + 1;
    }
    replaced.push_str(&text[copied..]);
    Ok(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_renamed_by_use() {
        let html = r##"<a class="x" href="b.html">b</a><script type="module" src="a.js"></script><use href="#icon"/>"##;
        let mut seen = Vec::new();
        let renamed = rename_in_html(html, |used, reference| {
            seen.push((used, reference.to_owned()));
            Ok((reference == "a.js").then(|| "new.js".to_owned()))
        });
        assert_eq!(renamed, Ok(html.replace("a.js", "new.js")));
        let expected = [(Use::Link, "b.html"), (Use::Load, "a.js"), (Use::Load, "#icon")];
        assert_eq!(seen, expected.map(|(used, reference)| (used, reference.to_owned())));
    }

    #[test]
    fn only_paths_in_scripts_are_renamed() {
        let script = "// don't\nimport a, { b } from './a.js'; const c = \"a.js\"; await import(\"../c.js\");\n\
                      fetch(new URL('d_bg.wasm', import.meta.url)); `./${name}.js`; './e f' /* \"./f.d.ts\" */";
        let mut seen = Vec::new();
        let renamed = rename_in_script(script, |reference| {
            seen.push(reference.to_owned());
            Ok(Some("new".into()))
        });
        assert_eq!(seen, ["./a.js", "../c.js", "d_bg.wasm"]);
        let expected = script.replace("./a.js", "new").replace("../c.js", "new").replace("d_bg.wasm", "new");
        assert_eq!(renamed, Ok(expected));
    }

    #[test]
    fn urls_in_styles_are_renamed() {
        let style = "a { b: url(x.png) c; d: url(\"y.svg\"); e: url('data:image/svg+xml,(') }";
        let rename = |reference: &str| Ok((!reference.starts_with("data:")).then(|| "new".to_owned()));
        assert_eq!(rename_in_style(style, rename), Ok(style.replace("x.png", "new").replace("y.svg", "new")));
    }

    #[test]
    fn styles_are_joined_at_place_of_first() {
        let html = "<head>\n  <link rel=\"stylesheet\" href=\"a.css\">\n  <link rel=\"stylesheet\" href=\"b.css\">\n  <title>\n";
        let joined = join_styles(html, |sheets| Ok(sheets.join("+")));
        assert_eq!(joined, Ok("<head>\n  <link rel=\"stylesheet\" href=\"a.css+b.css\">\n  <title>\n".into()));
        assert_eq!(join_styles("<p>\n", |_| Err("no sheet".into())), Ok("<p>\n".into()));
    }
}
