//! The preview of a file that is a picture.

use std::rc::Rc;

use browser_rtc::Listener;
use web_sys::{HtmlButtonElement, HtmlImageElement};

use crate::ui::{object_url::ObjectUrl, viewer::Viewer};

/// The types of files that are shown as pictures.
const PICTURES: [&str; 6] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"];

/// Keeps the links to a file valid until it is dropped.
#[must_use = "the links are not valid when this is dropped"]
pub struct Preview {
    _url: ObjectUrl,
    _listeners: Option<[Listener; 2]>,
}

impl Preview {
    /// Shows a picture in the button, and in full size when the button is clicked. Other files are not shown.
    pub fn new(
        url: ObjectUrl,
        mime_type: &str,
        name: &str,
        (button, picture): (&HtmlButtonElement, &HtmlImageElement),
        viewer: &Rc<Viewer>,
    ) -> Self {
        let listeners = PICTURES.contains(&mime_type).then(|| {
            let (thumb, viewer, name, shown) =
                (button.clone(), viewer.clone(), name.to_owned(), url.as_str().to_owned());
            // The type is a claim of the sender: what is not a picture is not shown.
            let failures = Listener::new(picture, "error", move |_| thumb.set_hidden(true));
            let clicks = Listener::new(button, "click", move |_| viewer.open(&shown, &name));
            picture.set_src(url.as_str());
            button.set_hidden(false);
            [failures, clicks]
        });
        Self { _url: url, _listeners: listeners }
    }
}
