//! The dialog that shows a picture in full size.

use browser_rtc::Listener;
use web_sys::{HtmlDialogElement, HtmlImageElement};

use crate::dom::{Dom, MissingElement};

pub struct Viewer {
    dialog: HtmlDialogElement,
    picture: HtmlImageElement,
    _closed: Listener,
}

impl Viewer {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let (dialog, picture): (HtmlDialogElement, HtmlImageElement) = (dom.get("viewer")?, dom.get("viewer-picture")?);
        // An image of the page that is not shown would still be in memory.
        let closed = Listener::new(&dialog, "close", {
            let picture = picture.clone();
            move |_| picture.set_src("data:,")
        });
        Ok(Self { dialog, picture, _closed: closed })
    }

    pub fn close(&self) {
        self.dialog.close();
    }

    /// Shows the picture until the user closes the dialog, which returns the focus to where it was.
    pub fn open(&self, url: &str, name: &str) {
        self.picture.set_src(url);
        self.picture.set_alt(name);
        if !self.dialog.open() {
            let _in_document = self.dialog.show_modal();
        }
    }
}
