//! `cargo xtask bench`: builds the page of the benchmark, runs it in a browser, and prints the figures.

use crate::step::Step;
use crate::{Result, artifacts, paths, readme, setup, tools, unexpected};
use serde_json::Value;
use std::fs;
use std::path::Path;

const CONTENDERS: [&str; 6] = ["raw", "again", "rust", "npm", "simple-peer", "peerjs"];

/// The measurements and their descriptions.
const MEASURES: [(&str, &str); 11] = [
    ("connect_ms", "Connecting, ms"),
    ("picture_ms", "First picture, ms"),
    ("throughput_16k_mb_s", "Messages of 16 KiB, MB/s"),
    ("throughput_64k_mb_s", "Messages of 64 KiB, MB/s"),
    ("small_100b_messages_s", "Messages of 100 bytes, per second"),
    ("small_24b_messages_s", "Messages of 24 bytes, per second"),
    ("rtt_p50_ms", "Round trip, median, ms"),
    ("rtt_p99_ms", "Round trip, 99th percentile, ms"),
    ("packed_100b_messages_s", "Packed messages of 100 bytes, per second"),
    ("packed_24b_messages_s", "Packed messages of 24 bytes, per second"),
    ("file_mb_s", "File transfer, MB/s"),
];

/// A target: the minimum ratio of two figures, in which more is better.
struct Target {
    what: &'static str,
    ratio: fn(&Figures<'_>) -> Option<f64>,
    least: f64,
}

const TARGETS: [Target; 14] = [
    Target { what: "connect time", ratio: |f| Some(f.raw("connect_ms")? / f.rust("connect_ms")?), least: 1.0 / 1.05 },
    Target {
        what: "connect time of npm, compared with peerjs",
        ratio: |f| f.speedup("connect_ms", "npm", "peerjs"),
        least: 1.0,
    },
    Target {
        what: "first picture, compared with peerjs",
        ratio: |f| f.speedup("picture_ms", "rust", "peerjs"),
        least: 1.0,
    },
    Target {
        what: "first picture, compared with simple-peer",
        ratio: |f| f.speedup("picture_ms", "rust", "simple-peer"),
        least: 1.0,
    },
    Target {
        what: "first picture of npm, compared with peerjs",
        ratio: |f| f.speedup("picture_ms", "npm", "peerjs"),
        least: 1.0,
    },
    Target {
        what: "first picture of npm, compared with simple-peer",
        ratio: |f| f.speedup("picture_ms", "npm", "simple-peer"),
        least: 1.0,
    },
    Target { what: "throughput at 16 KiB", ratio: |f| f.same("throughput_16k_mb_s"), least: 0.97 },
    Target { what: "throughput at 64 KiB", ratio: |f| f.same("throughput_64k_mb_s"), least: 0.97 },
    Target { what: "messages of 100 bytes", ratio: |f| f.same("small_100b_messages_s"), least: 0.97 },
    Target { what: "messages of 24 bytes", ratio: |f| f.same("small_24b_messages_s"), least: 0.97 },
    Target {
        what: "round trip, p50",
        ratio: |f| Some(f.raw("rtt_p50_ms")? / f.rust("rtt_p50_ms")?),
        least: 1.0 / 1.05,
    },
    Target {
        what: "throughput packed at 100 bytes, compared with raw at 16 KiB",
        ratio: |f| Some(f.rust("packed_100b_messages_s")? * 100.0 / 1e6 / f.raw("throughput_16k_mb_s")?),
        least: 0.9,
    },
    Target {
        what: "packed messages of 24 bytes, compared with unpacked messages of raw",
        ratio: |f| Some(f.rust("packed_24b_messages_s")? / f.raw("small_24b_messages_s")?),
        least: 8.0,
    },
    Target {
        what: "file transfer, compared with raw at 64 KiB",
        ratio: |f| Some(f.rust("file_mb_s")? / f.raw("throughput_64k_mb_s")?),
        least: 0.95,
    },
];

pub fn command(args: &[String]) -> Result {
    let options = Options::parse(args)?;
    let need = if options.browser == "firefox" { setup::Need::Firefox } else { setup::Need::Chrome };
    setup::run(&[setup::Need::Wasm, need])?;
    contenders()?;
    artifacts::wasm_pack("bench", "web")?;
    artifacts::npm_package()?;

    let server = artifacts::server("server")?;

    let (found, browser) = run(&options, &server)?;
    let figures = Figures(&found["figures"]);
    println!("\n{}", figures.table());
    figures.print_targets();
    if let Some(file) = &options.json {
        fs::write(file, format!("{:#}\n", found["figures"])).map_err(|error| format!("{file}: {error}"))?;
    }
    if options.write {
        let part = format!("{}\n{}", figures.table(), provenance(&browser)?);
        readme::update("bench", &part)?;
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    json: Option<String>,
    write: bool,
    /// Measures connecting and first pictures only.
    connecting: bool,
    browser: String,
    sessions: String,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let (browser, sessions) = ("chrome".into(), "12".into());
        let mut options = Self { json: None, write: false, connecting: false, browser, sessions };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().cloned().ok_or_else(|| format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--json" => options.json = Some(value()?),
                "--write" => options.write = true,
                "--connecting" => options.connecting = true,
                "--browser" => options.browser = value()?,
                "--sessions" => options.sessions = value()?,
                other => return Err(unexpected(other)),
            }
        }
        if !["chrome", "firefox"].contains(&&*options.browser) {
            return Err(format!("`--browser` must be chrome or firefox, not {}", options.browser));
        }
        if options.write && options.connecting {
            return Err("`--write` needs all figures, without `--connecting`".into());
        }
        Ok(options)
    }
}

