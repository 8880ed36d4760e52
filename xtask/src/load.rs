//! `cargo xtask load`: the load generator on our server, and on PeerServer and `matchbox_server` beside it.

use crate::step::Step;
use crate::{Result, artifacts, paths, unexpected};
use std::path::PathBuf;

const PEERSERVER: &str = "1.0.2";
const MATCHBOX: &str = "0.15.0";

/// Options are handed on to the generator, which explains them by `--help`.
pub fn command(args: &[String]) -> Result {
    if !cfg!(target_os = "linux") {
        return Err("the load generator reads /proc and waits by a timerfd: it runs on Linux".into());
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
            Err(error) => println!("note {} is left out: {error}", option.trim_start_matches('-')),
        }
    }
    step.run()
}

/// Returns the folder of the other servers. It is in the build output, which git ignores.
fn others() -> Result<PathBuf> {
    Ok(paths::target_dir()?.join("load"))
}

fn peerserver() -> Result<PathBuf> {
    let folder = others()?.join("peerserver");
    let script = folder.join("node_modules/peer/dist/bin/peerjs.js");
    if paths::which("node").is_none() {
        return Err("no node to run it".into());
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
        println!("==> installing matchbox_server, to compare with (about 2 min)");
        Step::new("cargo", ["install", "--quiet", "--locked", "matchbox_server", "--version", MATCHBOX, "--root"])
            .args([&folder])
            .args(["--target-dir".into(), others()?.join("build")])
            .run_quietly()?;
    }
    Ok(program)
}
