//! The controls of the panel, and the strip of snapshots and recordings.

use std::rc::Rc;

use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlSelectElement};

use super::source::Side;
use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts::{clock, record as texts, size},
    ui::{
        problem::Problem,
        shelf::{InCall, Shelf},
        viewer::Viewer,
    },
};

pub struct Captures {
    pub snapshot_remote: HtmlButtonElement,
    pub snapshot_own: HtmlButtonElement,
    source: HtmlSelectElement,
    pub start: HtmlButtonElement,
    pub pause: HtmlButtonElement,
    pub stop: HtmlButtonElement,
    meter: HtmlElement,
    time: Element,
    size: Element,
    pub problem: Problem,
    shelf: Shelf,
    strip: Rc<Strip>,
    names: Vec<Element>,
}

impl Captures {
    pub fn find(dom: &Dom, viewer: Rc<Viewer>) -> Result<Self, MissingElement> {
        let source: HtmlSelectElement = dom.get("record-source")?;
        Ok(Self {
            snapshot_remote: dom.get("snapshot-remote")?,
            snapshot_own: dom.get("snapshot-own")?,
            names: dom::all(&dom.get::<Element>("panel-capture")?, ".peer-name"),
            source,
            start: dom.get("record-start")?,
            pause: dom.get("record-pause")?,
            stop: dom.get("record-stop")?,
            meter: dom.get("record-meter")?,
            time: dom.get("record-time")?,
            size: dom.get("record-size")?,
            problem: Problem::find(dom, "capture-problem")?,
            shelf: Shelf::find(dom, "captures")?,
            strip: Strip::find(dom, viewer)?,
        })
    }

    pub fn move_to_call(&self) -> InCall<'_> {
        self.shelf.move_to_call()
    }

    pub fn clear(&self, peer: &str) {
        self.problem.clear();
        for name in &self.names {
            name.set_text_content(Some(peer));
        }
    }

    pub fn strip(&self) -> &Rc<Strip> {
        &self.strip
    }

    /// Returns the name for the files of one side.
    pub fn name_of<'a>(&self, side: Side, peer: &'a str) -> &'a str {
        if side == Side::Own { texts::OWN } else { peer }
    }

    /// Returns the chosen side, and whether its picture is recorded.
    pub fn source(&self) -> (Side, bool) {
        let chosen = self.source.value();
        let side = if chosen.starts_with("own") { Side::Own } else { Side::Remote };
        (side, chosen.ends_with("picture"))
    }

    /// Shows the controls of a recording in progress until the guard is dropped.
    pub fn show_recording(&self) -> InProgress<'_> {
        let progress = InProgress(self);
        progress.set_visible(true);
        dom::focus(&self.stop);
        progress
    }
}

/// Keeps the controls of a recording visible until it is dropped.
#[must_use = "the controls are hidden when this is dropped"]
pub struct InProgress<'a>(&'a Captures);

impl InProgress<'_> {
    pub fn show(&self, seconds: u32, bytes: f64, is_paused: bool) {
        dom::set_attribute(&self.0.meter, "data-state", if is_paused { "paused" } else { "recording" });
        self.0.time.set_text_content(Some(&clock::length(seconds)));
        self.0.size.set_text_content(Some(&size(bytes)));
        self.0.pause.set_text_content(Some(if is_paused { texts::RESUME } else { texts::PAUSE }));
    }

    fn set_visible(&self, visible: bool) {
        self.0.source.set_disabled(visible);
        self.0.start.set_hidden(visible);
        self.0.pause.set_hidden(!visible);
        self.0.stop.set_hidden(!visible);
        self.0.meter.set_hidden(!visible);
        self.0.time.set_text_content(None);
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        let has_focus = dom::has_focus(&self.0.stop) || dom::has_focus(&self.0.pause);
        self.set_visible(false);
        if has_focus {
            dom::focus(&self.0.start);
        }
    }
}

/// The list of snapshots and recordings.
pub struct Strip {
    list: HtmlElement,
    item: Template,
    viewer: Rc<Viewer>,
}

impl Strip {
    fn find(dom: &Dom, viewer: Rc<Viewer>) -> Result<Rc<Self>, MissingElement> {
        let item = Template::find(dom, "capture-template")?;
        Ok(Rc::new(Self { list: dom.get("captures")?, item, viewer }))
    }

    pub fn copy_item(&self) -> Result<Element, MissingElement> {
        self.item.copy()
    }

    /// Adds an item at the beginning.
    pub fn add(&self, item: &Element) {
        let _no_cycle = self.list.prepend_with_node_1(item);
    }

    pub fn viewer(&self) -> &Rc<Viewer> {
        &self.viewer
    }

    pub fn focus(&self) {
        dom::focus(&self.list);
    }
}
