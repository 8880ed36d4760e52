//! The announcement of offered files, which is visible wherever the user is on the page.

use browser_rtc::Listener;
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use crate::{
    dom::{self, Dom, MissingElement},
    texts::files as texts,
};

pub struct Announcement {
    toast: HtmlElement,
    text: Element,
    /// Announces the text to screen readers, which ignore elements that become visible with their text.
    status: Element,
    accept: HtmlButtonElement,
    tab: HtmlElement,
    _listeners: [Listener; 3],
}

impl Announcement {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let toast: HtmlElement = dom.get("offer-toast")?;
        let (show, later): (HtmlButtonElement, HtmlButtonElement) = (dom.get("offer-show")?, dom.get("offer-later")?);
        let (tab, list): (HtmlElement, HtmlElement) = (dom.get("tab-files")?, dom.get("files")?);
        let hides = Listener::new(&tab, "click", {
            let toast = toast.clone();
            move |_| toast.set_hidden(true)
        });
        let postpones = Listener::new(&later, "click", {
            let (toast, tab) = (toast.clone(), tab.clone());
            move |_| {
                dom::focus(&tab);
                toast.set_hidden(true);
            }
        });
        let shows = Listener::new(&show, "click", {
            let tab = tab.clone();
            move |_| {
                tab.click();
                // The focus moves the list into view.
                dom::focus(&dom::within(&list, ".file-accept:not([hidden])").unwrap_or_else(|_| list.clone()));
            }
        });
        let _listeners = [hides, postpones, shows];
        Ok(Self {
            text: dom.get("offer-text")?,
            status: dom.get("offer-status")?,
            accept: dom.get("offer-accept")?,
            toast,
            tab,
            _listeners,
        })
    }

    /// The button that accepts all offers.
    pub fn accept(&self) -> &HtmlButtonElement {
        &self.accept
    }

    pub fn show(&self, names: &[String]) {
        let text = texts::announcement(names);
        self.text.set_text_content(Some(&text));
        self.status.set_text_content(Some(&text));
        self.accept.set_text_content(Some(if names.len() > 1 { texts::ACCEPT_ALL } else { texts::ACCEPT }));
        self.toast.set_hidden(false);
    }

    pub fn hide(&self) {
        // Keyboard navigation continues from the tab, whose panel shows the transfers.
        if dom::has_focus(&self.accept) {
            dom::focus(&self.tab);
        }
        self.toast.set_hidden(true);
        self.status.set_text_content(None);
    }
}
