//! One file in the list.

use std::{cell::RefCell, future::Future, rc::Rc};

use browser_rtc::{Error, files::Progress};
use futures::{
    FutureExt, Stream, StreamExt,
    future::{Either, select},
    select_biased,
};
use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use web_sys::{Element, HtmlAnchorElement, HtmlButtonElement, HtmlElement, HtmlImageElement, HtmlProgressElement};

use super::{preview::Preview, rate::Rate, view::FileView};
use crate::{
    dom::{self, MissingElement},
    texts::{self, files},
    ui::object_url::ObjectUrl,
};

/// The time between two updates of the figures, in milliseconds.
const PAUSE: u32 = 250;

/// A line of the list, which is removed on drop.
pub struct Item {
    view: Rc<FileView>,
    name: String,
    element: Element,
    state: Element,
    figures: Element,
    bar: HtmlProgressElement,
    accept: HtmlButtonElement,
    refuse: HtmlButtonElement,
    cancel: HtmlButtonElement,
    remove: HtmlButtonElement,
    save: HtmlAnchorElement,
    thumb: HtmlButtonElement,
    picture: HtmlImageElement,
    rate: RefCell<Rate>,
}

impl Item {
    /// Creates the line, and adds it at the top. File names are inserted as text and never as HTML.
    pub fn new(view: &Rc<FileView>, direction: &str, name: &str, size: f64) -> Result<Self, MissingElement> {
        let element = view.copy_line(name)?;
        dom::set_attribute(&element, "data-direction", direction);
        dom::within::<Element>(&element, ".file-name")?.set_text_content(Some(name));
        dom::within::<Element>(&element, ".file-size")?.set_text_content(Some(&texts::size(size)));
        let item = Self {
            view: view.clone(),
            name: name.to_owned(),
            state: dom::within(&element, ".file-state")?,
            figures: dom::within(&element, ".file-figures")?,
            bar: dom::within(&element, "progress")?,
            accept: dom::within(&element, ".file-accept")?,
            refuse: dom::within(&element, ".file-refuse")?,
            cancel: dom::within(&element, ".file-cancel")?,
            remove: dom::within(&element, ".file-remove")?,
            save: dom::within(&element, ".file-save")?,
            thumb: dom::within(&element, ".file-thumb")?,
            picture: dom::within(&element, ".file-thumb img")?,
            rate: RefCell::default(),
            element,
        };
        dom::set_attribute(&item.bar, "aria-label", name);
        view.add(&item.element);
        Ok(item)
    }

    pub fn accept_button(&self) -> &HtmlButtonElement {
        &self.accept
    }

    pub fn refuse_button(&self) -> &HtmlButtonElement {
        &self.refuse
    }

    pub fn cancel_button(&self) -> &HtmlButtonElement {
        &self.cancel
    }

    /// Shows the buttons that answer the offer until the guard is dropped.
    pub fn ask(&self) -> Asking<'_> {
        self.accept.set_hidden(false);
        self.refuse.set_hidden(false);
        self.view.refresh();
        Asking(self)
    }

    pub fn set_state(&self, state: &str, text: &str) {
        dom::set_attribute(&self.element, "data-state", state);
        self.state.set_text_content(Some(text));
        self.view.refresh();
    }

    /// Shows the progress until the transfer is over, with the rate of the last seconds.
    pub async fn follow(&self, mut progress: impl Stream<Item = Progress> + Unpin, action: &str) {
        self.bar.set_hidden(false);
        self.set_state("under-way", action);
        self.rate.take();
        let mut now = Progress::default();
        loop {
            select_biased! {
                next = progress.next().fuse() => match next {
                    Some(next) => {
                        if now.bytes == 0 {
                            // What was received in an earlier call is not part of the rate.
                            self.rate.take();
                        }
                        now = next;
                        self.bar.set_value(now.fraction());
                    }
                    None => return,
                },
                // A transfer that has stopped reports no progress.
                () = TimeoutFuture::new(4 * PAUSE).fuse() => {}
            }
            let rate = self.rate.borrow_mut().add(Date::now(), now.bytes);
            self.figures.set_text_content(Some(&files::figures(now, rate)));
        }
    }

    /// Shows the outcome of a transfer.
    pub fn finish(&self, state: &str, text: &str) {
        self.bar.set_hidden(state != "interrupted");
        self.hide(&[&self.cancel]);
        self.figures.set_text_content(None);
        self.set_state(state, text);
    }

    /// Hides buttons. The focus moves to the list if one of them has it.
    fn hide(&self, buttons: &[&HtmlButtonElement]) {
        let had_focus = buttons.iter().any(|button| dom::has_focus(button));
        buttons.iter().for_each(|button| button.set_hidden(true));
        if had_focus {
            self.view.focus();
        }
    }

    pub fn fail(&self, error: &Error, peer: &str) {
        let (state, text) = files::failure(error, peer);
        self.finish(state, &text);
    }

    /// Shows the link that saves the file.
    pub fn offer_to_save(&self, url: &ObjectUrl) {
        self.save.set_href(url.as_str());
        self.save.set_download(&self.name);
        self.save.set_hidden(false);
        self.view.refresh();
    }

    /// Shows a picture in small, and in full size when it is clicked. Keeps the URL valid, also that of another file.
    pub fn preview(&self, url: ObjectUrl, mime_type: &str) -> Preview {
        Preview::new(url, mime_type, &self.name, (&self.thumb, &self.picture), self.view.viewer())
    }

    /// Resolves when the user removes the file from the list.
    pub async fn removed(&self) {
        self.remove.set_hidden(false);
        dom::clicks(&self.remove).select_next_some().await;
        // Keyboard navigation continues from the next line.
        let next = self.element.next_element_sibling().or_else(|| self.element.previous_element_sibling());
        match next.and_then(|next| dom::within::<HtmlElement>(&next, "button:not([hidden])").ok()) {
            Some(button) => dom::focus(&button),
            None => self.view.focus(),
        }
    }

    /// Resolves to the output of the future, or to `None` if the user removes the file.
    pub async fn unless_removed<T, E>(&self, future: impl Future<Output = Result<T, E>> + Unpin) -> Option<T> {
        let removed = Box::pin(self.removed());
        match select(future, removed).await {
            Either::Left((output, _)) => {
                self.remove.set_hidden(true);
                output.ok()
            }
            Either::Right(((), _)) => None,
        }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.element.remove();
        self.view.refresh();
    }
}

/// Keeps the buttons that answer an offer visible until it is dropped.
pub struct Asking<'a>(&'a Item);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.hide(&[&self.0.accept, &self.0.refuse]);
        self.0.view.refresh();
    }
}
