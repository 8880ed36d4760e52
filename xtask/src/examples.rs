//! The examples with a page: `examples/*/index.html`.

use crate::step::{Step, version};
use crate::{Result, paths};
use std::path::PathBuf;
use std::{env, fs};

/// The workspace of these examples. No other build compiles their frameworks.
pub const MANIFEST: &str = "examples/Cargo.toml";
const WASM: &str = "wasm32-unknown-unknown";

/// Runs a cargo command on all of them.
pub fn cargo(command: &str, args: &[&str]) -> Result {
    let step = Step::new("cargo", [command, "--manifest-path", MANIFEST, "--workspace", "--locked"]);
    step.args(["--target", WASM, "--target-dir"]).args([target_dir()?]).args(args).run()
}

/// Returns the separate target folder of the examples. The library of a package with a `cdylib` has one file name,
/// whatever its features are: in the folder of the workspace, each build would replace the library of the other.
fn target_dir() -> Result<PathBuf> {
    Ok(paths::target_dir()?.join("examples"))
}

/// Builds the `pkg` of each example.
///
/// The documented command is `wasm-pack build` in the folder of an example. Run for each of them, it would compile the
/// dependencies again and again, because every example selects other features of web-sys. One build of the whole
/// workspace compiles them once.
pub fn build() -> Result {
    let pages = folders()?;
    let Some(wasm_bindgen) = wasm_bindgen()? else {
        println!(
            "note wasm-bindgen: the version of examples/Cargo.lock is not installed, so that wasm-pack builds each"
        );
        return pages.iter().try_for_each(|(folder, _)| {
            Step::new("wasm-pack", ["build", "--dev", "--target", "web"]).args([folder]).run()
        });
    };
    cargo("build", &[])?;
    let built = target_dir()?.join(WASM).join("debug");
    for (folder, name) in pages {
        Step::new(&wasm_bindgen.to_string_lossy(), ["--target", "web", "--no-typescript", "--out-dir"])
            .args([folder.join("pkg"), built.join(name).with_extension("wasm")])
            .run_quietly()?;
    }
    Ok(())
}

/// Returns the folders of the examples, and the name of each library.
fn folders() -> Result<Vec<(PathBuf, String)>> {
    let examples = paths::root().join("examples");
    let entries = fs::read_dir(&examples).map_err(|error| format!("{}: {error}", examples.display()))?;
    let folders =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|folder| folder.join("index.html").is_file());
    folders
        .map(|folder| {
            let manifest = folder.join("Cargo.toml");
            let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
            let name = quoted(&text, "name = ").ok_or_else(|| format!("{} has no name", manifest.display()))?;
            Ok((folder, name.replace('-', "_")))
        })
        .collect()
}

/// Returns the wasm-bindgen program of the version that the examples use: on PATH, or in the cache of wasm-pack.
fn wasm_bindgen() -> Result<Option<PathBuf>> {
    let lock = paths::root().join("examples/Cargo.lock");
    let text = fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    let wanted = text.split_once("name = \"wasm-bindgen\"\n").and_then(|(_, package)| quoted(package, "version = "));
    let cached = wasm_pack_cache().and_then(|cache| fs::read_dir(cache).ok()).into_iter().flatten();
    let cached = cached
        .filter_map(|entry| Some(entry.ok()?.path().join("wasm-bindgen").with_extension(env::consts::EXE_EXTENSION)));
    let mut programs = paths::which("wasm-bindgen").into_iter().chain(cached.filter(|program| program.is_file()));
    Ok(programs.find(|program| version(program).as_deref() == wanted))
}

/// Returns the folder in which wasm-pack keeps its tools.
fn wasm_pack_cache() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("WASM_PACK_CACHE") {
        return Some(folder.into());
    }
    let home = |folder: &str| env::home_dir().map(|home| home.join(folder));
    let caches = match env::consts::OS {
        "macos" => home("Library/Caches"),
        "windows" => env::var_os("LOCALAPPDATA").map(PathBuf::from),
        _ => env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| home(".cache")),
    };
    caches.map(|caches| caches.join(".wasm-pack"))
}

/// Returns the quoted value of the first line that starts with `key`.
fn quoted<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_found_with_library_names() {
        let folders = folders().expect("the examples' manifests");
        let has =
            |folder: &str, name: &str| folders.contains(&(paths::root().join("examples").join(folder), name.into()));
        assert!(has("call", "call") && has("own-signaling", "own_signaling"), "{folders:?}");
        assert!(!folders.iter().any(|(folder, _)| folder.ends_with("native-peer")), "it has no page");
    }
}
