//! The codecs and the resolution of each stream.

use browser_rtc::stats::{Codec, InboundRtp, OutboundRtp, StatsId, StatsReport};
use web_sys::Element;

use super::plot::whole;
use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts::inspector as texts,
};

pub struct Streams {
    list: Element,
    item: Template,
}

impl Streams {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self { list: dom.get("streams")?, item: Template::find(dom, "stream-template")? })
    }

    /// Shows the streams of a report.
    pub fn show(&self, report: &StatsReport) {
        self.list.set_text_content(None);
        for stream in report.of_type::<OutboundRtp>() {
            let codec = codec(report, stream.codec_id.as_ref());
            self.add(texts::SENT, codec, stream.frame_width.zip(stream.frame_height), stream.frames_per_second);
        }
        for stream in report.of_type::<InboundRtp>() {
            let codec = codec(report, stream.codec_id.as_ref());
            self.add(texts::RECEIVED, codec, stream.frame_width.zip(stream.frame_height), stream.frames_per_second);
        }
    }

    fn add(&self, direction: &str, codec: &str, size: Option<(u32, u32)>, frames: Option<f64>) {
        let Ok(item) = self.item.copy() else { return };
        let mut text = format!("{direction} {codec}");
        if let Some((width, height)) = size {
            text += &format!(" {width}×{height}");
        }
        if let Some(frames) = frames {
            text += &format!(" {} fps", whole(frames));
        }
        item.set_text_content(Some(&text));
        dom::append(&self.list, &item);
    }

    /// Returns the streams as lines of text.
    pub fn text(&self) -> String {
        let children = self.list.children();
        let items = (0..children.length()).filter_map(|at| children.item(at)?.text_content());
        items.map(|item| item + "\n").collect()
    }
}

fn codec<'a>(report: &'a StatsReport, id: Option<&StatsId<Codec>>) -> &'a str {
    let codec = id.and_then(|id| report.follow(id));
    codec.and_then(|codec| codec.mime_type.as_deref()).unwrap_or(texts::UNKNOWN_CODEC)
}
