//! The status line: news, or else the latest condition.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use web_sys::Element;

use super::code::Note;
use crate::dom;

/// The time after which a quiet note is hidden, in milliseconds.
const QUIET_AFTER: u32 = 5_000;

pub struct StatusLine(Rc<Line>);

struct Line {
    element: Element,
    news: RefCell<Option<Note>>,
    /// The conditions that are true, the latest one last.
    conditions: RefCell<Vec<(u32, Note)>>,
    next_id: Cell<u32>,
    /// The end of the news, or of the time in which a quiet note is visible.
    timer: Cell<Option<Timeout>>,
}

/// A condition that is shown until it is dropped.
#[must_use = "the condition is no longer shown when this is dropped"]
pub struct Condition {
    line: Rc<Line>,
    id: u32,
}

impl StatusLine {
    pub fn new(element: Element) -> Self {
        Self(Rc::new(Line {
            element,
            news: RefCell::default(),
            conditions: RefCell::default(),
            next_id: Cell::default(),
            timer: Cell::default(),
        }))
    }

    pub fn show(&self, note: Note) {
        self.0.news.replace(Some(note));
        self.0.render(true);
    }

    /// Shows a condition, which replaces the news.
    pub fn hold(&self, note: Note) -> Condition {
        let id = self.0.next_id.replace(self.0.next_id.get().wrapping_add(1));
        self.0.news.take();
        self.0.conditions.borrow_mut().push((id, note));
        self.0.render(true);
        Condition { line: Rc::clone(&self.0), id }
    }
}

impl Drop for StatusLine {
    /// Leaves the line to another program.
    fn drop(&mut self) {
        self.0.timer.take();
    }
}

impl Line {
    /// Shows the current note. A condition that appears again after news is not new.
    fn render(self: &Rc<Self>, is_new: bool) {
        let (news, conditions) = (self.news.borrow(), self.conditions.borrow());
        let note = news.as_ref().or_else(|| conditions.last().map(|(_, note)| note));
        let (code, sentence) = note.map_or(("", ""), |note| (note.code.as_str(), &note.sentence));
        let is_quiet = note.is_some_and(|note| note.code.is_quiet());
        dom::set_attribute(&self.element, "data-code", code);
        dom::set_visually_hidden(&self.element, is_quiet && !is_new);
        if self.element.text_content().as_deref() != Some(sentence) {
            self.element.set_text_content(Some(sentence));
        }
        let life = if is_quiet { Some(QUIET_AFTER) } else { news.as_ref().and_then(|news| news.life) };
        let timer = life.filter(|_| is_new).map(|life| {
            let line = Rc::clone(self);
            Timeout::new(life, move || {
                if !is_quiet {
                    line.news.take();
                }
                line.render(false);
            })
        });
        self.timer.set(timer);
    }
}

impl Drop for Condition {
    fn drop(&mut self) {
        self.line.conditions.borrow_mut().retain(|(id, _)| *id != self.id);
        if self.line.news.borrow().is_none() {
            self.line.render(false);
        }
    }
}
