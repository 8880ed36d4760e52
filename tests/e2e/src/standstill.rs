//! How long a call has stood still, as its pages have measured it.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use crate::page::Page;

const SCRIPT: &str = include_str!("standstill.js");
/// Number of frames or messages after which a standstill counts as over: those of one second.
const ENOUGH: u64 = 10;

/// Traffic received from the remote peer since the measurement began.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Flow {
    /// The longest that nothing came, in seconds.
    pub still: f64,
    /// How long nothing has come now.
    pub now: f64,
    /// Frames or messages.
    pub beats: u64,
}

/// The measurements of a page.
#[derive(Clone, Debug, Deserialize)]
pub struct Standstill {
    /// Pictures of the remote peer, as they were shown.
    pub media: Flow,
    /// Its messages, of which it sends ten a second over a reliable channel.
    pub data: Flow,
    /// Messages that never came.
    pub missed: u64,
    /// Messages that came again.
    pub doubled: u64,
    /// The seats that the page was given since it was opened, oldest first.
    pub seats: Vec<Seat>,
    /// Events in the page, each with its time in seconds.
    pub events: Vec<String>,
}

/// A seat in a room, as the server has told it.
#[derive(Clone, Debug, Deserialize)]
pub struct Seat {
    /// The peer's id.
    pub id: String,
    /// Set if the page had this seat before.
    pub resumed: bool,
}

/// Messages over a channel that neither orders them nor sends them again.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Loose {
    /// Were said, as far as is known.
    pub said: i64,
    /// Came.
    pub heard: i64,
    /// Came after one that was sent later.
    pub overtaken: i64,
}

impl Standstill {
    /// The longer of each.
    #[must_use]
    pub fn of_both(one: &Self, other: &Self) -> Self {
        let longer = |one: Flow, other: Flow| if one.still > other.still { one } else { other };
        Self {
            media: longer(one.media, other.media),
            data: longer(one.data, other.data),
            missed: one.missed + other.missed,
            doubled: one.doubled + other.doubled,
            seats: Vec::new(),
            events: Vec::new(),
        }
    }
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "media still {:.1} s, data still {:.1} s", self.media.still, self.data.still)
    }
}

impl fmt::Display for Loose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { said, heard, overtaken } = self;
        write!(f, "{said} said, {} lost, {overtaken} overtaken", said - heard)
    }
}

impl Page {
    /// Has the page measure. To be called before a call.
    pub(crate) async fn watch(&self) {
        let () = self.script(SCRIPT).await;
    }

    /// Measures from now on.
    pub async fn begin_measuring(&self) {
        let () = self.script("window.standstill.begin()").await;
    }

    /// Returns the measurements so far.
    pub async fn standstill(&self) -> Standstill {
        self.script("return window.standstill.read()").await
    }

    /// Sends bursts of messages from now on, which need not come.
    pub async fn begin_bursts(&self) {
        let () = self.script("window.standstill.burst()").await;
    }

    /// Returns the losses among the remote peer's bursts.
    pub async fn loose(&self) -> Loose {
        self.script("return window.standstill.loose()").await
    }

    /// Waits until pictures and messages have stood still for this long.
    pub async fn until_still(&self, still: Duration, limit: Duration) {
        let seconds = still.as_secs_f64();
        let what = format!("media and data stand still for {seconds} s");
        self.until_measured(&what, limit, |seen| seen.media.now > seconds && seen.data.now > seconds).await;
    }

    /// Waits until pictures and messages come, a second's worth of each.
    pub async fn until_flowing(&self, limit: Duration) -> Standstill {
        let before = self.standstill().await;
        let flows = |now: Flow, before: Flow| now.beats >= before.beats + ENOUGH;
        self.until_measured("media and data flow", limit, |seen| {
            flows(seen.media, before.media) && flows(seen.data, before.data)
        })
        .await
    }

    /// Waits until what was measured is so.
    ///
    /// # Panics
    /// When it takes longer than this.
    pub async fn until_measured(&self, what: &str, limit: Duration, holds: impl Fn(&Standstill) -> bool) -> Standstill {
        self.until_script_within(limit, "return window.standstill.read()", what, holds).await
    }
}
