//! The content of a page at one moment, and the records of the spies in it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A page at one moment. Texts are as a user reads them, and what is hidden is none.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// The body's `data-view`.
    pub view: String,
    /// Set if the body has `data-ready`.
    pub ready: bool,
    /// The name of the user.
    pub you: String,
    /// The names in the list of people.
    pub people: Vec<String>,
    /// Their ids, in the same order.
    pub people_ids: Vec<String>,
    /// The text of the status line.
    pub status: String,
    /// The status line's `data-code`.
    pub status_code: String,
    /// The failure box, if it is shown.
    pub failure: Option<Failure>,
    /// The name of the caller that rings.
    pub incoming: Option<String>,
    /// The name of the callee while it rings.
    pub outgoing: Option<String>,
    /// The name of the peer of the call.
    pub call: Option<String>,
    /// The state machines, by their `data-state`.
    pub states: BTreeMap<String, String>,
    /// Set if a chat line can be sent.
    pub chat_open: bool,
    /// The chat's lines, oldest first.
    pub chat: Vec<ChatLine>,
    /// The messages to the room, oldest first.
    pub room_chat: Vec<ChatLine>,
    /// The keys that are lit now.
    pub lit: Vec<String>,
    /// Each key that was lit so far, in order.
    pub tones: Vec<String>,
    /// Set if the microphone's button is pressed.
    pub microphone_muted: bool,
    /// Set if the camera's button is pressed.
    pub camera_muted: bool,
    /// The own picture.
    pub own_picture: Picture,
    /// The remote picture.
    pub their_picture: Picture,
    /// Every track that was captured, cloned or received since the page was opened.
    pub tracks: Vec<Track>,
    /// Every connection that was made since the page was opened.
    pub connections: Vec<Connection>,
    /// The missing features, as the unsupported view lists them.
    pub missing: Vec<String>,
    /// The missing features, as plain JavaScript finds them.
    pub lacks: Vec<String>,
    /// The frames to the signaling server that are held back.
    pub held: Vec<String>,
    /// Errors and warnings on the console, uncaught errors and unhandled rejections.
    pub troubles: Vec<String>,
}

/// The failure box.
#[derive(Clone, Debug, Deserialize)]
pub struct Failure {
    /// Its `data-kind`.
    pub kind: String,
    /// Its sentence.
    pub text: String,
}

/// A chat line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ChatLine {
    /// `me` or `them`.
    pub from: String,
    /// The name beside it.
    pub who: String,
    /// The line.
    pub text: String,
    /// How many elements are in it: none, as long as it is text.
    pub elements: u32,
}

/// A `<video>`.
#[derive(Clone, Debug, Deserialize)]
pub struct Picture {
    /// How many frames it has shown.
    pub frames: u64,
    /// The size of the frames, not of the element.
    pub size: Size,
}

/// Pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Size {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

/// A `MediaStreamTrack`.
#[derive(Clone, Debug, Deserialize)]
pub struct Track {
    /// `captured`, `cloned` or `received`.
    pub origin: String,
    /// `audio` or `video`.
    pub kind: String,
    /// `live` or `ended`.
    pub state: String,
    /// Set if it is not muted.
    pub enabled: bool,
    /// The size in its settings, zero for sound.
    pub size: Size,
}

/// An `RTCPeerConnection`.
#[derive(Clone, Debug, Deserialize)]
pub struct Connection {
    /// Its `connectionState`.
    pub state: String,
    /// Its `signalingState`.
    pub signaling: String,
    /// How many sections for media the two have agreed on, as far as it knows.
    pub sections: usize,
    /// Every `connectionState` it has told a change to.
    pub states: Vec<String>,
}

impl Seen {
    /// Returns whether there is a call, and its connection is up.
    #[must_use]
    pub fn is_in_call_with(&self, name: &str) -> bool {
        self.call.as_deref() == Some(name)
            && self.states.get("connection").is_none_or(|state| state == "connected")
            && self.open_connections().any(|connection| connection.state == "connected")
    }

    /// Returns whether there is neither a ring nor a call.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.incoming.is_none() && self.outgoing.is_none() && self.call.is_none()
    }

    /// Returns whether all tracks have ended and all connections are closed.
    #[must_use]
    pub fn has_freed_all(&self) -> bool {
        self.tracks.iter().all(|track| track.state == "ended") && self.open_connections().next().is_none()
    }

    /// The connections that are not closed.
    pub fn open_connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|connection| connection.signaling != "closed" || connection.state != "closed")
    }

    /// The track of this kind that the camera or the microphone gives now.
    #[must_use]
    pub fn captured(&self, kind: &str) -> Option<&Track> {
        let now = |track: &&Track| track.origin == "captured" && track.kind == kind && track.state == "live";
        self.tracks.iter().rfind(now)
    }
}
