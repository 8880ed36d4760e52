//! Files in a served directory that are not part of a page, such as the source of its program.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

/// Files and folders that are private everywhere.
const PRIVATE: [&str; 3] = ["Cargo.toml", "Cargo.lock", "node_modules"];
/// Files and folders that are private in a Cargo package. Elsewhere, pages may have folders with these names.
const IN_CARGO_PACKAGE: [&str; 5] = ["src", "target", "tests", "benches", "build.rs"];
/// Certificate authorities and browsers request files in this folder.
const PUBLIC: &str = ".well-known";

/// Returns whether the file with this path of a URL in the served folder is private: its own name or that of a folder
/// above it starts with a dot or is the name of a source. A folder that is private by its name can still be served under
/// a prefix of its own.
pub async fn is_private(folder: &Path, path: &str) -> bool {
    let Ok(path) = percent_decode_str(path.trim_start_matches('/')).decode_utf8() else {
        return true;
    };
    let mut parent: PathBuf = folder.to_owned();
    for component in Path::new(&*path).components() {
        let Component::Normal(name) = component else {
            return true;
        };
        let Some(text) = name.to_str() else {
            return true;
        };
        if (text.starts_with('.') && text != PUBLIC) || is_one_of(text, &PRIVATE) {
            return true;
        }
        if is_one_of(text, &IN_CARGO_PACKAGE) && is_cargo_package(&parent).await {
            return true;
        }
        parent.push(name);
    }
    false
}

/// Compares without case, because some file systems do.
fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

async fn is_cargo_package(folder: &Path) -> bool {
    tokio::fs::try_exists(folder.join("Cargo.toml")).await.unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn sources_and_dot_files_are_private() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Cargo.toml"), "").unwrap();
        for path in [
            "/Cargo.toml",
            "/cargo.TOML",
            "/Cargo%2Etoml",
            "/%43argo.lock",
            "/src/lib.rs",
            "/s%72c/lib.rs",
            "/SRC/lib.rs",
            "/target/app.d",
            "/tests/web.rs",
            "/build.rs",
            "/node_modules/a/index.js",
            "/.env",
            "/%2Egit/config",
            "/sub/.git/config",
            "/../secret",
            "/a/%2e%2e/b",
            "/%ff",
        ] {
            assert!(is_private(root.path(), path).await, "{path}");
        }
    }

    #[tokio::test]
    async fn other_files_are_public() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Cargo.toml"), "").unwrap();
        fs::create_dir(root.path().join("page")).unwrap();
        for path in [
            "/",
            "/index.html",
            "/pkg/app.js",
            "/.well-known/acme-challenge/token",
            "/page/src/main.js",
            "/target.html",
            "/a..b.js",
            "/Grüße.txt",
        ] {
            assert!(!is_private(root.path(), path).await, "{path}");
        }
    }
}
