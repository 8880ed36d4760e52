//! The list of the events of a call, with the time since its start.

use std::cell::Cell;

use web_sys::{Document, Element, Performance};

use super::plot::whole;
use crate::dom::{self, Dom, MissingElement, Template};

/// The number of events that are kept.
const LIMIT: u32 = 200;

pub struct Timeline {
    list: Element,
    entry: Template,
    clock: Performance,
    started: Cell<f64>,
    pub document: Document,
}

impl Timeline {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let clock = web_sys::window().and_then(|window| window.performance());
        let clock = clock.ok_or_else(|| dom::missing("performance"))?;
        Ok(Self {
            list: dom.get("timeline")?,
            entry: Template::find(dom, "timeline-template")?,
            started: Cell::new(clock.now()),
            clock,
            document: dom.document().clone(),
        })
    }

    /// Removes the events of the last call.
    pub fn restart(&self) {
        self.list.set_text_content(None);
        self.started.set(self.clock.now());
    }

    /// Adds an event: what it is about, and what happened.
    pub fn add(&self, subject: &str, event: &str) {
        let filled = || -> Result<Element, MissingElement> {
            let entry = self.entry.copy()?;
            dom::within::<Element>(&entry, ".time")?.set_text_content(Some(&self.now()));
            dom::within::<Element>(&entry, ".subject")?.set_text_content(Some(subject));
            dom::within::<Element>(&entry, ".event")?.set_text_content(Some(event));
            Ok(entry)
        };
        // The template is part of the page, and was found with it.
        let Ok(entry) = filled() else { return };
        dom::set_attribute(&entry, "data-subject", subject);
        dom::append(&self.list, &entry);
        if self.list.child_element_count() > LIMIT
            && let Some(oldest) = self.list.first_element_child()
        {
            oldest.remove();
        }
        // The newest event stays in view.
        self.list.set_scroll_top(self.list.scroll_height());
    }

    /// Returns the time since the start of the call, such as `12.3 s`.
    fn now(&self) -> String {
        let tenths = tenths((self.clock.now() - self.started.get()) / 1000.0);
        format!("{tenths} s")
    }

    /// Returns all events as lines of text.
    pub fn text(&self) -> String {
        let children = self.list.children();
        let entries = (0..children.length()).filter_map(|at| children.item(at)?.text_content());
        entries.map(|entry| entry.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
    }
}

/// Formats a number with one digit after the point, without the code that formats any number.
pub fn tenths(number: f64) -> String {
    let tenths = whole(number * 10.0);
    format!("{}.{}", tenths / 10, tenths % 10)
}
