//! `cargo xtask setup`: installs the tools that are missing.

use crate::step::{Step, major, version, version_of};
use crate::{Result, apt, paths, tools, unexpected};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

const WASM_PACK: &str = "0.15.1";
/// The version of the npm package `binaryen`, whose wasm-opt is installed.
const BINARYEN: &str = "132.0.0";
/// The version of axe-core, which checks the accessibility of the pages.
const AXE: &str = "4.14.1";
/// The oldest accepted version, which supports all features that rustc emits.
const OLDEST_WASM_OPT: u32 = 123;
/// The oldest version that the bundlers in `tests/npm/projects` support.
const OLDEST_NODE: (u32, u32) = (20, 19);
const WITHOUT_WASM_OPT: &str = "wasm-pack tries to download it, and builds without it if that fails";

/// A requirement of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Node,
    Wasm,
    Chrome,
    Firefox,
    WebKit,
    Turn,
    Redis,
    Networks,
    Axe,
}

/// Node.js comes first, because npm installs a tool of `Need::Wasm`.
pub const DEMO: [Need; 2] = [Need::Node, Need::Wasm];
pub const TEST: [Need; 9] = [
    Need::Node,
    Need::Wasm,
    Need::Chrome,
    Need::Firefox,
    Need::WebKit,
    Need::Turn,
    Need::Redis,
    Need::Networks,
    Need::Axe,
];

pub fn command(args: &[String]) -> Result {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] | ["--for", "test"] => run(&TEST),
        ["--for", "demo"] => run(&DEMO),
        [first, ..] => Err(unexpected(first)),
    }
}