/// Installs the npm packages of the contenders into `bench/node_modules`.
fn contenders() -> Result {
    if paths::which("npm").is_none() || paths::which("node").is_none() {
        return Err("the benchmark needs npm to install simple-peer and PeerJS: install Node.js".into());
    }
    Step::new("npm", ["install", "--prefix", "bench", "--no-package-lock", "--no-audit", "--no-fund"])
        .hint("check that the npm registry is reachable and has the packages in bench/package.json")
        .run()
}

/// Runs the page, and returns its results and the version of the browser.
fn run(options: &Options, server: &Path) -> Result<(Value, String)> {
    let file = paths::target_dir()?.join("bench.json");
    let (browser, names) = match &*options.browser {
        "firefox" => (tools::firefox()?, ["FIREFOX", "GECKODRIVER"]),
        _ => (tools::chrome()?, ["CHROME", "CHROMEDRIVER"]),
    };
    Step::new("cargo", ["run", "--quiet", "-p", "browser-rtc-e2e", "--bin", "bench", "--"])
        .args([&file.to_string_lossy(), &*options.browser, &*options.sessions])
        .args(options.connecting.then_some("connecting"))
        .env(names[0], &browser.binary)
        .env(names[1], &browser.driver)
        .env("SIGNALING_SERVER", server)
        .run()?;
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(&file).map_err(|error| problem(&error))?;
    Ok((serde_json::from_str(&text).map_err(|error| problem(&error))?, browser.versions))
}

/// Formats the date, the machine, the browser and the libraries of a measurement.
fn provenance(browser: &str) -> Result<String> {
    let date = Step::new("date", ["+%Y-%m-%d"]).output().unwrap_or_default();
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let version = browser.split(',').next().unwrap_or_default();
    let model = model.unwrap_or("a machine");
    let libraries = libraries()?;
    Ok(format!("{date}, {model}, {cores} cores, browser {version}, both ends in one page. {libraries}.\n"))
}

