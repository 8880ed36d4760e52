//! Builds that several commands need: the demo's wasm, the npm package, the signaling server, the native peer.

use crate::step::Step;
use crate::{Result, paths, setup};
use std::path::PathBuf;

/// The native peer is a workspace of its own: its WebRTC stack is no part of any other build.
pub const NATIVE_PEER: &str = "examples/native-peer/Cargo.toml";

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

/// Runs a cargo command on the native peer, in the target folder of the workspace.
pub fn native_peer(command: &str, args: &[&str]) -> Result {
    let step = Step::new("cargo", [command, "--manifest-path", NATIVE_PEER]).args(["--target-dir"]);
    step.args([paths::target_dir()?]).args(args).run()
}

/// Builds the native peer.
pub fn native_peer_program() -> Result<PathBuf> {
    native_peer("build", &["--locked"])?;
    Ok(paths::target_dir()?.join("debug").join(format!("native-peer{}", std::env::consts::EXE_SUFFIX)))
}
