//! A snapshot or a recording in the strip.

use std::rc::Rc;

use browser_rtc::Listener;
use futures::StreamExt;
use web_sys::{Blob, Element, HtmlAnchorElement, HtmlButtonElement, HtmlElement, HtmlImageElement, HtmlMediaElement};

use super::view::Strip;
use crate::{
    dom::{self, MissingElement},
    ui::object_url::ObjectUrl,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Picture,
    Video,
    Sound,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Video => "video",
            Self::Sound => "sound",
        }
    }
}

/// A file in the strip, which is removed on drop.
pub struct Item {
    strip: Rc<Strip>,
    element: Element,
    remove: HtmlButtonElement,
    _url: ObjectUrl,
    _listeners: Vec<Listener>,
}

impl Item {
    /// Adds a file at the beginning of the strip. Returns `None` if the browser has no URL for it.
    pub fn new(strip: &Rc<Strip>, kind: Kind, file: &Blob, name: &str, detail: &str) -> Option<Self> {
        let url = ObjectUrl::new(file).ok()?;
        // `find` has checked that the template has all parts.
        Self::with_url(strip, kind, url, name, detail).ok()
    }

    pub fn with_url(
        strip: &Rc<Strip>,
        kind: Kind,
        url: ObjectUrl,
        name: &str,
        detail: &str,
    ) -> Result<Self, MissingElement> {
        let element = strip.copy_item()?;
        dom::set_attribute(&element, "data-kind", kind.as_str());
        dom::within::<Element>(&element, ".capture-name")?.set_text_content(Some(name));
        dom::within::<Element>(&element, ".capture-detail")?.set_text_content(Some(detail));
        dom::label_buttons(&element, name);
        let save: HtmlAnchorElement = dom::within(&element, ".capture-save")?;
        save.set_href(url.as_str());
        save.set_download(name);
        let mut listeners = Vec::new();
        if kind == Kind::Picture {
            let open: HtmlButtonElement = dom::within(&element, ".capture-open")?;
            dom::within::<HtmlImageElement>(&open, "img")?.set_src(url.as_str());
            open.set_hidden(false);
            let (viewer, shown, name) = (strip.viewer().clone(), url.as_str().to_owned(), name.to_owned());
            listeners.push(Listener::new(&open, "click", move |_| viewer.open(&shown, &name)));
        } else {
            let player: HtmlMediaElement = dom::within(&element, if kind == Kind::Video { "video" } else { "audio" })?;
            listeners.extend(read_duration(&player));
            dom::set_attribute(&player, "aria-label", name);
            player.set_src(url.as_str());
            player.set_hidden(false);
        }
        strip.add(&element);
        Ok(Self {
            strip: strip.clone(),
            remove: dom::within(&element, ".capture-remove")?,
            element,
            _url: url,
            _listeners: listeners,
        })
    }

    /// Resolves when the user removes the file.
    pub async fn removed(&self) {
        dom::clicks(&self.remove).select_next_some().await;
        // Keyboard navigation continues from the next file.
        let next = self.element.next_element_sibling().or_else(|| self.element.previous_element_sibling());
        match next.and_then(|next| dom::within::<HtmlElement>(&next, ".capture-remove").ok()) {
            Some(button) => dom::focus(&button),
            None => self.strip.focus(),
        }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Makes a player show the duration of a recording. The files of Chromium do not contain it, so that the player has to
/// read the end once.
fn read_duration(player: &HtmlMediaElement) -> [Listener; 2] {
    let (at_start, at_end) = (player.clone(), player.clone());
    [
        Listener::new(player, "loadedmetadata", move |_| {
            if at_start.duration().is_infinite() {
                at_start.set_current_time(f64::from(u32::MAX));
            }
        }),
        Listener::new(player, "durationchange", move |_| {
            if at_end.duration().is_finite() && at_end.paused() {
                at_end.set_current_time(0.0);
            }
        }),
    ]
}
