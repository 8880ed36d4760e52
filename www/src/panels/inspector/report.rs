//! One text with everything that the panel shows, for the report of a bug. It has no passwords.

use browser_rtc::room::Call;
use futures::{FutureExt, StreamExt, select_biased};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlButtonElement};

use super::Inspector;
use crate::{
    dom::{self, Dom, MissingElement},
    texts::inspector as texts,
};

pub struct Copier {
    button: HtmlButtonElement,
    outcome: Element,
}

impl Copier {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self { button: dom.get("copy-report")?, outcome: dom.get("copy-outcome")? })
    }
}

/// Copies a report at each click, until the call ends.
pub async fn run(inspector: &Inspector, call: &Call) {
    let Copier { button, outcome } = &inspector.copier;
    outcome.set_text_content(None);
    let mut clicks = dom::clicks(button).fuse();
    let mut ended = call.ended().fuse();
    loop {
        select_biased! {
            _ = ended => return,
            () = clicks.select_next_some() => {
                let copied = copy(&report(inspector)).await;
                outcome.set_text_content(Some(if copied { texts::COPIED } else { texts::NOT_COPIED }));
            }
        }
    }
}

/// Returns whether the browser has copied the text. It refuses without a recent click.
async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    JsFuture::from(window.navigator().clipboard().write_text(text)).await.is_ok()
}

fn report(inspector: &Inspector) -> String {
    let browser = web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default();
    let Inspector { states, timeline, plots, streams, candidates, descriptions, .. } = inspector;
    let parts = [
        ("browser", format!("{browser}\n")),
        ("states", states.text()),
        ("timeline", timeline.text()),
        ("measurements", plots.text()),
        ("streams", streams.text()),
        ("candidates", candidates.text()),
        ("descriptions", descriptions.text()),
    ];
    parts.iter().map(|(name, text)| format!("== {name} ==\n{text}\n")).collect()
}
