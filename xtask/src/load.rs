//! `cargo xtask load`: runs the load generator on the signaling server, and on PeerServer and `matchbox_server` for
//! comparison.

use crate::step::Step;
use crate::{Result, artifacts, paths, unexpected};
use std::path::PathBuf;

const PEERSERVER: &str = "1.0.2";
const MATCHBOX: &str = "0.15.0";

/// Runs the generator with the given options, which its `--help` explains.
pub fn command(args: &[String]) -> Result {
    if !cfg!(target_os = "linux") {
        return Err("the load generator needs Linux: it uses /proc and timerfd".into());
    }
    if let Some(stray) = args.first().filter(|first| !first.starts_with('-')) {
        return Err(unexpected(stray));
    }
    let ours = artifacts::server("server")?;
    Step::new("cargo", ["build", "-p", "browser-rtc-load", "--profile", "server"]).run()?;
    let generator = paths::target_dir()?.join("server").join("browser-rtc-load");
    let mut step = Step::new(&generator.to_string_lossy(), args).args(["--server".into(), ours]);
    for (option, found) in [("--peerserver", peerserver()), ("--matchbox", matchbox())] {
        match found {
            Ok(program) => step = step.args([option.into(), program]),
            Err(error) => println!("note {} is skipped: {error}", option.trim_start_matches('-')),
        }
    }
    step.run()
}

/// Returns the folder of the other servers, which is in the target folder.
fn others() -> Result<PathBuf> {
    Ok(paths::target_dir()?.join("load"))
}

fn peerserver() -> Result<PathBuf> {
    let folder = others()?.join("peerserver");
    let script = folder.join("node_modules/peer/dist/bin/peerjs.js");
    if paths::which("node").is_none() {
        return Err("PeerServer needs Node.js".into());
    }
    if !script.is_file() {
        Step::new("npm", ["install", "--no-audit", "--no-fund", "--prefix"])
            .args([folder])
            .args([format!("peer@{PEERSERVER}")])
            .run_quietly()?;
    }
    Ok(script)
}

fn matchbox() -> Result<PathBuf> {
    let folder = others()?.join("matchbox");
    let program = folder.join("bin").join("matchbox_server");
    if !program.is_file() {
        println!("==> installing matchbox_server for comparison (about 2 min)");
        Step::new("cargo", ["install", "--quiet", "--locked", "matchbox_server", "--version", MATCHBOX, "--root"])
            .args([&folder])
            .args(["--target-dir".into(), others()?.join("build")])
            .run_quietly()?;
    }
    Ok(program)
}