/// Installs the tools for all needs, even if one fails. The error lists all failures.
pub fn run(needs: &[Need]) -> Result {
    let results = needs.iter().flat_map(|need| match need {
        Need::Node => vec![node()],
        Need::Wasm => vec![wasm_target(), wasm_pack(), wasm_opt()],
        Need::Chrome => vec![chrome()],
        Need::Firefox => vec![firefox_browser(), geckodriver()],
        Need::WebKit if cfg!(target_os = "linux") => vec![webkit()],
        Need::WebKit => vec![],
        Need::Turn => vec![turnserver()],
        Need::Redis => vec![redis_server()],
        Need::Networks if cfg!(target_os = "linux") => vec![iproute()],
        Need::Networks => vec![],
        Need::Axe => vec![axe()],
    });
    let problems: Vec<String> = results.filter_map(Result::err).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn node() -> Result {
    let installed = || {
        paths::which("npm")?;
        let text = Step::new(&paths::which("node")?.to_string_lossy(), ["--version"]).output()?;
        let version = text.strip_prefix('v')?.to_owned();
        at_least(&version, OLDEST_NODE).then_some(version)
    };
    ensure("node and npm", "build and try the npm package", installed, || {
        if apt::usable() && apt::has("nodejs") && apt::has("npm") {
            return apt::install(&["nodejs", "npm"]);
        }
        let problem = format!("Node.js {}.{} or later with npm is not installed", OLDEST_NODE.0, OLDEST_NODE.1);
        Err(missing_tool(&problem, "nodejs npm", "nodejs npm", "node"))
    })
}

fn wasm_target() -> Result {
    const TARGET: &str = "wasm32-unknown-unknown";
    let installed = || {
        let folder = Step::new("rustc", ["--print", "target-libdir", "--target", TARGET]).output()?;
        fs::read_dir(folder).ok()?.next()?.ok()?;
        Some("for this Rust".into())
    };
    ensure(TARGET, "the target of web pages", installed, || {
        if paths::which("rustup").is_none() {
            return Err("rustup is not installed: install the standard library for wasm32-unknown-unknown by the package \
                        manager that installed Rust (Debian: libstd-rust-dev-wasm32), or install Rust by https://rustup.rs"
                .into());
        }
        Step::new("rustup", ["target", "add", TARGET])
            .hint("run `rustup update`, then the same command again")
            .run_quietly()
    })
}

fn wasm_pack() -> Result {
    let installed = || version(&paths::which("wasm-pack")?).filter(|version| at_least(version, (0, 15)));
    ensure("wasm-pack", "builds packages of wasm and JavaScript; about 2 min", installed, || {
        cargo_install("wasm-pack", Some(WASM_PACK))
    })?;
    println!(
        "note wasm-bindgen: wasm-pack downloads the version in Cargo.lock at its first run, or builds it (about 2 min)"
    );
    Ok(())
}

fn wasm_opt() -> Result {
    if usable_wasm_opt().is_none() && paths::which("npm").is_none() {
        println!("note wasm-opt is not installed, and neither is npm to install it; {WITHOUT_WASM_OPT}");
        return Ok(());
    }
    let installed = ensure("wasm-opt", "makes wasm smaller", usable_wasm_opt, || {
        // Installed next to wasm-pack, so that a manual `wasm-pack build` finds it too.
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

/// Returns the version of the wasm-opt on PATH if it is recent enough.
pub fn usable_wasm_opt() -> Option<String> {
    let version = version(&paths::which("wasm-opt")?)?;
    (major(&version) >= Some(OLDEST_WASM_OPT)).then_some(version)
}

/// Installs a rustup component that a minimal installation lacks. `subcommand` is a cargo command in it.
pub fn component(name: &str, subcommand: &str) -> Result {
    let installed = || version_of(Step::new("cargo", [subcommand, "--version"]));
    ensure(name, "for checks of the code", installed, || {
        Step::new("rustup", ["component", "add", name])
            .hint("install it with the package manager that installed Rust")
            .run_quietly()
    })
}

fn chrome() -> Result {
    let installed = || tools::chrome().ok().map(|browser| browser.versions);
    ensure("chromium and chromedriver", "a browser for the tests", installed, || {
        if apt::usable() && apt::has("chromium-driver") {
            apt::install(&["chromium", "chromium-driver"])?;
            return tools::chrome().map(|_| ());
        }
        let problem = tools::chrome().err().unwrap_or_default();
        Err(missing_tool(
            &problem,
            "chromium chromium-driver",
            "chromium chromedriver",
            "--cask google-chrome chromedriver",
        ))
    })
}

fn firefox_browser() -> Result {
    let installed = || version(&tools::firefox_binary().ok()?);
    ensure("firefox", "a browser for the tests", installed, || {
        let package = ["firefox-esr", "firefox"].into_iter().find(|package| apt::usable() && apt::has(package));
        match package {
            Some(package) => apt::install(&[package]),
            None => Err(missing_tool("Firefox is not installed", "firefox-esr", "firefox", "--cask firefox")),
        }
    })
}

fn geckodriver() -> Result {
    let installed = || version(&tools::geckodriver().ok()?);
    ensure("geckodriver", "drives Firefox; about 2 min", installed, || cargo_install("geckodriver", None))
}

fn webkit() -> Result {
    // WebKitWebDriver has no option that prints a version.
    let installed = || Some(tools::webkit().ok()?.display().to_string());
    ensure("WebKitGTK's browser and Xvfb", "for the test in a browser without WebRTC", installed, || {
        if apt::usable() && apt::has("webkit2gtk-driver") {
            // xvfb-run needs xauth.
            return apt::install(&["webkit2gtk-driver", "xvfb", "xauth"]);
        }
        let problem = tools::webkit().err().unwrap_or_default();
        Err(missing_tool(
            &problem,
            "webkit2gtk-driver xvfb xauth",
            "/usr/bin/WebKitWebDriver xorg-x11-server-Xvfb xauth",
            "",
        ))
    })
}

fn turnserver() -> Result {
    let installed = || Some(tools::turnserver().ok()?.display().to_string());
    ensure("coturn", "the TURN server of the relay tests", installed, || {
        if apt::usable() && apt::has("coturn") {
            return apt::install(&["coturn"]);
        }
        Err(missing_tool("turnserver is not installed", "coturn", "coturn", "coturn"))
    })
}

fn redis_server() -> Result {
    let installed = || {
        let text = Step::new(&paths::which("redis-server")?.to_string_lossy(), ["--version"]).output()?;
        let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="))?.to_owned();
        at_least(&version, (7, 0)).then_some(version)
    };
    ensure("redis-server", "for the tests of several server processes", installed, || {
        // Debian also starts a service, which is not needed.
        if apt::usable() && apt::has("redis-server") {
            return apt::install(&["redis-server"]);
        }
        Err(missing_tool("redis-server 7 or later is not installed", "redis-server", "redis", "redis"))
    })
}

fn iproute() -> Result {
    let installed = || Some(tools::ip().ok()?.display().to_string());
    ensure("iproute2", "creates the networks of the fault tests", installed, || {
        if apt::usable() && apt::has("iproute2") {
            return apt::install(&["iproute2"]);
        }
        Err(missing_tool("ip is not installed", "iproute2", "iproute", ""))
    })
}

fn axe() -> Result {
    let folder = paths::target_dir()?.join("axe");
    let installed = || {
        let manifest = fs::read_to_string(folder.join("node_modules/axe-core/package.json")).ok()?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
        manifest["version"].as_str().filter(|version| *version == AXE).map(str::to_owned)
    };
    ensure("axe-core", "checks the accessibility of the pages", installed, || {
        if paths::which("npm").is_none() {
            return Err(missing_tool("npm is not installed", "nodejs npm", "nodejs npm", "node"));
        }
        Step::new("npm", ["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--prefix"])
            .args([&folder])
            .args([format!("axe-core@{AXE}")])
            .hint("check that the npm registry is reachable")
            .run_quietly()
    })
}

/// Returns the script of axe-core, which [`Need::Axe`] installs.
pub fn axe_script() -> Result<PathBuf> {
    Ok(paths::target_dir()?.join("axe/node_modules/axe-core/axe.min.js"))
}

/// Installs a tool if it is missing, and checks that it is found afterwards.
fn ensure(name: &str, why: &str, find: impl Fn() -> Option<String>, install: impl Fn() -> Result) -> Result {
    if let Some(version) = find() {
        println!("ok {name} {version}");
        return Ok(());
    }
    println!("==> installing {name} ({why})");
    let start = Instant::now();
    install().map_err(|error| format!("{name}: {error}"))?;
    let version = find().ok_or_else(|| format!("{name} was installed, but is not on PATH or too old"))?;
    println!("ok {name} {version} (in {:.1} s)", start.elapsed().as_secs_f32());
    Ok(())
}

/// Installs a package by cargo, with one target folder for all, so that common dependencies are compiled once.
fn cargo_install(package: &str, version: Option<&str>) -> Result {
    let step = Step::new("cargo", ["install", "--quiet", "--force", "--locked", package, "--root"])
        .args([cargo_home()?])
        .args(["--target-dir".into(), paths::target_dir()?.join("tools")]);
    let step = version.into_iter().fold(step, |step, version| step.args(["--version", version]));
    step.hint(format!("check the network, and run `cargo install {package}`")).run_quietly()
}

fn cargo_home() -> Result<PathBuf> {
    paths::cargo_home().ok_or_else(|| "cannot find the home of cargo: set CARGO_HOME".into())
}

fn at_least(version: &str, least: (u32, u32)) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    (numbers.next(), numbers.next()) >= (Some(least.0), Some(least.1))
}

fn missing_tool(problem: &str, debian: &str, fedora: &str, macos: &str) -> String {
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
    fn versions_are_compared_as_numbers() {
        assert!(at_least("0.15.1", (0, 15)));
        assert!(at_least("1.0.0", (0, 15)));
        assert!(!at_least("0.9.1", (0, 15)));
        assert!(!at_least("unknown", (0, 15)));
    }
}
