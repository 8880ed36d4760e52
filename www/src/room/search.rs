//! The search in a long list of people.

use browser_rtc::Listener;
use js_sys::JsString;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use crate::dom::{self, Dom, MissingElement};

/// The number of people from which on the search is shown.
const FROM: usize = 10;

pub struct Search {
    shown: Shown,
    field: HtmlElement,
    _inputs: Listener,
}

/// The people that match the search text.
#[derive(Clone)]
struct Shown {
    text: HtmlInputElement,
    list: Element,
    no_match: HtmlElement,
}

impl Search {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let shown = Shown { text: dom.get("people-search")?, list: dom.get("people")?, no_match: dom.get("no-match")? };
        let inputs = Listener::new(&shown.text, "input", {
            let shown = shown.clone();
            move |_| shown.update()
        });
        Ok(Self { shown, field: dom.get("people-search-field")?, _inputs: inputs })
    }

    pub fn clear(&self) {
        self.shown.text.set_value("");
    }

    /// Updates the list, in which there are now this many people. A search text of the user stays.
    pub fn update(&self, count: usize) {
        self.field.set_hidden(count < FROM && self.shown.text.value().is_empty());
        self.shown.update();
    }
}

impl Shown {
    fn update(&self) {
        let wanted = lower_case(self.text.value().trim());
        let items = self.list.children();
        let mut matches = 0_u32;
        for item in (0..items.length()).filter_map(|index| items.get_with_index(index)) {
            let Some(name) = item.get_attribute("data-name") else { continue };
            let is_match = lower_case(&name).contains(&wanted);
            matches += u32::from(is_match);
            dom::set_flag(&item, "hidden", !is_match);
        }
        self.no_match.set_hidden(matches > 0 || wanted.is_empty());
    }
}

/// Uses the tables of the browser, which would add to the size of the program.
fn lower_case(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}
