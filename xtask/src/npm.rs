//! `cargo xtask npm`: builds the raw package with a plain `wasm-pack build` and the published package in `npm`, and checks
//! both. The published package is installed in new projects, whose pages call the demo.

use crate::setup::Need;
use crate::step::Step;
use crate::tools;
use crate::{Result, artifacts, paths, setup};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

const TYPESCRIPT: &str = "npm/node_modules/typescript/bin/tsc";

/// The files of the published package besides those that are compiled from `npm/src`, and the folders of entries.
const OTHER_FILES: [&str; 8] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/wasm/browser_rtc.js",
    "dist/wasm/browser_rtc_bg.wasm",
    "dist/wasm/browser_rtc_bg.wasm.d.ts",
    "dist/wasm/inline.js",
    "package.json",
];

/// Checks the packages, also in browsers and in new projects.
pub fn command() -> Result {
    setup::run(&[Need::Node, Need::Wasm, Need::Chrome, Need::Firefox])?;
    // The download takes as long as the builds.
    let projects = thread::spawn(projects);
    let package = package()?;
    raw()?;
    layer()?;
    let projects = projects.join().map_err(|_| "the installation of the projects' packages panicked")??;
    browsers(&package, &projects)
}

/// Builds and checks the raw package in `pkg`.
fn raw() -> Result {
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
    Step::new("node", [TYPESCRIPT, "-p", "tests/npm"])
        .hint("check that the types in src/npm/ match their use in tests/npm/usage.ts")
        .run()
}

/// Builds and packs the published package, checks its content, and returns the packed file.
fn package() -> Result<PathBuf> {
    artifacts::npm_package()?;
    let folder = artifacts::npm_folder()?;
    let packed = Step::new("npm", ["pack", "./npm", "--json", "--pack-destination"]).args([&folder]);
    let json = packed.output().ok_or("`npm pack ./npm` failed")?;
    let (name, files) = packed_files(&json)?;
    let expected = expected_files(&paths::root().join("npm"))?;
    let difference: Vec<&String> = files.symmetric_difference(&expected).collect();
    if !difference.is_empty() {
        return Err(format!("the packed files differ from the expected ones: {difference:?}"));
    }
    let package = folder.join(name);
    println!("ok {} with {} files, {}", package.display(), files.len(), size(&package)?);
    Ok(package)
}

/// Runs the tests of the layer that need no browser.
fn layer() -> Result {
    let folder = paths::root().join("tests/npm");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut tests: Vec<PathBuf> = files.filter(|file| file.to_string_lossy().ends_with(".test.mjs")).collect();
    tests.sort();
    Step::new("node", ["--import", "./tests/npm/hooks.mjs", "--test"]).args(tests).run()
}

/// Copies the projects out of this repository, whose packages they would find otherwise. Installs the packages that they
/// have in common, and returns their folder.
fn projects() -> Result<PathBuf> {
    let tests = artifacts::npm_folder()?.join("tests");
    for name in ["layer", "projects"] {
        copy(&paths::root().join("tests/npm").join(name), &tests.join(name))?;
    }
    let projects = tests.join("projects");
    artifacts::install_packages(&projects)?;
    Ok(projects)
}

/// Runs the tests of the layer in the browsers. Then installs the packed package in the projects, and opens their pages.
fn browsers(package: &Path, projects: &Path) -> Result {
    let (chrome, firefox) = (tools::chrome()?, tools::firefox()?);
    artifacts::demo()?;
    let server = artifacts::server("dev")?;
    let script = |script: &Path| {
        Step::new("node", [script])
            .env("SIGNALING_SERVER", &server)
            .env("WEBDRIVER_JSON", paths::root().join("webdriver.json"))
            .env("CHROME", &chrome.binary)
            .env("CHROMEDRIVER", &chrome.driver)
            .env("FIREFOX", &firefox.binary)
            .env("GECKODRIVER", &firefox.driver)
    };
    script("tests/npm/layer/browser.mjs".as_ref()).args(["chrome", "firefox"]).run()?;
    script(&projects.join("run.mjs")).env("PACKAGE", package).env("DEMO", paths::root().join("www")).run()
}

