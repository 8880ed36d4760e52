//! The oldest Rust that the published crates build with, as the workspace's `rust-version` states it.
//!
//! Clippy's `incompatible_msrv` finds newer functions of the standard library with any toolchain. Newer syntax, and
//! dependencies that need more, are found only by a toolchain of that version.

use crate::step::Step;
use crate::{Result, paths};
use std::fs;

const WASM: &str = "wasm32-unknown-unknown";

/// Checks the crates with the stated toolchain where it is installed, and prints a note where it is not.
pub fn check() -> Result {
    let version = stated()?;
    let installed = Step::new("rustup", ["toolchain", "list"]).output().unwrap_or_default();
    let Some(toolchain) = toolchain(&installed, &version) else {
        println!(
            "note Rust {version}: not installed, so that only clippy looks for newer functions; to check with it:"
        );
        println!("     rustup toolchain install {version} --profile minimal --target {WASM}");
        return Ok(());
    };
    let cargo = |args: &[&str]| {
        let step = Step::new("rustup", ["run", toolchain, "cargo", "check"]).args(args);
        step.env_remove("RUSTUP_TOOLCHAIN").hint("raise `rust-version` in Cargo.toml, or use what that Rust has").run()
    };
    cargo(&["-p", "browser-rtc-proto"])?;
    cargo(&["-p", "browser-rtc-signaling", "--features", "redis"])?;
    let targets = Step::new("rustup", ["target", "list", "--installed", "--toolchain", toolchain]).output();
    if !targets.is_some_and(|targets| targets.lines().any(|target| target == WASM)) {
        println!("note Rust {version}: without {WASM}; `rustup target add {WASM} --toolchain {toolchain}`");
        return Ok(());
    }
    cargo(&["-p", "browser-rtc-proto", "-p", "browser-rtc", "--all-features", "--target", WASM])
}

/// The `rust-version` of the workspace.
fn stated() -> Result<String> {
    let manifest = paths::root().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let version = text.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.ok_or("Cargo.toml states no rust-version")?;
    Ok(version.trim_matches('"').to_owned())
}

/// The installed toolchain of this version, such as `1.88-x86_64-unknown-linux-gnu` or `1.88.0-…`.
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
    fn toolchain_is_found_by_its_version() {
        let installed = "stable-x86_64 (active, default)\n1.8.0-x86_64\n1.880.0-x86_64\n1.88.0-x86_64\nnightly-x86_64";
        assert_eq!(toolchain(installed, "1.88"), Some("1.88.0-x86_64"));
        assert_eq!(toolchain("1.88-x86_64 (active)", "1.88"), Some("1.88-x86_64"));
        assert_eq!(toolchain(installed, "1.87"), None);
        assert_eq!(toolchain("", "1.88"), None);
    }

    #[test]
    fn workspace_states_its_oldest_rust() {
        assert!(stated().expect("the workspace's manifest").starts_with("1."));
    }
}
