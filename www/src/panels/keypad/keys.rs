//! The keyboard of the keypad: one tab stop, arrow keys between the keys, and digits that press them.

use browser_rtc::Listener;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::dom;

const COLUMNS: usize = 4;

/// Lets the keyboard control the keys until the listeners are dropped.
pub fn listen(panel: &HtmlElement, keypad: &HtmlElement) -> [Listener; 3] {
    let keys: Vec<HtmlElement> = dom::all(keypad, "[data-tone]");
    set_tab_stop(&keys, 0);
    let digits = Listener::new(panel, "keydown", {
        let keys = keys.clone();
        move |event| press_digit(&keys, &event)
    });
    let arrows = Listener::new(keypad, "keydown", {
        let keys = keys.clone();
        move |event| move_focus(&keys, &event)
    });
    // A key that is clicked or reached in another way becomes the tab stop.
    let focus = Listener::new(keypad, "focusin", move |event| {
        if let Some(index) = index_of(&keys, &event) {
            set_tab_stop(&keys, index);
        }
    });
    [digits, arrows, focus]
}

fn press_digit(keys: &[HtmlElement], event: &Event) {
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
    let is_field = event.target().is_some_and(|target| target.has_type::<HtmlInputElement>());
    if is_field || event.repeat() || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let tone = event.key().to_ascii_uppercase();
    if let Some(key) = keys.iter().find(|key| key.get_attribute("data-tone").as_ref() == Some(&tone)) {
        event.prevent_default();
        key.click();
    }
}

fn move_focus(keys: &[HtmlElement], event: &Event) {
    let Some(index) = index_of(keys, event) else { return };
    let Some(key) = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key) else { return };
    let Some(next) = moved(&key, index, keys.len()).and_then(|next| keys.get(next)) else { return };
    event.prevent_default();
    dom::focus(next);
}

/// Returns the index of the key that an arrow key moves to, within the row or the column.
fn moved(key: &str, index: usize, count: usize) -> Option<usize> {
    let row = index - index % COLUMNS;
    match key {
        "ArrowRight" => Some(row + (index + 1) % COLUMNS),
        "ArrowLeft" => Some(row + (index + COLUMNS - 1) % COLUMNS),
        "ArrowDown" => Some((index + COLUMNS) % count),
        "ArrowUp" => Some((index + count - COLUMNS) % count),
        "Home" => Some(row),
        "End" => Some(row + COLUMNS - 1),
        _ => None,
    }
}

fn index_of(keys: &[HtmlElement], event: &Event) -> Option<usize> {
    let target: HtmlElement = event.target()?.dyn_into().ok()?;
    keys.iter().position(|key| *key == target)
}

fn set_tab_stop(keys: &[HtmlElement], stop: usize) {
    for (index, key) in keys.iter().enumerate() {
        key.set_tab_index(if index == stop { 0 } else { -1 });
    }
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn arrows_wrap_within_row_and_column() {
        let steps = [("ArrowRight", 3, 0), ("ArrowLeft", 4, 7), ("ArrowDown", 13, 1), ("ArrowUp", 2, 14)];
        for (key, from, to) in steps {
            assert_eq!(moved(key, from, 16), Some(to), "{key} from {from}");
        }
        assert_eq!(moved("Home", 6, 16), Some(4));
        assert_eq!(moved("End", 4, 16), Some(7));
        assert_eq!(moved("a", 4, 16), None);
    }
}
