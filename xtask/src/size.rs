//! `cargo xtask size`: measures the bytes of wasm and JavaScript that a page loads, for small programs on this crate,
//! for the same program on raw web-sys, and for the npm package. They are built with `wasm-pack build --target web
//! --release` with wasm-opt -Oz. The JavaScript is not minified.

use crate::step::Step;
use crate::{Result, artifacts, paths, readme, setup, unexpected};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// The programs: name in the table, folder, and stem of the file names.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("minimal_channel", "bench/size/minimal-channel", "browser_rtc_minimal_channel"),
    ("raw_web_sys", "bench/size/raw-web-sys", "browser_rtc_raw_web_sys"),
    ("minimal_call", "bench/size/minimal-call", "browser_rtc_minimal_call"),
    ("npm", ".", "browser_rtc"),
];
/// The target: the maximum ratio of `minimal_channel` to `raw_web_sys`.
const TARGET: f64 = 1.3;

/// A script that compresses each file by itself, as a web server does.
const COMPRESS: &str = "\
const { readFileSync } = require('node:fs');
const { gzipSync, brotliCompressSync } = require('node:zlib');
const sum = (pack) => process.argv.slice(1).reduce((sum, file) => sum + pack(readFileSync(file)).length, 0);
console.log(JSON.stringify({ gzip: sum((bytes) => gzipSync(bytes, { level: 9 })), brotli: sum((bytes) => brotliCompressSync(bytes)) }));
";

pub fn command(args: &[String]) -> Result {
    let (mut file, mut write) = (None, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => file = Some(args.next().ok_or("`--json` needs a file")?),
            "--write" => write = true,
            other => return Err(unexpected(other)),
        }
    }
    if paths::which("node").is_none() {
        return Err("the compression of the files needs Node.js".into());
    }
    setup::run(&setup::DEMO)?;
    let mut sizes = serde_json::Map::new();
    for (key, folder, name) in PROGRAMS {
        artifacts::wasm_pack(folder, "web")?;
        let pkg = paths::root().join(folder).join("pkg");
        sizes.insert(
            key.to_owned(),
            compressed(&[pkg.join(format!("{name}_bg.wasm")), pkg.join(format!("{name}.js"))])?,
        );
    }
    let sizes = Value::Object(sizes);
    print!("\n{}", table(&sizes));
    print_target(&sizes);
    if let Some(file) = file {
        fs::write(file, format!("{sizes:#}\n")).map_err(|error| format!("{file}: {error}"))?;
    }
    if write { readme::update("size", &table(&sizes)) } else { Ok(()) }
}

fn compressed(files: &[PathBuf]) -> Result<Value> {
    let output = Step::new("node", ["-e", COMPRESS]).args(files).output().ok_or("node failed to compress the files")?;
    let sizes: Value = serde_json::from_str(&output).map_err(|error| format!("node: {error}"))?;
    Ok(json!({ "gzip": sizes["gzip"], "brotli": sizes["brotli"] }))
}

fn table(sizes: &Value) -> String {
    let rows = PROGRAMS.map(|(key, ..)| {
        let size = |kind: &str| sizes[key][kind].as_u64().unwrap_or_default();
        format!("| `{key}` | {} | {} |\n", size("gzip"), size("brotli"))
    });
    format!("| Bytes, wasm and JavaScript | gzip | brotli |\n|---|--:|--:|\n{}", rows.concat())
}

fn print_target(sizes: &Value) {
    let gzip = |key: &str| sizes[key]["gzip"].as_f64().unwrap_or(f64::NAN);
    let ratio = gzip("minimal_channel") / gzip("raw_web_sys");
    let verdict = if ratio <= TARGET { "met" } else { "missed" };
    println!(
        "\ntarget {verdict}: minimal_channel has {ratio:.2} times the size of raw_web_sys by gzip, at most {TARGET}"
    );
}
