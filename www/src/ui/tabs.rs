//! Tabs, of which one shows its panel.
//!
//! The keyboard follows the pattern of the
//! [ARIA guide](https://www.w3.org/WAI/ARIA/apg/patterns/tabs/): the selected tab is the only tab stop, and the arrow keys,
//! Home and End select another tab.

use std::rc::Rc;

use browser_rtc::Listener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, KeyboardEvent};

use crate::dom::{self, Dom, MissingElement};

/// A tab, and the panel that it shows.
struct Tab {
    name: &'static str,
    button: HtmlButtonElement,
    badge: HtmlElement,
    panel: HtmlElement,
}

/// The tabs of one list.
pub struct Tabs {
    tabs: Rc<[Tab]>,
    _listeners: Vec<Listener>,
}

impl Tabs {
    /// Finds the tabs `#tab-NAME` with their panels `#panel-NAME`.
    pub fn find(dom: &Dom, names: &[&'static str]) -> Result<Self, MissingElement> {
        let find = |name: &&'static str| {
            let button: HtmlButtonElement = dom.get(&format!("tab-{name}"))?;
            let badge = dom::within(&button, ".badge")?;
            Ok(Tab { name, button, badge, panel: dom.get(&format!("panel-{name}"))? })
        };
        let tabs: Rc<[Tab]> = names.iter().map(find).collect::<Result<_, _>>()?;
        let mut listeners = Vec::new();
        for (index, tab) in tabs.iter().enumerate() {
            let all = Rc::clone(&tabs);
            listeners.push(Listener::new(&tab.button, "click", move |_| select(&all, index)));
            let all = Rc::clone(&tabs);
            listeners.push(Listener::new(&tab.button, "keydown", move |event| {
                let Some(key) = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key) else { return };
                let Some(next) = moved(&key, index, all.len()) else { return };
                event.prevent_default();
                select(&all, next);
                if let Some(tab) = all.get(next) {
                    dom::focus(&tab.button);
                }
            }));
        }
        Ok(Self { tabs, _listeners: listeners })
    }

    /// Shows the panel of this name.
    pub fn select(&self, name: &str) {
        if let Some(index) = self.tabs.iter().position(|tab| tab.name == name) {
            select(&self.tabs, index);
        }
    }

    /// Forgets the news of all panels.
    pub fn clear_news(&self) {
        self.tabs.iter().for_each(|tab| clear(&tab.badge));
    }

    /// Counts one more piece of news on the tab, unless its panel is visible.
    pub fn add_news(&self, name: &str) {
        let Some(tab) = self.tabs.iter().find(|tab| tab.name == name && tab.panel.hidden()) else { return };
        let count = tab.badge.text_content().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        tab.badge.set_text_content(Some(&count.saturating_add(1).to_string()));
        tab.badge.set_hidden(false);
    }
}

/// Returns the index of the tab that a key selects.
fn moved(key: &str, index: usize, count: usize) -> Option<usize> {
    match key {
        "ArrowRight" => Some((index + 1) % count),
        "ArrowLeft" => Some((index + count - 1) % count),
        "Home" => Some(0),
        "End" => count.checked_sub(1),
        _ => None,
    }
}

fn select(tabs: &[Tab], selected: usize) {
    for (index, tab) in tabs.iter().enumerate() {
        let is_selected = index == selected;
        dom::set_attribute(&tab.button, "aria-selected", if is_selected { "true" } else { "false" });
        tab.button.set_tab_index(if is_selected { 0 } else { -1 });
        tab.panel.set_hidden(!is_selected);
        if is_selected {
            clear(&tab.badge);
        }
    }
}

fn clear(badge: &Element) {
    badge.set_text_content(None);
    dom::set_attribute(badge, "hidden", "");
}
