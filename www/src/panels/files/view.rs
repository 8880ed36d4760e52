//! The list of files, and the buttons for all of them.

use std::rc::Rc;

use browser_rtc::Listener;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use super::offers::Announcement;
use crate::{
    dom::{self, Dom, MissingElement, Template},
    ui::viewer::Viewer,
};

const OFFERED: &str = "[data-state=\"offered\"]";
const ACCEPT: &str = ".file-accept:not([hidden])";
const SAVE: &str = ".file-save:not([hidden])";

/// The time between two downloads, in milliseconds. Browsers omit downloads that start at the same moment.
const BETWEEN_DOWNLOADS: u32 = 300;

pub struct FileView {
    list: HtmlElement,
    line: Template,
    accept_all: HtmlButtonElement,
    save_all: HtmlButtonElement,
    announcement: Announcement,
    viewer: Rc<Viewer>,
    _listeners: [Listener; 3],
}

impl FileView {
    pub fn find(dom: &Dom, viewer: Rc<Viewer>) -> Result<Rc<Self>, MissingElement> {
        let list: HtmlElement = dom.get("files")?;
        let (accept_all, save_all): (HtmlButtonElement, HtmlButtonElement) =
            (dom.get("accept-all")?, dom.get("save-all")?);
        let announcement = Announcement::find(dom)?;
        let accept = |button: &HtmlElement| {
            let list = list.clone();
            Listener::new(button, "click", move |_| {
                for offer in dom::all::<HtmlElement>(&list, ACCEPT) {
                    offer.click();
                }
            })
        };
        let save = Listener::new(&save_all, "click", {
            let list = list.clone();
            move |_| {
                let files = dom::all::<HtmlElement>(&list, SAVE);
                spawn_local(async move {
                    for file in files {
                        file.click();
                        TimeoutFuture::new(BETWEEN_DOWNLOADS).await;
                    }
                });
            }
        });
        let _listeners = [accept(&accept_all), accept(announcement.accept()), save];
        let line = Template::find(dom, "file-template")?;
        Ok(Rc::new(Self { list, line, accept_all, save_all, announcement, viewer, _listeners }))
    }

    /// Creates a line, whose buttons are labelled with the name of the file.
    pub fn copy_line(&self, name: &str) -> Result<Element, MissingElement> {
        let line = self.line.copy()?;
        dom::label_buttons(&line, name);
        Ok(line)
    }

    /// Adds a line at the top, where it is visible.
    pub fn add(&self, line: &Element) {
        let _no_cycle = self.list.prepend_with_node_1(line);
    }

    pub fn viewer(&self) -> &Rc<Viewer> {
        &self.viewer
    }

    pub fn focus(&self) {
        dom::focus(&self.list);
    }

    /// Announces the offers that are not visible at the moment.
    pub fn announce_offers(&self) {
        let offers: Vec<HtmlElement> = dom::all(&self.list, OFFERED);
        if offers.iter().any(|offer| !is_in_view(offer)) {
            let name = |offer: &HtmlElement| dom::within::<Element>(offer, ".file-name").ok()?.text_content();
            self.announcement.show(&offers.iter().filter_map(name).collect::<Vec<_>>());
        }
    }

    /// Updates what depends on the states of all files.
    pub fn refresh(&self) {
        let offers = dom::all::<Element>(&self.list, OFFERED).len();
        if offers < 2 && dom::has_focus(&self.accept_all) {
            self.focus();
        }
        self.accept_all.set_hidden(offers < 2);
        self.save_all.set_hidden(dom::all::<Element>(&self.list, SAVE).len() < 2);
        if offers == 0 {
            self.announcement.hide();
        }
    }
}

fn is_in_view(element: &HtmlElement) -> bool {
    let height = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64()).unwrap_or_default();
    let area = element.get_bounding_client_rect();
    area.height() > 0.0 && area.top() >= 0.0 && area.bottom() <= height
}
