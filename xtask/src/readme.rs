//! The generated parts of the README, each between `<!-- name -->` and `<!-- /name -->`.

use crate::{Result, paths};
use std::fs;

/// Returns the text with a replaced part.
pub fn with_part(readme: &str, name: &str, part: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (before, rest) = readme.split_once(&begin).ok_or_else(|| format!("README.md has no line `<!-- {name} -->`"))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| format!("README.md has no line `<!-- /{name} -->`"))?;
    Ok(format!("{before}{begin}{part}{end}{after}"))
}

/// Replaces a part of the README.
pub fn update(name: &str, part: &str) -> Result {
    let readme = paths::root().join("README.md");
    let problem = |error| format!("{}: {error}", readme.display());
    let text = with_part(&fs::read_to_string(&readme).map_err(problem)?, name, part)?;
    fs::write(&readme, text).map_err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_between_marks_changes() {
        let readme = "a\n<!-- size -->\nold\n<!-- /size -->\nb\n";
        assert_eq!(with_part(readme, "size", "new\n"), Ok("a\n<!-- size -->\nnew\n<!-- /size -->\nb\n".into()));
        assert!(with_part(readme, "bench", "new\n").is_err());
    }
}
