//! Paths: the workspace, the build output, and the PATH of every program that is started here.

use crate::Result;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's folder. Cargo's word at run time comes first: a target folder shared by two clones has one xtask.
pub fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// Returns the target directory of cargo, which CARGO_TARGET_DIR or a configuration file may have moved.
pub fn target_dir() -> Result<PathBuf> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .env("PATH", search_path())
        .current_dir(root())
        .output()
        .ok()
        .filter(|output| output.status.success())
        .ok_or("`cargo metadata` failed: is Cargo.toml in order?")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("`cargo metadata`: {error}"))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "`cargo metadata` names no target directory".into())
}

/// Returns the home of cargo. `cargo install` puts its programs into `bin` there.
pub fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// The PATH of everything started here. What was installed here comes first, so that an older tool of the same name
/// does not hide it.
pub fn search_path() -> OsString {
    let ours = cargo_home().map(|home| home.join("bin"));
    prepend(ours.into_iter(), env::var_os("PATH").as_deref())
}

/// The first program of this name on [`search_path`].
pub fn which(program: &str) -> Option<PathBuf> {
    env::split_paths(&search_path())
        .map(|folder| folder.join(program).with_extension(env::consts::EXE_EXTENSION))
        .find(|path| path.is_file())
}

fn prepend(folders: impl Iterator<Item = PathBuf>, path: Option<&OsStr>) -> OsString {
    let rest = env::split_paths(path.unwrap_or_default());
    let mut all: Vec<PathBuf> = Vec::new();
    for folder in folders.chain(rest) {
        if !folder.as_os_str().is_empty() && !all.contains(&folder) {
            all.push(folder);
        }
    }
    // Fails only for a folder with the separator in its name, which no PATH can name.
    env::join_paths(all).unwrap_or_else(|_| path.unwrap_or_default().to_os_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(folders: &[&str]) -> OsString {
        env::join_paths(folders).expect("no separator in these names")
    }

    #[test]
    fn our_folders_come_first_and_none_comes_twice() {
        let ours = ["/tools/bin", "/cargo/bin"].map(PathBuf::from);
        let path = prepend(ours.into_iter(), Some(&joined(&["/usr/bin", "/cargo/bin", "/bin", "/usr/bin"])));
        assert_eq!(path, joined(&["/tools/bin", "/cargo/bin", "/usr/bin", "/bin"]));
    }

    #[test]
    fn no_path_at_all_is_an_empty_one() {
        let path = prepend(std::iter::once(PathBuf::from("/cargo/bin")), None);
        assert_eq!(path, joined(&["/cargo/bin"]));
    }

    #[test]
    fn the_workspace_is_the_folder_above_this_package() {
        assert!(root().join("xtask").join("Cargo.toml").is_file());
    }
}