/// Copies the files of a folder and its subfolders, except for installed packages.
fn copy(from: &Path, to: &Path) -> Result {
    let copied = || -> std::io::Result<Vec<(PathBuf, PathBuf)>> {
        fs::create_dir_all(to)?;
        let mut folders = Vec::new();
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if !entry.file_type()?.is_dir() {
                fs::copy(entry.path(), target)?;
            } else if entry.file_name() != "node_modules" {
                folders.push((entry.path(), target));
            }
        }
        Ok(folders)
    };
    let folders = copied().map_err(|error| format!("{}: {error}", from.display()))?;
    folders.iter().try_for_each(|(from, to)| copy(from, to))
}

/// Returns the name and the content of the packed file from the output of `npm pack --json`.
fn packed_files(json: &str) -> Result<(String, BTreeSet<String>)> {
    let packed: Value = serde_json::from_str(json).map_err(|error| format!("`npm pack --json`: {error}"))?;
    let packed = &packed[0];
    let name = packed["filename"].as_str().ok_or("`npm pack --json` returned no file name")?;
    let files = packed["files"].as_array().into_iter().flatten();
    let files = files.filter_map(|file| file["path"].as_str().map(str::to_owned)).collect();
    Ok((name.to_owned(), files))
}

/// Returns the files that the published package must contain, and no others.
fn expected_files(npm: &Path) -> Result<BTreeSet<String>> {
    let mut expected: BTreeSet<String> = OTHER_FILES.map(str::to_owned).into();
    let sources = npm.join("src");
    for entry in fs::read_dir(&sources).map_err(|error| format!("{}: {error}", sources.display()))? {
        let name = entry.map_err(|error| error.to_string())?.file_name().to_string_lossy().into_owned();
        if let Some(module) = name.strip_suffix(".ts") {
            expected.extend([format!("dist/{module}.js"), format!("dist/{module}.d.ts")]);
        }
    }
    let manifest = manifest(npm)?;
    let entries = manifest["exports"].as_object().into_iter().flatten();
    let scripts = entries.filter(|(_, files)| files["default"].as_str().is_some_and(|file| file.ends_with(".js")));
    let names = scripts.filter_map(|(entry, _)| entry.strip_prefix("./"));
    expected.extend(names.map(|name| format!("{name}/package.json")));
    Ok(expected)
}

/// Returns the files that package.json lists.
fn files(folder: &Path) -> Result<Vec<String>> {
    let manifest = manifest(folder)?;
    let listed = manifest["files"].as_array().into_iter().flatten();
    let mut files: Vec<String> = listed
        .chain([&manifest["main"], &manifest["types"]])
        .filter_map(|file| file.as_str().map(str::to_owned))
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn manifest(folder: &Path) -> Result<Value> {
    let path = folder.join("package.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_files_are_read_from_json() {
        let json = r#"[{ "filename": "a-1.0.0.tgz", "files": [{ "path": "dist/a.js", "size": 1 }] }]"#;
        let expected = ("a-1.0.0.tgz".to_owned(), BTreeSet::from(["dist/a.js".to_owned()]));
        assert_eq!(packed_files(json), Ok(expected));
        assert!(packed_files("[]").is_err());
        assert!(packed_files("npm error").is_err());
    }

    #[test]
    fn expected_files_follow_sources_and_entries() {
        let files = expected_files(&paths::root().join("npm")).expect("the folder exists");
        for file in ["dist/index.js", "dist/index.d.ts", "inline/package.json"] {
            assert!(files.contains(file), "{files:?}");
        }
        assert!(!files.iter().any(|file| file.contains("src/")));
    }
}
