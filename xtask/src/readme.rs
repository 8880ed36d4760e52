//! The parts of the README that are made: between `<!-- name -->` and `<!-- /name -->`.

use crate::{Result, paths};
use std::fs;

/// The text with another such part.
pub fn with_part(readme: &str, name: &str, part: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (before, rest) = readme.split_once(&begin).ok_or_else(|| format!("README.md has no place for {name}"))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| format!("README.md has no end of {name}"))?;
    Ok(format!("{before}{begin}{part}{end}{after}"))
}

/// Replaces the part.
pub fn renew(name: &str, part: &str) -> Result {
    let readme = paths::root().join("README.md");
    let problem = |error| format!("{}: {error}", readme.display());
    let text = with_part(&fs::read_to_string(&readme).map_err(problem)?, name, part)?;
    fs::write(&readme, text).map_err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let readme = "a\n<!-- size -->\nold\n<!-- /size -->\nb\n";
        assert_eq!(with_part(readme, "size", "new\n"), Ok("a\n<!-- size -->\nnew\n<!-- /size -->\nb\n".into()));
        assert!(with_part(readme, "bench", "new\n").is_err());
    }
}
