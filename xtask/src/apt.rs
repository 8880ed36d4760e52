//! Installation of Debian packages with `apt-get`.

use crate::step::Step;
use crate::{Result, paths};
use std::sync::OnceLock;

/// Returns whether packages can be installed without a password.
pub fn usable() -> bool {
    paths::which("apt-get").is_some() && (is_root() || sudo_needs_no_password())
}

/// Returns whether the package lists of this system have the package. Ubuntu has no `chromium-driver`, for example.
pub fn has(package: &str) -> bool {
    updated().is_ok()
        && Step::new("apt-cache", ["show", package]).output().is_some_and(|text| text.contains("\nFilename:"))
}

pub fn install(packages: &[&str]) -> Result {
    updated()?;
    apt_get(&["install", "-y", "--no-install-recommends"])
        .args(packages)
        .hint("run the same command as root")
        .run_quietly()
}

/// Updates the package lists once, because those of a new machine are empty or old.
fn updated() -> Result {
    static UPDATED: OnceLock<Result> = OnceLock::new();
    UPDATED
        .get_or_init(|| apt_get(&["update"]).hint("check the network and the package sources of apt").run_quietly())
        .clone()
}

fn apt_get(args: &[&str]) -> Step {
    let step = if is_root() { Step::new("env", [] as [&str; 0]) } else { Step::new("sudo", ["-n", "env"]) };
    // The timeout waits for another apt process, such as the first update of a new machine.
    step.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600"]).args(args)
}

pub fn is_root() -> bool {
    Step::new("id", ["-u"]).output().as_deref() == Some("0")
}

fn sudo_needs_no_password() -> bool {
    Step::new("sudo", ["-n", "true"]).output().is_some()
}
