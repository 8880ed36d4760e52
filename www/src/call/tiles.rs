//! The tiles of the stage: one for the picture and the sound of a person, and one for a shared screen.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use browser_rtc::{
    Listener,
    media::{self, Attachment, MediaStream},
};
use web_sys::{Element, HtmlElement, HtmlVideoElement};

use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts,
    ui::picture,
};

/// The content of the picture of a tile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// The face, until the first frame.
    Waiting,
    /// The video.
    Live,
    /// The face, because there is no video.
    Off,
}

pub struct Tile {
    pub element: HtmlElement,
    pub video: HtmlVideoElement,
    pub bars: Element,
    pub picture: Cell<Picture>,
    avatar: Element,
    name: Element,
    muted: Element,
    recording: HtmlElement,
    cover: HtmlElement,
    shown: RefCell<Option<Shown>>,
    _buttons: [Listener; 2],
}

/// A stream that is shown in a tile.
struct Shown {
    stream: MediaStream,
    attachment: Rc<Attachment>,
}

impl Shown {
    fn new(video: &HtmlVideoElement, stream: &MediaStream) -> browser_rtc::Result<Self> {
        Ok(Self { stream: stream.clone(), attachment: Rc::new(media::show(video, stream)?) })
    }
}

impl Tile {
    /// Adds a tile to the stage. Its video gets this id.
    pub fn new(dom: &Dom, video_id: &str, class: &str) -> Result<Self, MissingElement> {
        let element = dom::html(Template::find(dom, "tile-template")?.copy()?)?;
        let video: HtmlVideoElement = dom::within(&element, "video")?;
        video.set_id(video_id);
        element.set_class_name(class);
        let tile = Self {
            bars: dom::within(&element, ".bars")?,
            picture: Cell::new(Picture::Waiting),
            avatar: dom::within(&element, ".avatar")?,
            name: dom::within(&element, ".tile-name")?,
            muted: dom::within(&element, ".tile-muted")?,
            recording: dom::within(&element, ".tile-recording")?,
            cover: dom::within(&element, ".tile-cover")?,
            shown: RefCell::default(),
            _buttons: [
                picture::full_screen(&dom::within(&element, ".tile-expand")?, &element),
                picture::in_picture(&dom::within(&element, ".tile-float")?, &video),
            ],
            video,
            element,
        };
        dom::append(&dom.get("tiles")?, &tile.element);
        Ok(tile)
    }

    /// Prepares the tile for a call with this person, under this label.
    pub fn reset(&self, name: &str, label: &str, picture: Picture) {
        self.set_picture(picture);
        self.set_muted(false);
        self.set_recording(false);
        self.set_cover(None);
        self.set_level(0);
        dom::set_flag(&self.bars, "hidden", true);
        self.name.set_text_content(Some(label));
        if let Ok(text) = dom::within::<Element>(&self.recording, "span") {
            text.set_text_content(Some(&texts::call::records(name)));
        }
        self.avatar.set_text_content(Some(&dom::initial(name)));
        dom::set_attribute(&self.element, "aria-label", label);
        dom::set_attribute(&self.video, "aria-label", &texts::call::video_of(label));
    }

    pub fn set_visible(&self, visible: bool) {
        self.element.set_hidden(!visible);
    }

    pub fn set_picture(&self, picture: Picture) {
        self.picture.set(picture);
        let name = match picture {
            Picture::Waiting => "waiting",
            Picture::Live => "live",
            Picture::Off => "off",
        };
        dom::set_attribute(&self.element, "data-picture", name);
    }

    pub fn set_muted(&self, muted: bool) {
        dom::set_flag(&self.muted, "hidden", !muted);
    }

    /// Shows or hides the mark that the person records. Returns whether it was hidden and is shown now.
    pub fn set_recording(&self, recording: bool) -> bool {
        let was_hidden = self.recording.hidden();
        self.recording.set_hidden(!recording);
        was_hidden && recording
    }

    /// Covers the picture with a text while it is frozen.
    pub fn set_cover(&self, text: Option<&str>) {
        self.cover.set_text_content(text);
        self.cover.set_hidden(text.is_none());
        dom::set_flag(&self.element, "data-frozen", text.is_some());
    }

    /// Sets the loudness of the voice, 0 to 100, which the ring of the avatar shows.
    pub fn set_level(&self, level: u8) {
        dom::set_property(&self.element, "--level", &level.to_string());
    }

    /// Returns the stream that is shown.
    pub fn stream(&self) -> Option<MediaStream> {
        self.shown.borrow().as_ref().map(|shown| shown.stream.clone())
    }

    /// Returns the attachment of the stream that is shown.
    pub fn attachment(&self) -> Option<Rc<Attachment>> {
        self.shown.borrow().as_ref().map(|shown| Rc::clone(&shown.attachment))
    }

    /// Shows a stream, or none. A stream that is shown already is left as it is.
    pub fn show(&self, stream: Option<&MediaStream>) -> browser_rtc::Result<()> {
        if self.stream().as_ref() != stream {
            let shown = stream.map(|stream| Shown::new(&self.video, stream)).transpose()?;
            self.shown.replace(shown);
        }
        Ok(())
    }
}
