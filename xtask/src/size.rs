//! `cargo xtask size`: measures the bytes of wasm and JavaScript that a page loads, for small programs on this crate,
//! for the same program on raw web-sys, and for the npm package. They are built with `wasm-pack build --target web
//! --release` with wasm-opt -Oz. The JavaScript is not minified. Of the npm package, the module and its glue are counted
//! as they are published, without the layer in TypeScript.
//!
//! The committed sizes are in `bench/size/sizes.json`, and the README shows them. `--check` compares with them.

use crate::step::Step;
use crate::{Result, artifacts, paths, readme, setup, unexpected};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The small programs: name in the table, folder, and stem of the file names.
const PROGRAMS: [(&str, &str, &str); 3] = [
    ("minimal_channel", "bench/size/minimal-channel", "browser_rtc_minimal_channel"),
    ("raw_web_sys", "bench/size/raw-web-sys", "browser_rtc_raw_web_sys"),
    ("minimal_call", "bench/size/minimal-call", "browser_rtc_minimal_call"),
];
const NPM: &str = "npm";
/// The target: the maximum ratio of `minimal_channel` to `raw_web_sys`.
const TARGET: f64 = 1.3;
/// The maximum ratio of a size to the committed one.
const TOLERANCE: f64 = 1.01;
const COMMITTED: &str = "bench/size/sizes.json";

/// A script that compresses each file by itself, as a web server does.
const COMPRESS: &str = "\
const { readFileSync } = require('node:fs');
const { gzipSync, brotliCompressSync } = require('node:zlib');
const sum = (pack) => process.argv.slice(1).reduce((sum, file) => sum + pack(readFileSync(file)).length, 0);
console.log(JSON.stringify({ gzip: sum((bytes) => gzipSync(bytes, { level: 9 })), brotli: sum((bytes) => brotliCompressSync(bytes)) }));
";

pub fn command(args: &[String]) -> Result {
    let (mut file, mut write, mut check) = (None, false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => file = Some(args.next().ok_or("`--json` needs a file")?),
            "--write" => write = true,
            "--check" => check = true,
            other => return Err(unexpected(other)),
        }
    }
    let sizes = measured()?;
    print!("\n{}", table(&sizes));
    print_target(&sizes);
    if let Some(file) = file {
        fs::write(file, format!("{sizes:#}\n")).map_err(|error| format!("{file}: {error}"))?;
    }
    if write {
        let path = paths::root().join(COMMITTED);
        fs::write(&path, format!("{sizes:#}\n")).map_err(|error| format!("{}: {error}", path.display()))?;
        readme::update("size", &table(&sizes))?;
    }
    if check { compare(&sizes, &committed()?) } else { Ok(()) }
}

/// Builds and measures all programs, and fails if one is larger than its committed size.
pub fn check() -> Result {
    command(&["--check".to_owned()])
}

fn measured() -> Result<Value> {
    if paths::which("node").is_none() {
        return Err("the compression of the files needs Node.js".into());
    }
    setup::run(&setup::DEMO)?;
    let mut sizes = serde_json::Map::new();
    for (key, folder, name) in PROGRAMS {
        artifacts::wasm_pack(folder, "web")?;
        sizes.insert(key.to_owned(), compressed(&paths::root().join(folder).join("pkg"), name)?);
    }
    artifacts::npm_package()?;
    sizes.insert(NPM.to_owned(), compressed(&paths::root().join("npm/dist/wasm"), "browser_rtc")?);
    Ok(Value::Object(sizes))
}

/// Returns the sizes of a module and its glue.
fn compressed(folder: &Path, name: &str) -> Result<Value> {
    let files = [folder.join(format!("{name}_bg.wasm")), folder.join(format!("{name}.js"))];
    let output = Step::new("node", ["-e", COMPRESS]).args(files).output().ok_or("node failed to compress the files")?;
    let sizes: Value = serde_json::from_str(&output).map_err(|error| format!("node: {error}"))?;
    Ok(json!({ "gzip": sizes["gzip"], "brotli": sizes["brotli"] }))
}

fn committed() -> Result<Value> {
    let text = fs::read_to_string(paths::root().join(COMMITTED)).map_err(|error| format!("{COMMITTED}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{COMMITTED}: {error}"))
}

/// Fails if a program is more than 1 % larger than committed.
fn compare(sizes: &Value, committed: &Value) -> Result {
    let size = |sizes: &Value, key: &str| sizes[key]["gzip"].as_f64().unwrap_or(f64::NAN);
    let is_within = |key: &str| size(sizes, key) <= size(committed, key) * TOLERANCE;
    let grown: Vec<String> = keys()
        .filter(|key| !is_within(key))
        .map(|key| format!("{key} has {} bytes by gzip instead of {}", size(sizes, key), size(committed, key)))
        .collect();
    if grown.is_empty() {
        return Ok(());
    }
    let advice = "make it smaller, or run `cargo xtask size --write` and explain the growth in the commit; another \
                  version of the compiler or of wasm-opt may also be the reason";
    Err(format!("{}: {advice}", grown.join(", ")))
}

fn keys() -> impl Iterator<Item = &'static str> {
    PROGRAMS.into_iter().map(|(key, ..)| key).chain([NPM])
}

fn table(sizes: &Value) -> String {
    let rows = keys().map(|key| {
        let size = |kind: &str| sizes[key][kind].as_u64().unwrap_or_default();
        format!("| `{key}` | {} | {} |\n", size("gzip"), size("brotli"))
    });
    format!("| Bytes, wasm and JavaScript | gzip | brotli |\n|---|--:|--:|\n{}", rows.collect::<String>())
}

fn print_target(sizes: &Value) {
    let gzip = |key: &str| sizes[key]["gzip"].as_f64().unwrap_or(f64::NAN);
    let ratio = gzip("minimal_channel") / gzip("raw_web_sys");
    let verdict = if ratio <= TARGET { "met" } else { "missed" };
    println!(
        "\ntarget {verdict}: minimal_channel has {ratio:.2} times the size of raw_web_sys by gzip, at most {TARGET}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(npm: u32) -> Value {
        let size = json!({ "gzip": 1_000, "brotli": 900 });
        json!({
            "minimal_channel": size, "raw_web_sys": size, "minimal_call": size,
            "npm": { "gzip": npm, "brotli": 900 },
        })
    }

    #[test]
    fn growth_of_more_than_one_percent_fails() {
        let committed = sizes(1_000);
        assert_eq!(compare(&sizes(500), &committed), Ok(()));
        assert_eq!(compare(&sizes(1_010), &committed), Ok(()));
        let error = compare(&sizes(1_011), &committed).expect_err("the package has grown");
        assert!(error.starts_with("npm has 1011 bytes by gzip instead of 1000: "), "{error}");
    }

    #[test]
    fn program_without_committed_size_fails() {
        assert!(compare(&sizes(1_000), &json!({})).is_err());
    }

    #[test]
    fn readme_shows_committed_sizes() {
        let text = fs::read_to_string(paths::root().join("README.md")).expect("the README is readable");
        let table = table(&committed().expect("the sizes are readable"));
        assert!(readme::with_part(&text, "size", &table).is_ok_and(|updated| updated == text), "`size --write`");
    }
}
