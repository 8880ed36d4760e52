//! Debian's packages, where there is `apt-get` and the right to use it.

use crate::step::Step;
use crate::{Result, paths};
use std::sync::OnceLock;

/// Returns whether packages can be installed without a password.
pub fn usable() -> bool {
    paths::which("apt-get").is_some() && (is_root() || sudo_needs_no_password())
}

/// Returns whether this system's lists have the package. Ubuntu, for one, has no `chromium-driver`.
pub fn has(package: &str) -> bool {
    updated().is_ok()
        && Step::new("apt-cache", ["show", package]).output().is_some_and(|text| text.contains("\nFilename:"))
}

pub fn install(packages: &[&str]) -> Result {
    updated()?;
    apt_get(&["install", "-y", "--no-install-recommends"])
        .args(packages)
        .hint("the same command by hand, as root")
        .run_quietly()
}

/// A new machine's lists are empty or old: they are fetched once.
fn updated() -> Result {
    static UPDATED: OnceLock<Result> = OnceLock::new();
    UPDATED
        .get_or_init(|| {
            apt_get(&["update"]).hint("is the network there, and are the sources of apt in order?").run_quietly()
        })
        .clone()
}

fn apt_get(args: &[&str]) -> Step {
    let step = if is_root() { Step::new("env", [] as [&str; 0]) } else { Step::new("sudo", ["-n", "env"]) };
    // Another apt at work, such as a new machine's own first update, is waited for.
    step.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600"]).args(args)
}

pub fn is_root() -> bool {
    Step::new("id", ["-u"]).output().as_deref() == Some("0")
}

fn sudo_needs_no_password() -> bool {
    Step::new("sudo", ["-n", "true"]).output().is_some()
}
