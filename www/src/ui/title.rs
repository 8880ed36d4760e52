//! The title of the page, which the tab shows.

use web_sys::Document;

/// Keeps a title until it is dropped, which restores the previous one.
#[must_use = "the previous title returns when this is dropped"]
pub struct Title {
    document: Option<Document>,
    previous: String,
}

impl Title {
    pub fn new(title: &str) -> Self {
        let document = web_sys::window().and_then(|window| window.document());
        let previous = document.as_ref().map(Document::title).unwrap_or_default();
        if let Some(document) = &document {
            document.set_title(title);
        }
        Self { document, previous }
    }
}

impl Drop for Title {
    fn drop(&mut self) {
        if let Some(document) = &self.document {
            document.set_title(&self.previous);
        }
    }
}
