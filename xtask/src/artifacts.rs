//! Builds that several commands need: the wasm of the demo, the npm package, the signaling server, the native peer.

use crate::setup::Need;
use crate::step::Step;
use crate::{Result, paths, setup, stamp};
use std::fs;
use std::path::{Path, PathBuf};

/// Manifest of the native peer, which is a separate workspace, so that no other build compiles its WebRTC stack.
pub const NATIVE_PEER: &str = "examples/native-peer/Cargo.toml";

/// Builds the wasm of the demo into `www/pkg` and of the labs into `www/labs/pkg`, and the npm package into `npm/dist`.
pub fn pages() -> Result {
    wasm_pack("www", "web")?;
    wasm_pack("www/labs", "web")?;
    npm_package()
}

/// Builds the published npm package into `npm/dist`.
pub fn npm_package() -> Result {
    setup::run(&[Need::Node])?;
    install_packages(&paths::root().join("npm"))?;
    let raw = npm_folder()?.join("raw");
    wasm_pack_into(".", "web", &raw)?;
    Step::new("node", ["npm/build.mjs".into(), raw]).run()
}

/// Returns the folder for build output of the npm package and of its tests.
pub fn npm_folder() -> Result<PathBuf> {
    let folder = paths::target_dir()?.join("npm");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Installs the packages of the lock file in a folder, unless they are installed.
pub fn install_packages(folder: &Path) -> Result {
    let lock = folder.join("package-lock.json");
    let text = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    let installed = folder.join("node_modules/installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == text) {
        return Ok(());
    }
    Step::new("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--prefix"])
        .args([folder])
        .hint("check that the npm registry is reachable, and that package-lock.json matches package.json")
        .run()?;
    fs::write(&installed, text).map_err(|error| format!("{}: {error}", installed.display()))
}

/// Builds the crate in a folder into its `pkg`.
pub fn wasm_pack(crate_dir: &str, target: &str) -> Result {
    wasm_pack_into(crate_dir, target, Path::new("pkg"))
}

/// Builds the crate in a folder into another one, whose path is absolute or relative to the crate, unless it is current.
pub fn wasm_pack_into(crate_dir: &str, target: &str, output: &Path) -> Result {
    let folder = paths::root().join(crate_dir).join(output);
    let command = format!("{crate_dir} {target}");
    stamp::unless_current(&folder, &command, || run_wasm_pack(crate_dir, target, output))
}

fn run_wasm_pack(crate_dir: &str, target: &str, output: &Path) -> Result {
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
