//! `cargo xtask npm`: builds the npm package with a plain `wasm-pack build`, and checks its content.

use crate::step::Step;
use crate::{Result, artifacts, paths, setup};
use std::fs;
use std::path::Path;

const TYPESCRIPT: &str = "typescript@5.9.3";

pub fn command() -> Result {
    setup::run(&setup::DEMO)?;
    check()
}

pub fn check() -> Result {
    let folder = paths::root().join("pkg");
    // Files of an earlier build for another target would be counted too.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    artifacts::wasm_pack(".", "bundler")?;
    let files = files(&folder)?;
    for file in &files {
        let size = size(&folder.join(file))?;
        println!("ok {file} {size}");
    }
    if !files.iter().any(|file| file.ends_with(".d.ts")) {
        return Err("pkg/package.json lists no .d.ts file with the TypeScript types".into());
    }
    types()
}

/// Compiles a program that uses the package, to check its types.
fn types() -> Result {
    if paths::which("npx").is_none() {
        println!("note TypeScript: the types are not checked, because npm is not installed");
        return Ok(());
    }
    Step::new("npx", ["--yes", "--package", TYPESCRIPT, "tsc", "-p", "tests/npm"])
        .hint("check that the types in src/npm/ match their use in tests/npm/usage.ts")
        .run()
}

/// Returns the files that package.json lists.
fn files(folder: &Path) -> Result<Vec<String>> {
    let path = folder.join("package.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let listed = manifest["files"].as_array().into_iter().flatten();
    let mut files: Vec<String> = listed
        .chain([&manifest["main"], &manifest["types"]])
        .filter_map(|file| file.as_str().map(str::to_owned))
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn size(file: &Path) -> Result<String> {
    let metadata =
        fs::metadata(file).map_err(|error| format!("{}, listed in package.json: {error}", file.display()))?;
    let bytes = metadata.len();
    if !metadata.is_file() || bytes == 0 {
        return Ok(if metadata.is_dir() { "folder".into() } else { "empty".into() });
    }
    let zipped = Step::new("gzip", ["-9", "-c"]).args([file]).bytes();
    let zipped = zipped.map_or(String::new(), |zipped| format!(", {} bytes with gzip", zipped.len()));
    Ok(format!("{bytes} bytes{zipped}"))
}