/// Formats the libraries and their versions. A table in the README with other versions is stale.
fn libraries() -> Result<String> {
    let manifest = paths::root().join("bench/package.json");
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", manifest.display());
    let text = fs::read_to_string(&manifest).map_err(|error| problem(&error))?;
    let manifest: Value = serde_json::from_str(&text).map_err(|error| problem(&error))?;
    let version = |name: &str| manifest["dependencies"][name].as_str().unwrap_or_default().to_owned();
    let own = env!("CARGO_PKG_VERSION");
    Ok(format!("browser-rtc {own}, simple-peer {}, PeerJS {}", version("simple-peer"), version("peerjs")))
}

/// The figure of each contender under each key.
struct Figures<'a>(&'a Value);

impl Figures<'_> {
    fn of(&self, key: &str, contender: &str) -> Option<f64> {
        self.0[key][contender].as_f64()
    }

    fn raw(&self, key: &str) -> Option<f64> {
        self.of(key, "raw")
    }

    fn rust(&self, key: &str) -> Option<f64> {
        self.of(key, "rust")
    }

    /// Returns the ratio of the time of another contender to that of a contender.
    fn speedup(&self, key: &str, contender: &str, other: &str) -> Option<f64> {
        Some(self.of(key, other)? / self.of(key, contender)?)
    }

    fn same(&self, key: &str) -> Option<f64> {
        Some(self.rust(key)? / self.raw(key)?)
    }

    /// Formats the figures, each with its ratio to the figure of raw.
    fn table(&self) -> String {
        let mut table = header();
        for (key, words) in MEASURES {
            // raw has no packed messages, so packed ones are compared with its small ones.
            let base = self.raw(key).or_else(|| self.raw(&key.replace("packed", "small")));
            let cells = CONTENDERS.map(|contender| match (self.of(key, contender), base) {
                (Some(figure), Some(_)) if contender == "raw" => short(figure),
                (Some(figure), Some(base)) => format!("{} ({:.2})", short(figure), figure / base),
                _ => "–".into(),
            });
            table += &format!("| {words} | {} |\n", cells.join(" | "));
        }
        table
    }

    fn print_targets(&self) {
        for Target { what, ratio, least } in &TARGETS {
            match ratio(self) {
                Some(ratio) => {
                    let verdict = if ratio >= *least { "met   " } else { "missed" };
                    println!("{verdict}  {what}: ratio {ratio:.2}, target {least:.2}");
                }
                None => println!("no data {what}"),
            }
        }
    }
}

fn header() -> String {
    format!("| | {} |\n|---{}|\n", CONTENDERS.join(" | "), "|--:".repeat(CONTENDERS.len()))
}

/// Formats a figure with three significant digits, or as an integer.
fn short(figure: f64) -> String {
    match figure {
        large if large >= 100.0 => format!("{large:.0}"),
        middle if middle >= 10.0 => format!("{middle:.1}"),
        small => format!("{small:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn readme_table_is_of_this_version() {
        let readme = fs::read_to_string(paths::root().join("README.md")).unwrap();
        let (_, rest) = readme.split_once("<!-- bench -->\n").unwrap();
        let (part, _) = rest.split_once("<!-- /bench -->").unwrap();
        assert!(part.starts_with(&header()));
        for (_, words) in MEASURES {
            assert!(part.contains(&format!("\n| {words} | ")), "the README has no row {words:?}");
        }
        let libraries = libraries().unwrap();
        assert!(part.contains(&libraries), "the README is not of {libraries}: run `cargo xtask bench --write`");
    }

    #[test]
    fn slower_connection_has_smaller_ratio() {
        let found = json!({ "connect_ms": { "raw": 10.0, "rust": 20.0 } });
        assert_eq!((TARGETS[0].ratio)(&Figures(&found)), Some(0.5));
    }

    #[test]
    fn packed_messages_are_compared_with_unpacked() {
        let found = json!({
            "small_24b_messages_s": { "raw": 1000.0 },
            "packed_24b_messages_s": { "raw": null, "rust": 9000.0 },
        });
        assert!(Figures(&found).table().contains("| – | 9000 (9.00) | – |"), "{}", Figures(&found).table());
        assert_eq!((TARGETS[12].ratio)(&Figures(&found)), Some(9.0));
    }
}
