//! Stamps of builds, so that one command builds no wasm twice.
//!
//! Cargo alone does not prevent it: the library of a package with a `cdylib` has one file name, whatever its features are,
//! so that the build of one page replaces the library of the other. wasm-bindgen and wasm-opt always run.

use crate::step::version;
use crate::{Result, paths};
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// The file in the folder of a build.
const FILE: &str = ".stamp";
/// Folders of packages and of outputs. `wasm` is in `npm/src`.
const OTHERS: [&str; 5] = ["target", "node_modules", "pkg", "dist", "wasm"];
/// Extensions of files that are compiled or included.
const SOURCES: [&str; 5] = ["rs", "toml", "lock", "js", "html"];

/// Runs the build unless its folder has the result of the same command with the same sources and tools.
pub fn unless_current(folder: &Path, command: &str, build: impl FnOnce() -> Result) -> Result {
    let inputs = inputs(command)?;
    let file = folder.join(FILE);
    let stamp = || Some(format!("{inputs:016x} {:016x}\n", outputs(folder)?));
    if stamp().is_some_and(|stamp| fs::read_to_string(&file).is_ok_and(|found| found == stamp)) {
        println!("ok {} is current", folder.display());
        return Ok(());
    }
    build()?;
    match stamp() {
        Some(stamp) => fs::write(&file, stamp).map_err(|error| format!("{}: {error}", file.display())),
        None => Ok(()),
    }
}

/// Returns the hash of all sources of the workspace, which is cheaper than to know those of each package, and of the tools.
fn inputs(command: &str) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    command.hash(&mut hasher);
    for tool in ["rustc", "wasm-pack", "wasm-opt"] {
        paths::which(tool).and_then(|program| version(&program)).hash(&mut hasher);
    }
    std::env::var_os("RUSTFLAGS").hash(&mut hasher);
    let mut files = Vec::new();
    find_sources(&paths::root(), &mut files)?;
    files.sort();
    for file in files {
        let content = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        (file, content).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn find_sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result {
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let is_other = name.starts_with('.') || OTHERS.contains(&&*name);
        if path.is_dir() && !is_other {
            find_sources(&path, files)?;
        } else if SOURCES.contains(&&*extension) {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns a hash of the sizes and times of the files in the folder, or `None` without a wasm file. A build by hand
/// changes it.
fn outputs(folder: &Path) -> Option<u64> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.retain(|path| !path.ends_with(FILE));
    files.sort();
    let has_wasm = files.iter().any(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    let mut hasher = DefaultHasher::new();
    for file in files {
        let metadata = fs::metadata(&file).ok()?;
        (file, metadata.len(), metadata.modified().ok()).hash(&mut hasher);
    }
    has_wasm.then(|| hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a new folder for a test.
    fn folder(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("browser-rtc-stamp-{}-{test}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder can be created");
        folder
    }

    #[test]
    fn build_is_repeated_after_change_of_output() {
        let folder = &folder("changed");
        let mut builds = 0;
        let mut build = |command: &str| {
            let write = || {
                builds += 1;
                fs::write(folder.join("a.wasm"), b"wasm").map_err(|error| error.to_string())
            };
            unless_current(folder, command, write).expect("the build succeeds");
            builds
        };
        assert_eq!((build("one"), build("one"), build("other")), (1, 1, 2));
        fs::write(folder.join("a.wasm"), b"built by hand").expect("the file can be written");
        assert_eq!(build("other"), 3);
        fs::remove_file(folder.join("a.wasm")).expect("the file can be removed");
        assert_eq!(build("other"), 4);
        fs::remove_dir_all(folder).expect("the folder can be removed");
    }

    #[test]
    fn failed_build_leaves_no_stamp() {
        let folder = folder("failed");
        fs::write(folder.join("a.wasm"), b"of an earlier build").expect("the file can be written");
        let failed = unless_current(&folder, "one", || Err("the build fails".into()));
        assert!(failed.is_err() && !folder.join(FILE).exists());
        fs::remove_dir_all(folder).expect("the folder can be removed");
    }
}
