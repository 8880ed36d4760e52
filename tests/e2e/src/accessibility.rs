//! Checks of accessibility by [axe-core](https://github.com/dequelabs/axe-core).

use std::env;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::browsers;
use crate::look::Look;
use crate::page::Page;

/// Runs all rules of axe on the page, and returns the violations.
const RUN: &str = "
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, impact, help, nodes }) => ({
        id, impact, help,
        nodes: nodes.map(({ html, failureSummary }) => `${html}\\n${failureSummary ?? ''}`),
    }));";

/// A rule that the page violates.
#[derive(Debug, Deserialize)]
struct Violation {
    id: String,
    impact: Option<String>,
    help: String,
    /// The elements, each with the reasons.
    nodes: Vec<String>,
}

impl Page {
    /// Asserts that axe finds nothing on the page as it is now, at the size of a desktop and of a phone, in the light and
    /// in the dark color scheme. Requires Chrome.
    ///
    /// # Panics
    /// With all violations. `state` names the state of the page in the message.
    pub async fn check_accessibility(&self, state: &str) {
        let problems = self.accessibility_problems(state).await;
        assert!(problems.is_empty(), "{}: axe found:\n{}", self.name(), problems.join("\n"));
        eprintln!("           {}: axe finds nothing in the state \"{state}\"", self.name());
    }

    /// Returns the violations that axe finds on the page, as [`check_accessibility`](Self::check_accessibility) does.
    pub async fn accessibility_problems(&self, state: &str) -> Vec<String> {
        let is_loaded: bool = self.script("return 'axe' in window").await;
        if !is_loaded {
            // A script of the driver, because the policy of the page permits only scripts of the server.
            let _: Value = self.script(&format!("{}; return null", source())).await;
        }
        let mut problems = Vec::new();
        for look in Look::ALL {
            self.set_look(look).await;
            let violations: Vec<Violation> = self.script(&format!("return (async () => {{ {RUN} }})()")).await;
            problems.extend(violations.iter().map(|violation| {
                let Violation { id, impact, help, nodes } = violation;
                let impact = impact.as_deref().unwrap_or("unrated");
                format!("{state}, {}: {id} ({impact}): {help}\n    {}", look.name, nodes.join("\n    "))
            }));
        }
        self.reset_look().await;
        problems
    }
}

/// Returns the script of axe, from the file that the variable `AXE` names or from the target folder.
fn source() -> String {
    let named = env::var_os("AXE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let file = named.unwrap_or_else(|| browsers::target().join("axe/node_modules/axe-core/axe.min.js"));
    fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: `cargo xtask setup` installs axe-core, or set AXE to the path of axe.min.js",
            file.display()
        )
    })
}
