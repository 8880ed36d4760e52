//! The minimum supported Rust version of the published crates, which is `rust-version` of the workspace.
//!
//! Clippy's `incompatible_msrv` finds newer functions of the standard library with any toolchain. Newer syntax, and
//! dependencies that need a newer Rust, are only found by a toolchain of that version.

use crate::step::Step;
use crate::{Result, paths};
use std::fs;

const WASM: &str = "wasm32-unknown-unknown";

/// Checks the crates with a toolchain of that version, or prints a note if none is installed.
pub fn check() -> Result {
    let version = rust_version()?;
    let installed = Step::new("rustup", ["toolchain", "list"]).output().unwrap_or_default();
    let Some(toolchain) = toolchain(&installed, &version) else {
        println!("note Rust {version} is not installed: only clippy checks for newer functions; to install it:");
        println!("     rustup toolchain install {version} --profile minimal --target {WASM}");
        return Ok(());
    };
    let cargo = |args: &[&str]| {
        let step = Step::new("rustup", ["run", toolchain, "cargo", "check"]).args(args);
        step.env_remove("RUSTUP_TOOLCHAIN")
            .hint("raise `rust-version` in Cargo.toml, or do not use newer features")
            .run()
    };
    cargo(&["-p", "browser-rtc-proto"])?;
    cargo(&["-p", "browser-rtc-signaling", "--features", "redis"])?;
    let targets = Step::new("rustup", ["target", "list", "--installed", "--toolchain", toolchain]).output();
    if !targets.is_some_and(|targets| targets.lines().any(|target| target == WASM)) {
        println!("note Rust {version} lacks {WASM}: run `rustup target add {WASM} --toolchain {toolchain}`");
        return Ok(());
    }
    cargo(&["-p", "browser-rtc-proto", "-p", "browser-rtc", "--all-features", "--target", WASM])
}

/// Returns the `rust-version` of the workspace.
fn rust_version() -> Result<String> {
    let manifest = paths::root().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let version = text.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.ok_or("Cargo.toml has no rust-version")?;
    Ok(version.trim_matches('"').to_owned())
}

/// Returns the installed toolchain of a version, such as `1.88-x86_64-unknown-linux-gnu` or `1.88.0-…`.
fn toolchain<'a>(installed: &'a str, version: &str) -> Option<&'a str> {
    installed.lines().filter_map(|line| line.split_whitespace().next()).find(|toolchain| {
        let number = toolchain.split('-').next().unwrap_or_default();
        number == version || number.strip_prefix(version).is_some_and(|patch| patch.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchain_is_found_by_version() {
        let installed = "stable-x86_64 (active, default)\n1.8.0-x86_64\n1.880.0-x86_64\n1.88.0-x86_64\nnightly-x86_64";
        assert_eq!(toolchain(installed, "1.88"), Some("1.88.0-x86_64"));
        assert_eq!(toolchain("1.88-x86_64 (active)", "1.88"), Some("1.88-x86_64"));
        assert_eq!(toolchain(installed, "1.87"), None);
        assert_eq!(toolchain("", "1.88"), None);
    }

    #[test]
    fn workspace_has_rust_version() {
        assert!(rust_version().expect("Cargo.toml has a rust-version").starts_with("1."));
    }
}
