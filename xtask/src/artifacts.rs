//! What the commands share in building: the demo's wasm, the npm package, the signaling server.

use crate::step::Step;
use crate::{Result, paths, setup};
use std::path::PathBuf;

/// `www/pkg`, the demo's wasm, and `pkg`, the npm package for use without a bundler.
pub fn pages() -> Result {
    wasm_pack("www", "web")?;
    wasm_pack(".", "web")
}

/// Builds the crate in this folder into its `pkg`.
pub fn wasm_pack(crate_dir: &str, target: &str) -> Result {
    let build = || Step::new("wasm-pack", ["build", crate_dir, "--target", target, "--release"]);
    let built = build().hint("`cargo xtask setup --for demo`").run();
    if built.is_err() && setup::fitting_wasm_opt().is_none() {
        // Without one wasm-pack fetches it, and fails where it cannot.
        println!("note: once more without wasm-opt, for a package that works and is larger");
        return build().args(["--no-opt"]).run();
    }
    built
}

/// The signaling server, in this profile: `server` is fast, and `dev` is built fast.
pub fn server(profile: &str) -> Result<PathBuf> {
    Step::new("cargo", ["build", "-p", "browser-rtc-signaling", "--features", "redis"])
        .args(["--bin", "signaling-server", "--profile", profile])
        .run()?;
    let file = format!("signaling-server{}", std::env::consts::EXE_SUFFIX);
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(paths::target_dir()?.join(folder).join(file))
}
