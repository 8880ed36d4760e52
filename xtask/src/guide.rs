//! Checks of the code that the guide and the README quote from `examples/`.
//!
//! The README shows all of `examples/call`. In the guide, a quoted block is marked `rust,ignore`, and its first line is a
//! comment with the path of the file. The rest must be a part of this file, apart from its indentation. Documentation tests
//! compile all other Rust code of the guide.

use std::fs;

use crate::paths;

/// A block of a page that is not compiled.
struct Quote {
    line: usize,
    code: Vec<String>,
}

/// Returns all blocks of Rust code that are not compiled.
fn quotes(page: &str) -> Vec<Quote> {
    let mut quotes = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let Some(marks) = line.strip_prefix("```").filter(|marks| !marks.is_empty()) else { continue };
        let code = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").map(str::to_owned).collect();
        if marks.split(',').any(|mark| mark.starts_with("ignore")) {
            quotes.push(Quote { line: index + 1, code });
        }
    }
    quotes
}

/// Returns the reason why the block is not a quote, if it is not.
fn fault(quote: &Quote, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let Some((path, code)) =
        quote.code.split_first().and_then(|(first, code)| Some((first.strip_prefix("// ")?, code)))
    else {
        return Some("a block that is not compiled must start with a comment that names its file".into());
    };
    let Some(file) = read(path) else { return Some(format!("{path} cannot be read")) };
    let file: Vec<String> = file.lines().map(str::to_owned).collect();
    let wanted = unindented(code);
    let is_part = !wanted.is_empty() && file.windows(code.len()).any(|part| unindented(part) == wanted);
    (!is_part).then(|| format!("the code is not a part of {path}"))
}

/// Removes the indentation that all lines have.
fn unindented(lines: &[String]) -> Vec<&str> {
    let indentation = |line: &String| line.len() - line.trim_start().len();
    let common = lines.iter().filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or_default();
    lines.iter().map(|line| line.get(common..).unwrap_or_default()).collect()
}

#[test]
fn guide_quotes_are_verbatim() {
    let mut faults = Vec::new();
    let pages = fs::read_dir(paths::root().join("src/guide")).expect("the pages of the guide");
    for page in pages.map(|entry| entry.expect("a page").path()).filter(|path| path.extension() == Some("md".as_ref()))
    {
        let text = fs::read_to_string(&page).expect("a page is UTF-8");
        for quote in quotes(&text) {
            if let Some(fault) = fault(&quote, |path| fs::read_to_string(paths::root().join(path)).ok()) {
                faults.push(format!("{}:{}: {fault}", page.display(), quote.line));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn readme_shows_example_call() {
    let read = |path: &str| fs::read_to_string(paths::root().join(path)).expect("a file of the repository");
    let (readme, manifest) = (read("README.md"), read("examples/call/Cargo.toml"));
    let dependencies =
        manifest.split_once("[dependencies]").expect("the dependencies").1.replace(r#"path = "../..", "#, "");
    for (first_line, code) in [
        ("[dependencies]", dependencies.trim_start().to_owned()),
        ("// src/lib.rs", read("examples/call/src/lib.rs")),
        ("<!-- index.html -->", read("examples/call/index.html")),
    ] {
        assert!(readme.contains(&format!("{first_line}\n{code}```\n")), "README.md has other code after {first_line}");
    }
}

#[test]
fn changed_quote_is_reported() {
    let read = |path: &str| (path == "a.rs").then(|| "fn a() {\n    if b {\n        c();\n    }\n}\n".to_owned());
    for (block, is_quote) in [
        ("// a.rs\nif b {\n    c();\n}", true),
        ("// a.rs\n    if b {\n        c();\n    }", true),
        ("// a.rs\nif b {\nc();\n}", false),
        ("// a.rs\nif b {\n}", false),
        ("// a.rs", false),
        ("// b.rs\nif b {\n    c();\n}", false),
        ("if b {\n    c();\n}", false),
    ] {
        let page = format!("```rust,no_run\nlet a = 1;\n```\n\ntext\n\n```rust,ignore\n{block}\n```\n");
        let found = quotes(&page);
        assert_eq!((found.len(), found[0].line), (1, 7));
        assert_eq!(fault(&found[0], read).is_none(), is_quote, "{block}");
    }
}
