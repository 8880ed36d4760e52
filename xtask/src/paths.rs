//! Paths: the workspace, the build output, and the PATH of child processes.

use crate::Result;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the folder of the workspace. The variable of the running cargo has priority, because two clones that share a
/// target folder also share the xtask program.
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
        .ok_or("`cargo metadata` failed: check Cargo.toml")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("`cargo metadata`: {error}"))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "`cargo metadata` returned no target directory".into())
}

/// Returns the home of cargo. `cargo install` puts its programs into `bin` there.
pub fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// Returns the PATH of child processes. The programs of cargo come first, so that older ones do not hide them.
pub fn search_path() -> OsString {
    let ours = cargo_home().map(|home| home.join("bin"));
    prepend(ours.into_iter(), env::var_os("PATH").as_deref())
}

/// Returns the first program of this name on [`search_path`].
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
    // Fails only for a folder with the separator in its name, which PATH cannot express.
    env::join_paths(all).unwrap_or_else(|_| path.unwrap_or_default().to_os_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(folders: &[&str]) -> OsString {
        env::join_paths(folders).expect("no separator in these names")
    }

    #[test]
    fn own_folders_come_first_without_duplicates() {
        let ours = ["/tools/bin", "/cargo/bin"].map(PathBuf::from);
        let path = prepend(ours.into_iter(), Some(&joined(&["/usr/bin", "/cargo/bin", "/bin", "/usr/bin"])));
        assert_eq!(path, joined(&["/tools/bin", "/cargo/bin", "/usr/bin", "/bin"]));
    }

    #[test]
    fn unset_path_is_empty() {
        let path = prepend(std::iter::once(PathBuf::from("/cargo/bin")), None);
        assert_eq!(path, joined(&["/cargo/bin"]));
    }

    #[test]
    fn workspace_is_parent_of_xtask() {
        assert!(root().join("xtask").join("Cargo.toml").is_file());
    }
}
