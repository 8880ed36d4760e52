//! The state of the connection, on the picture of the peer: its quality, and what happens when the picture freezes.
//!
//! A picture is frozen if no frame has come for two seconds although the camera is on, or if the session reconnects.

use std::time::Duration;

use browser_rtc::{
    room::Call,
    session::SessionEvent,
    stats::{InboundRtp, StatsReport},
};
use futures::{StreamExt, select_biased};

use super::{
    quality::Quality,
    tiles::{Picture, Tile},
};
use crate::{
    dom,
    notices::{Code, Condition, Note},
    page::Page,
    texts::call as texts,
};

/// The time without frames after which the picture counts as frozen, in milliseconds.
const FROZEN_AFTER: f64 = 2_000.0;

/// The time of the last frame, and whether the session reconnects.
struct Interruption<'a> {
    page: &'a Page,
    name: &'a str,
    frames: Option<u32>,
    last_frame: f64,
    reconnecting_since: Option<f64>,
    /// The line in the status while the picture is frozen.
    condition: Option<(Code, Condition)>,
}

/// Follows the state of the connection until the call ends.
pub async fn run(page: &Page, call: &Call) {
    let name = call.peer().name;
    let mut events = call.events();
    let mut reports = call.connection().stats_every(Duration::from_secs(1));
    let mut quality = Quality::default();
    let mut interruption = Interruption {
        page,
        name: &name,
        frames: None,
        last_frame: dom::now(),
        reconnecting_since: None,
        condition: None,
    };
    loop {
        select_biased! {
            event = events.next() => match event {
                Some(SessionEvent::Reconnecting { .. }) => interruption.begin(),
                Some(SessionEvent::Recovered) => interruption.end(),
                Some(_) => {}
                None => return,
            },
            report = reports.select_next_some() => {
                let Ok(report) = report else { continue };
                interruption.count_frames(&report);
                show_bars(&page.call.person, quality.update(report));
            }
        }
        interruption.show();
    }
}

impl Interruption<'_> {
    fn begin(&mut self) {
        let since = if self.is_stalled() { self.last_frame } else { dom::now() };
        self.reconnecting_since.get_or_insert(since);
    }

    fn end(&mut self) {
        self.reconnecting_since = None;
        self.last_frame = dom::now();
        self.condition = None;
        self.page.notices.show(Note::new(Code::CallRecovered, texts::restored(self.name)));
    }

    fn count_frames(&mut self, report: &StatsReport) {
        let tile = &self.page.call.person;
        let track = tile.stream().and_then(|stream| stream.video_tracks().into_iter().next()).map(|track| track.id());
        let frames = report
            .of_type::<InboundRtp>()
            .find(|stream| track.is_some() && stream.track_identifier == track)
            .and_then(|stream| stream.frames_decoded);
        let is_moving = frames != self.frames;
        self.frames = frames;
        if is_moving && tile.picture.get() == Picture::Waiting {
            tile.set_picture(Picture::Live);
        }
        if is_moving || tile.picture.get() != Picture::Live {
            self.last_frame = dom::now();
        }
    }

    fn is_stalled(&self) -> bool {
        self.page.call.person.picture.get() == Picture::Live && dom::now() - self.last_frame >= FROZEN_AFTER
    }

    fn show(&mut self) {
        let (code, since) = match self.reconnecting_since {
            Some(since) => (Code::CallReconnecting, since),
            None if self.is_stalled() => (Code::Stalled, self.last_frame),
            None => {
                self.condition = None;
                return self.page.call.person.set_cover(None);
            }
        };
        self.page.call.person.set_cover(Some(&texts::cover(code, dom::now() - since)));
        if self.condition.as_ref().is_none_or(|(known, _)| *known != code) {
            let condition = self.page.notices.hold(Note::new(code, texts::interrupted(code, self.name)));
            self.condition = Some((code, condition));
        }
    }
}

fn show_bars(tile: &Tile, bars: Option<u8>) {
    dom::set_flag(&tile.bars, "hidden", bars.is_none());
    if let Some(bars) = bars {
        dom::set_attribute(&tile.bars, "data-bars", ["", "1", "2", "3", "4"].get(usize::from(bars)).unwrap_or(&""));
        dom::set_attribute(&tile.bars, "aria-label", texts::quality(bars));
    }
}
