//! `cargo xtask ci`: the checks that a change must pass besides the tests.

use crate::step::Step;
use crate::summary::{self, Counts, Line};
use crate::{Result, artifacts, coverage, demo, examples, layers, msrv, npm, pure, setup, size};
use std::time::Instant;

const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];
const SERVER: [&str; 2] = ["--features", "browser-rtc-signaling/redis"];

type Check = (&'static str, fn() -> Result);

const CHECKS: [Check; 12] = [
    ("setup", setup),
    ("format", format),
    ("layers", layers::check),
    ("protocol crate", pure::check),
    ("lints", lints),
    ("oldest Rust", msrv::check),
    ("documentation", documentation),
    ("coverage", || coverage::command(&[])),
    ("crates", crates),
    ("npm package", npm::command),
    ("size", size::check),
    ("demo", demo::check),
];

/// Runs all checks, even if one fails.
pub fn command() -> Result {
    let lines: Vec<Line> = CHECKS.into_iter().map(timed).collect();
    summary::close(&lines)
}

fn timed((name, check): Check) -> Line {
    println!("\n==> check {name}");
    let start = Instant::now();
    let result = check();
    let failed = u64::from(result.is_err());
    let counts = Counts { passed: 1 - failed, failed };
    Line { name: name.to_owned(), counts, took: start.elapsed(), result }
}

fn setup() -> Result {
    setup::run(&setup::DEMO)?;
    setup::component("rustfmt", "fmt")?;
    setup::component("clippy", "clippy")
}

fn format() -> Result {
    Step::new("cargo", ["fmt", "--all", "--check"]).hint("`cargo fmt --all`").run()?;
    for manifest in [examples::MANIFEST, artifacts::NATIVE_PEER] {
        Step::new("cargo", ["fmt", "--all", "--check", "--manifest-path", manifest])
            .hint(format!("`cargo fmt --all --manifest-path {manifest}`"))
            .run()?;
    }
    Ok(())
}

fn lints() -> Result {
    clippy(&["--workspace", "--all-targets"], &SERVER)?;
    clippy(&["-p", "browser-rtc-proto", "--lib"], &WASM)?;
    clippy(&["-p", "browser-rtc", "--all-features", "--all-targets"], &WASM)?;
    clippy(&["-p", "browser-rtc", "--no-default-features", "--lib"], &WASM)?;
    clippy(&["-p", "browser-rtc-demo", "-p", "browser-rtc-lobby", "-p", "browser-rtc-labs"], &WASM)?;
    examples::cargo("clippy", &["--", "-D", "warnings"])?;
    artifacts::native_peer("clippy", &["--all-targets", "--locked", "--", "-D", "warnings"])
}

fn clippy(what: &[&str], more: &[&str]) -> Result {
    Step::new("cargo", ["clippy"]).args(what).args(more).args(["--", "-D", "warnings"]).run()
}

fn documentation() -> Result {
    doc(&["--workspace"], &SERVER)?;
    doc(&["-p", "browser-rtc", "--all-features"], &WASM)
}

fn doc(what: &[&str], more: &[&str]) -> Result {
    Step::new("cargo", ["doc", "--no-deps"]).args(what).args(more).env("RUSTDOCFLAGS", "-D warnings").run()
}

/// Packages the crates as for publication. They are packaged together because they depend on each other by versions
/// that are not published yet.
fn crates() -> Result {
    Step::new("cargo", ["package", "--no-verify", "--allow-dirty"])
        .args(["-p", "browser-rtc-proto", "-p", "browser-rtc", "-p", "browser-rtc-signaling"])
        .hint("check `cargo package --list -p NAME` and the fields of its Cargo.toml")
        .run()
}
