//! Builds that several commands need: the wasm of the demo, the npm package, the signaling server, the native peer.

use crate::step::Step;
use crate::{Result, paths, setup};
use std::path::{Path, PathBuf};

/// Manifest of the native peer, which is a separate workspace, so that no other build compiles its WebRTC stack.
pub const NATIVE_PEER: &str = "examples/native-peer/Cargo.toml";

/// Builds the wasm of the demo into `www/pkg` and of the labs into `www/labs/pkg`, and the npm package for use without a
/// bundler into `pkg`.
pub fn pages() -> Result {
    wasm_pack("www", "web")?;
    wasm_pack("www/labs", "web")?;
    wasm_pack(".", "web")
}

/// Builds the crate in a folder into its `pkg`.
pub fn wasm_pack(crate_dir: &str, target: &str) -> Result {
    wasm_pack_into(crate_dir, target, Path::new("pkg"))
}

/// Builds the crate in a folder into another one, whose path is absolute or relative to the crate.
pub fn wasm_pack_into(crate_dir: &str, target: &str, output: &Path) -> Result {
    let build = || {
        let step = Step::new("wasm-pack", ["build", crate_dir, "--target", target, "--release", "--out-dir"]);
        step.args([output])
    };
    let built = build().hint("run `cargo xtask setup --for demo`").run();
    if built.is_err() && setup::usable_wasm_opt().is_none() {
        // wasm-pack downloads a missing wasm-opt, and fails if it cannot.
        println!("note: building again without wasm-opt; the package works, but is larger");
        return build().args(["--no-opt"]).run();
    }
    built
}

/// Builds the signaling server with a profile, and returns its path. The profile `server` makes a fast server, and
/// `dev` makes a fast build.
pub fn server(profile: &str) -> Result<PathBuf> {
    Step::new("cargo", ["build", "-p", "browser-rtc-signaling", "--features", "redis"])
        .args(["--bin", "signaling-server", "--profile", profile])
        .run()?;
    let file = format!("signaling-server{}", std::env::consts::EXE_SUFFIX);
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(paths::target_dir()?.join(folder).join(file))
}

/// Runs a cargo command on the native peer, with the target folder of the workspace.
pub fn native_peer(command: &str, args: &[&str]) -> Result {
    let step = Step::new("cargo", [command, "--manifest-path", NATIVE_PEER]).args(["--target-dir"]);
    step.args([paths::target_dir()?]).args(args).run()
}

/// Builds the native peer, and returns its path.
pub fn native_peer_program() -> Result<PathBuf> {
    native_peer("build", &["--locked"])?;
    Ok(paths::target_dir()?.join("debug").join(format!("native-peer{}", std::env::consts::EXE_SUFFIX)))
}
