//! A check that the protocol crate depends neither on JavaScript nor on an async runtime, and builds for native targets
//! and for wasm.

use crate::Result;
use crate::step::Step;

const PACKAGE: &str = "browser-rtc-proto";
const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

/// The allowed dependencies of the protocol crate: `bytes`, `serde` and `serde_json`, and their dependencies.
const ALLOWED: [&str; 13] = [
    PACKAGE,
    "bytes",
    "itoa",
    "memchr",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "unicode-ident",
    "zmij",
];

pub fn check() -> Result {
    for target in [&[][..], &WASM] {
        Step::new("cargo", ["check", "-p", PACKAGE]).args(target).run()?;
    }
    let tree = ["tree", "-p", PACKAGE, "--edges", "normal,build", "--target", "all", "--prefix", "none"];
    let tree = Step::new("cargo", tree).output().ok_or("`cargo tree` failed: check Cargo.lock")?;
    check_tree(&tree)
}

/// Checks the output of `cargo tree`: one package per line, its name first.
fn check_tree(tree: &str) -> Result {
    let mut packages: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    packages.sort_unstable();
    packages.dedup();
    if !packages.contains(&PACKAGE) {
        return Err(format!("`cargo tree` does not list {PACKAGE}"));
    }
    let refused: Vec<&str> = packages.iter().copied().filter(|package| !ALLOWED.contains(package)).collect();
    if refused.is_empty() {
        println!("ok {PACKAGE}: {} packages", packages.len());
        return Ok(());
    }
    Err(format!("{PACKAGE} depends on {}; xtask/src/pure.rs lists the allowed dependencies", refused.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
browser-rtc-proto v0.1.0 (/somewhere/proto)
bytes v1.12.2
serde v1.0.229
serde_core v1.0.229
serde_json v1.0.154
itoa v1.0.18
serde_core v1.0.229 (*)";

    #[test]
    fn allowed_packages_pass() {
        assert_eq!(check_tree(TREE), Ok(()));
    }

    #[test]
    fn runtimes_and_javascript_are_refused() {
        for package in ["tokio v1.54.1", "wasm-bindgen v0.2.130", "js-sys v0.3.107", "futures-executor v0.3.34"] {
            let error = check_tree(&format!("{TREE}\n{package}")).expect_err(package);
            assert!(error.contains(package.split(' ').next().unwrap_or_default()), "{error}");
        }
    }

    #[test]
    fn tree_of_other_package_is_error() {
        assert!(check_tree("bytes v1.12.2").is_err());
        assert!(check_tree("").is_err());
    }
}
