//! A picture that the user moves to a corner of its frame, with the pointer or the keyboard.

use std::{cell::Cell, rc::Rc};

use browser_rtc::Listener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlElement, KeyboardEvent, PointerEvent};

use super::texts;
use crate::dom::{self, Dom, MissingElement};

/// The picture `#own-tile`, with the button `#own-move` on all of it.
pub struct MovablePicture {
    _listeners: Vec<Listener>,
}

#[derive(Clone, Copy)]
struct Corner {
    bottom: bool,
    right: bool,
}

impl Corner {
    fn name(self) -> &'static str {
        match (self.bottom, self.right) {
            (false, false) => "top-left",
            (false, true) => "top-right",
            (true, false) => "bottom-left",
            (true, true) => "bottom-right",
        }
    }

    /// Returns the corner to which a key moves the picture.
    fn moved(self, key: &str) -> Option<Self> {
        Some(match key {
            "ArrowUp" => Self { bottom: false, ..self },
            "ArrowDown" => Self { bottom: true, ..self },
            "ArrowLeft" => Self { right: false, ..self },
            "ArrowRight" => Self { right: true, ..self },
            _ => return None,
        })
    }
}

struct State {
    picture: HtmlElement,
    frame: HtmlElement,
    button: HtmlButtonElement,
    corner: Cell<Corner>,
    /// The position of the pointer at which dragging began.
    start: Cell<Option<(i32, i32)>>,
}

impl State {
    fn set(&self, corner: Corner) {
        self.corner.set(corner);
        dom::set_attribute(&self.picture, "data-corner", corner.name());
        dom::set_attribute(&self.button, "aria-label", texts::call::own_corner(corner.bottom, corner.right));
    }

    fn drag(&self, event: &PointerEvent) {
        let Some((x, y)) = self.start.get() else { return };
        dom::set_flag(&self.picture, "data-dragged", true);
        dom::set_property(&self.picture, "--x", &format!("{}px", event.client_x() - x));
        dom::set_property(&self.picture, "--y", &format!("{}px", event.client_y() - y));
    }

    /// Moves the picture to the corner that is nearest to its center.
    fn drop(&self) {
        if self.start.take().is_none() {
            return;
        }
        let (picture, frame) = (self.picture.get_bounding_client_rect(), self.frame.get_bounding_client_rect());
        dom::set_flag(&self.picture, "data-dragged", false);
        dom::set_property(&self.picture, "--x", "0px");
        dom::set_property(&self.picture, "--y", "0px");
        self.set(Corner {
            bottom: picture.top() + picture.bottom() > frame.top() + frame.bottom(),
            right: picture.left() + picture.right() > frame.left() + frame.right(),
        });
    }
}

impl MovablePicture {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let state = Rc::new(State {
            picture: dom.get("own-tile")?,
            frame: dom.get("stage")?,
            button: dom.get("own-move")?,
            corner: Cell::new(Corner { bottom: true, right: true }),
            start: Cell::default(),
        });
        state.set(state.corner.get());
        let pointer = |name, act: fn(&State, &PointerEvent)| {
            let state = Rc::clone(&state);
            Listener::new(&Rc::clone(&state).button, name, move |event| {
                if let Some(event) = event.dyn_ref::<PointerEvent>() {
                    act(&state, event);
                }
            })
        };
        let begin = |state: &State, event: &PointerEvent| {
            // Without capture, dragging would end outside of the button.
            let _is_active = state.button.set_pointer_capture(event.pointer_id());
            state.start.set(Some((event.client_x(), event.client_y())));
        };
        let mut listeners = vec![
            pointer("pointerdown", begin),
            pointer("pointermove", State::drag),
            pointer("pointerup", |state, _| state.drop()),
            pointer("pointercancel", |state, _| state.drop()),
        ];
        let moved = Rc::clone(&state);
        listeners.push(Listener::new(&state.button, "keydown", move |event| {
            let Some(key) = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key) else { return };
            if let Some(corner) = moved.corner.get().moved(&key) {
                event.prevent_default();
                moved.set(corner);
            }
        }));
        Ok(Self { _listeners: listeners })
    }
}
