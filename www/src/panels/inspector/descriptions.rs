//! The session descriptions of both sides, with the differences from the previous negotiation.

use std::cell::RefCell;

use browser_rtc::peer::{PeerConnection, SignalingState};
use futures::StreamExt;
use web_sys::Element;

use super::diff::{Line, diff};
use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts::inspector as texts,
};

pub struct Descriptions {
    local: Description,
    remote: Description,
}

struct Description {
    lines: Element,
    summary: Element,
    line: Template,
    /// The description of the previous negotiation.
    previous: RefCell<String>,
    current: RefCell<String>,
}

impl Descriptions {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self { local: Description::find(dom, "local")?, remote: Description::find(dom, "remote")? })
    }

    pub fn clear(&self) {
        for side in [&self.local, &self.remote] {
            side.previous.take();
            side.current.take();
            side.lines.set_text_content(None);
            side.summary.set_text_content(None);
        }
    }

    /// Returns both descriptions without their passwords.
    pub fn text(&self) -> String {
        let text = |side: &Description| without_passwords(&side.current.borrow());
        format!("local description:\n{}\nremote description:\n{}", text(&self.local), text(&self.remote))
    }
}

impl Description {
    fn find(dom: &Dom, side: &str) -> Result<Self, MissingElement> {
        Ok(Self {
            lines: dom.get(&format!("{side}-sdp"))?,
            summary: dom.get(&format!("{side}-sdp-summary"))?,
            line: Template::find(dom, "sdp-line-template")?,
            previous: RefCell::default(),
            current: RefCell::default(),
        })
    }

    /// Starts a negotiation, whose descriptions are compared with the current one.
    fn start(&self) {
        self.previous.replace(self.current.borrow().clone());
    }

    fn show(&self, sdp: &str) {
        if self.current.replace(sdp.to_owned()) == sdp {
            return;
        }
        self.lines.set_text_content(None);
        let previous = self.previous.borrow();
        let lines = diff(&previous, sdp);
        let is_first = previous.is_empty();
        let mut changes = 0;
        for line in lines {
            let (text, change) = match line {
                Line::Added(text) if !is_first => (text, "added"),
                Line::Removed(text) => (text, "removed"),
                Line::Same(text) | Line::Added(text) => (text, ""),
            };
            changes += u32::from(!change.is_empty());
            let Ok(element) = self.line.copy() else { return };
            dom::set_attribute(&element, "data-change", change);
            element.set_text_content(Some(text));
            dom::append(&self.lines, &element);
        }
        let count = sdp.lines().count();
        self.summary.set_text_content(Some(&texts::description(count, (!is_first).then_some(changes))));
    }
}

/// Shows the descriptions after each negotiation, until the connection closes.
pub async fn follow(descriptions: &Descriptions, connection: &PeerConnection) {
    let mut states = connection.signaling_states();
    let mut was_stable = true;
    while let Some(state) = states.next().await {
        let is_stable = state == SignalingState::Stable;
        if was_stable && !is_stable {
            descriptions.local.start();
            descriptions.remote.start();
        }
        was_stable = is_stable;
        for (side, description) in [
            (&descriptions.local, connection.local_description()),
            (&descriptions.remote, connection.remote_description()),
        ] {
            if let Some(description) = description {
                side.show(&without_candidates(&description.sdp));
            }
        }
    }
}

/// Leaves out candidates, which have a table of their own, and are not part of what is negotiated.
fn without_candidates(sdp: &str) -> String {
    let is_candidate = |line: &&str| line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates");
    sdp.lines().filter(|line| !is_candidate(line)).map(|line| format!("{line}\n")).collect()
}

/// Replaces the passwords of ICE, with which someone could take part in the call.
fn without_passwords(sdp: &str) -> String {
    let hide =
        |line: &str| if line.starts_with("a=ice-pwd:") { "a=ice-pwd:(hidden)\n".into() } else { format!("{line}\n") };
    sdp.lines().map(hide).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_and_candidates_are_left_out() {
        let sdp = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=candidate:1 1 udp\r\na=end-of-candidates\r\n";
        assert_eq!(without_candidates(sdp), "v=0\na=ice-ufrag:abcd\na=ice-pwd:secret\n");
        assert_eq!(without_passwords(&without_candidates(sdp)), "v=0\na=ice-ufrag:abcd\na=ice-pwd:(hidden)\n");
    }
}
