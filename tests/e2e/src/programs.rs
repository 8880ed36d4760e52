//! Paths of the drivers, the browsers and other programs.

use std::env;
use std::path::PathBuf;

/// Returns the program that the variable names, or the first of these names on the `PATH` or in `/usr/bin`.
pub(crate) fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).chain([PathBuf::from("/usr/bin")]).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION)))
        .find(|file| file.is_file())
}

/// Finds a program as [`find`] does, and panics if there is none.
pub(crate) fn require(variable: &str, names: &[&str]) -> PathBuf {
    find(variable, names).unwrap_or_else(|| {
        panic!(
            "{} is not installed: `cargo xtask setup` installs it, or set {variable} to its path",
            names.join(" or ")
        )
    })
}
