//! `cargo xtask size`: how many bytes a page loads, wasm and JavaScript together, for small programs on this crate, for
//! the same on raw web-sys, and for the npm package. Built and named as `wasm-pack build --target web --release` does
//! it, with wasm-opt -Oz; the JavaScript is counted as it is generated, not minified.

use crate::step::Step;
use crate::{Result, artifacts, paths, readme, setup, unexpected};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// The programs: the name in the table, the folder, and the name of the files.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("minimal_channel", "bench/size/minimal-channel", "browser_rtc_minimal_channel"),
    ("raw_web_sys", "bench/size/raw-web-sys", "browser_rtc_raw_web_sys"),
    ("minimal_call", "bench/size/minimal-call", "browser_rtc_minimal_call"),
    ("npm", ".", "browser_rtc"),
];
/// The target: at most this many times the size of raw web-sys.
const TARGET: f64 = 1.3;

/// Each file by itself, as a server sends them.
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
        return Err("no node to compress with: install Node.js".into());
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
    judge(&sizes);
    if let Some(file) = file {
        fs::write(file, format!("{sizes:#}\n")).map_err(|error| format!("{file}: {error}"))?;
    }
    if write { readme::renew("size", &table(&sizes)) } else { Ok(()) }
}

fn compressed(files: &[PathBuf]) -> Result<Value> {
    let said = Step::new("node", ["-e", COMPRESS]).args(files).output().ok_or("the files could not be compressed")?;
    let sizes: Value = serde_json::from_str(&said).map_err(|error| format!("node: {error}"))?;
    Ok(json!({ "gzip": sizes["gzip"], "brotli": sizes["brotli"] }))
}

fn table(sizes: &Value) -> String {
    let rows = PROGRAMS.map(|(key, ..)| {
        let size = |kind: &str| sizes[key][kind].as_u64().unwrap_or_default();
        format!("| `{key}` | {} | {} |\n", size("gzip"), size("brotli"))
    });
    format!("| Bytes, wasm and JavaScript | gzip | brotli |\n|---|--:|--:|\n{}", rows.concat())
}

fn judge(sizes: &Value) {
    let gzip = |key: &str| sizes[key]["gzip"].as_f64().unwrap_or(f64::NAN);
    let ratio = gzip("minimal_channel") / gzip("raw_web_sys");
    let verdict = if ratio <= TARGET { "reached" } else { "missed" };
    println!("\n{verdict}: minimal_channel is {ratio:.2} times raw_web_sys by gzip; at most {TARGET}");
}
