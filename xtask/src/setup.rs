//! `cargo xtask setup`: each thing needed is looked for first, and installed only if it is missing.

use crate::step::{Step, major, version, version_of};
use crate::{Result, apt, paths, tools, unexpected};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

const WASM_PACK: &str = "0.15.1";
/// The version of npm's `binaryen`. The oldest accepted version knows all features that rustc emits.
const BINARYEN: &str = "132.0.0";
const OLDEST_WASM_OPT: u32 = 123;
const WITHOUT_WASM_OPT: &str = "wasm-pack tries to fetch it, and the build does without if it cannot";

/// A requirement of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Wasm,
    Chrome,
    Firefox,
    WebKit,
    Turn,
    Redis,
    Networks,
}

pub const DEMO: [Need; 1] = [Need::Wasm];
pub const TEST: [Need; 7] =
    [Need::Wasm, Need::Chrome, Need::Firefox, Need::WebKit, Need::Turn, Need::Redis, Need::Networks];

pub fn command(args: &[String]) -> Result {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] | ["--for", "test"] => run(&TEST),
        ["--for", "demo"] => run(&DEMO),
        [first, ..] => Err(unexpected(first)),
    }
}

/// Sees to every need, also after one could not be met; the error tells of all that could not.
pub fn run(needs: &[Need]) -> Result {
    let results = needs.iter().flat_map(|need| match need {
        Need::Wasm => vec![wasm_target(), wasm_pack(), wasm_opt()],
        Need::Chrome => vec![chrome()],
        Need::Firefox => vec![firefox_browser(), geckodriver()],
        Need::WebKit if cfg!(target_os = "linux") => vec![webkit()],
        Need::WebKit => vec![],
        Need::Turn => vec![turnserver()],
        Need::Redis => vec![redis_server()],
        Need::Networks if cfg!(target_os = "linux") => vec![iproute()],
        Need::Networks => vec![],
    });
    let problems: Vec<String> = results.filter_map(Result::err).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn wasm_target() -> Result {
    const TARGET: &str = "wasm32-unknown-unknown";
    let installed = || {
        let folder = Step::new("rustc", ["--print", "target-libdir", "--target", TARGET]).output()?;
        fs::read_dir(folder).ok()?.next()?.ok()?;
        Some("for this Rust".into())
    };
    ensure(TARGET, "pages run it", installed, || {
        if paths::which("rustup").is_none() {
            return Err("this Rust is not rustup's: install its wasm32-unknown-unknown standard library the way you \
                        installed Rust (Debian: libstd-rust-dev-wasm32), or Rust by https://rustup.rs"
                .into());
        }
        Step::new("rustup", ["target", "add", TARGET])
            .hint("`rustup update`, then the same command again")
            .run_quietly()
    })
}

fn wasm_pack() -> Result {
    let installed = || version(&paths::which("wasm-pack")?).filter(|version| at_least(version, (0, 15)));
    ensure("wasm-pack", "packages wasm for pages and npm; about 2 min", installed, || {
        cargo_install("wasm-pack", Some(WASM_PACK))
    })?;
    println!(
        "note wasm-bindgen: wasm-pack gets the version in Cargo.lock at its first run, or builds it (about 2 min, once)"
    );
    Ok(())
}

fn wasm_opt() -> Result {
    if fitting_wasm_opt().is_none() && paths::which("npm").is_none() {
        println!("note wasm-opt: neither here nor npm to install it; {WITHOUT_WASM_OPT}");
        return Ok(());
    }
    let installed = ensure("wasm-opt", "makes wasm smaller", fitting_wasm_opt, || {
        // Beside wasm-pack, so that a `wasm-pack build` by hand finds it too.
        Step::new("npm", ["install", "--global", "--no-audit", "--no-fund", "--prefix"])
            .args([cargo_home()?])
            .args([format!("binaryen@{BINARYEN}")])
            .run_quietly()
    });
    if let Err(error) = installed {
        println!("note {error}; {WITHOUT_WASM_OPT}");
    }
    Ok(())
}

/// The version of the wasm-opt on PATH, if it is new enough.
pub fn fitting_wasm_opt() -> Option<String> {
    let version = version(&paths::which("wasm-opt")?)?;
    (major(&version) >= Some(OLDEST_WASM_OPT)).then_some(version)
}

/// A part of rustup's Rust that a minimal installation lacks, and the cargo command that is in it.
pub fn component(name: &str, subcommand: &str) -> Result {
    let installed = || version_of(Step::new("cargo", [subcommand, "--version"]));
    ensure(name, "checks the code", installed, || {
        Step::new("rustup", ["component", "add", name]).hint("install it the way you installed Rust").run_quietly()
    })
}

fn chrome() -> Result {
    let installed = || tools::chrome().ok().map(|browser| browser.versions);
    ensure("chromium and chromedriver", "tests run in it", installed, || {
        if apt::usable() && apt::has("chromium-driver") {
            apt::install(&["chromium", "chromium-driver"])?;
            return tools::chrome().map(|_| ());
        }
        let problem = tools::chrome().err().unwrap_or_default();
        Err(by_hand(&problem, "chromium chromium-driver", "chromium chromedriver", "--cask google-chrome chromedriver"))
    })
}

fn firefox_browser() -> Result {
    let installed = || version(&tools::firefox_binary().ok()?);
    ensure("firefox", "tests run in it", installed, || {
        let package = ["firefox-esr", "firefox"].into_iter().find(|package| apt::usable() && apt::has(package));
        match package {
            Some(package) => apt::install(&[package]),
            None => Err(by_hand("no Firefox", "firefox-esr", "firefox", "--cask firefox")),
        }
    })
}

fn geckodriver() -> Result {
    let installed = || version(&tools::geckodriver().ok()?);
    ensure("geckodriver", "drives Firefox; about 2 min", installed, || cargo_install("geckodriver", None))
}

fn webkit() -> Result {
    // It tells no version.
    let installed = || Some(tools::webkit().ok()?.display().to_string());
    ensure("WebKitGTK's browser and Xvfb", "a browser without WebRTC, for its test", installed, || {
        if apt::usable() && apt::has("webkit2gtk-driver") {
            // Without xauth, xvfb-run does not start.
            return apt::install(&["webkit2gtk-driver", "xvfb", "xauth"]);
        }
        let problem = tools::webkit().err().unwrap_or_default();
        Err(by_hand(
            &problem,
            "webkit2gtk-driver xvfb xauth",
            "/usr/bin/WebKitWebDriver xorg-x11-server-Xvfb xauth",
            "",
        ))
    })
}

fn turnserver() -> Result {
    let installed = || Some(tools::turnserver().ok()?.display().to_string());
    ensure("coturn", "a TURN server for the relay tests", installed, || {
        if apt::usable() && apt::has("coturn") {
            return apt::install(&["coturn"]);
        }
        Err(by_hand("no turnserver", "coturn", "coturn", "coturn"))
    })
}

fn redis_server() -> Result {
    let installed = || {
        let text = Step::new(&paths::which("redis-server")?.to_string_lossy(), ["--version"]).output()?;
        let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="))?.to_owned();
        at_least(&version, (7, 0)).then_some(version)
    };
    ensure("redis-server", "shares rooms between signaling servers in their tests", installed, || {
        // Debian would also start one as a service, which is not needed.
        if apt::usable() && apt::has("redis-server") {
            return apt::install(&["redis-server"]);
        }
        Err(by_hand("no redis-server", "redis-server", "redis", "redis"))
    })
}

fn iproute() -> Result {
    let installed = || Some(tools::ip().ok()?.display().to_string());
    ensure("iproute2", "makes networks that the fault tests break", installed, || {
        if apt::usable() && apt::has("iproute2") {
            return apt::install(&["iproute2"]);
        }
        Err(by_hand("no ip", "iproute2", "iproute", ""))
    })
}

/// Looks, installs if need be, and looks again: an installer's word is not enough.
fn ensure(name: &str, why: &str, find: impl Fn() -> Option<String>, install: impl Fn() -> Result) -> Result {
    if let Some(version) = find() {
        println!("ok {name} {version}");
        return Ok(());
    }
    println!("==> installing {name} ({why})");
    let begun = Instant::now();
    install().map_err(|error| format!("{name}: {error}"))?;
    let version = find().ok_or_else(|| format!("{name}: installed, and still not to be found on PATH, or too old"))?;
    println!("ok {name} {version} (in {:.1} s)", begun.elapsed().as_secs_f32());
    Ok(())
}

/// One after the other and with one target folder, so that what the tools share is compiled once.
fn cargo_install(package: &str, version: Option<&str>) -> Result {
    let step = Step::new("cargo", ["install", "--quiet", "--force", "--locked", package, "--root"])
        .args([cargo_home()?])
        .args(["--target-dir".into(), paths::target_dir()?.join("tools")]);
    let step = version.into_iter().fold(step, |step, version| step.args(["--version", version]));
    step.hint(format!("`cargo install {package}` by hand, with the network there")).run_quietly()
}

fn cargo_home() -> Result<PathBuf> {
    paths::cargo_home().ok_or_else(|| "neither CARGO_HOME nor a home folder to install into".into())
}

fn at_least(version: &str, least: (u32, u32)) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    (numbers.next(), numbers.next()) >= (Some(least.0), Some(least.1))
}

fn by_hand(problem: &str, debian: &str, fedora: &str, macos: &str) -> String {
    let mut text = format!("{problem}\n  Debian: sudo apt-get install {debian}\n  Fedora: sudo dnf install {fedora}");
    if !macos.is_empty() {
        text.push_str(&format!("\n  macOS:  brew install {macos}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(at_least("0.15.1", (0, 15)));
        assert!(at_least("1.0.0", (0, 15)));
        assert!(!at_least("0.9.1", (0, 15)));
        assert!(!at_least("unknown", (0, 15)));
    }
}
