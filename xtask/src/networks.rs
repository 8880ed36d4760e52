//! A check whether network namespaces can be created, which the fault tests need.

use crate::step::Step;
use crate::{Result, apt, tools};
use std::path::PathBuf;

/// Creates and removes a network namespace, and returns the path of the `ip` program.
pub fn usable() -> Result<PathBuf> {
    if !cfg!(target_os = "linux") {
        return Err("fault tests need Linux, which has network namespaces".into());
    }
    let ip = tools::ip().map_err(|problem| format!("{problem}: `cargo xtask setup` installs iproute2"))?;
    if !apt::is_root() {
        return Err(
            "fault tests need root to create networks: run `sudo -E env PATH=\"$PATH\" cargo xtask test faults`".into(),
        );
    }
    let name = format!("browser-rtc-try-{}", std::process::id());
    let netns = |word: &str| Step::new(&ip.to_string_lossy(), ["netns", word, &name]).run_quietly();
    netns("add").map_err(|error| format!("cannot create a network namespace: {error}"))?;
    // Bridges and veth pairs are modules that a kernel may lack.
    let link =
        |words: &[&str]| Step::new(&ip.to_string_lossy(), ["-n", &name, "link", "add"]).args(words).run_quietly();
    let tried = link(&["lan", "type", "bridge"]).and_then(|()| link(&["one", "type", "veth", "peer", "name", "other"]));
    netns("del")?;
    tried.map_err(|error| format!("cannot create a network in a namespace: {error}"))?;
    Ok(ip)
}
