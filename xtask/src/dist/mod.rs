//! The build of the demo for a server: in `www/dist`, with hashed names, one style sheet a page, and compressed files
//! beside the originals. The folder `www` works without it.

mod compress;
mod references;
mod site;

use crate::{Result, artifacts, paths};
use site::Site;
use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes of the first load of the lobby, compressed and with headers. Lower this limit with each reduction, so that
/// nothing is lost again.
pub const LIMIT: usize = 85_000;

/// Returns the folder of the build.
pub fn folder() -> PathBuf {
    paths::root().join("www/dist")
}

/// Builds the wasm of the demo and of the npm package, and writes the pages that use them. Returns the files that the
/// lobby loads.
pub fn build() -> Result<Vec<String>> {
    artifacts::pages()?;
    let site = Site::build(&paths::root().join("www"), &[("npm", paths::root().join("npm/dist"))])?;
    let folder = folder();
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    println!("==> {}", folder.display());
    let loads = site.loads.get("index.html").ok_or("www has no index.html")?;
    println!("    {:>9} {:>8} {:>8}", "bytes", "gzip", "brotli");
    for (path, content) in &site.files {
        let compressed = compress::compress(content)?;
        write(&folder.join(path), content)?;
        let sizes = [(".gz", &compressed.gzip), (".br", &compressed.brotli)].map(|(extension, smaller)| {
            let smaller = smaller.as_ref().map(|smaller| write(&folder.join(format!("{path}{extension}")), smaller));
            smaller.transpose()
        });
        let [gzip, brotli] = sizes;
        let size = |written: Option<usize>| written.unwrap_or(content.len());
        let mark = if loads.contains(path) { "*" } else { " " };
        println!("  {mark} {:>9} {:>8} {:>8}  {path}", content.len(), size(gzip?), size(brotli?));
    }
    println!("    * is loaded by the lobby");
    Ok(loads.clone())
}

/// Writes a file, and returns its size.
fn write(file: &Path, content: &[u8]) -> Result<usize> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, content))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(content.len())
}
