//! The content of a page at one moment, and the records of the spies in the page.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The content of a page. Texts are those that a user reads, and hidden elements are `None`.
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
    /// The ids of these people, in the same order.
    pub people_ids: Vec<String>,
    /// The text of the status line.
    pub status: String,
    /// The status line's `data-code`.
    pub status_code: String,
    /// All statuses since the page was opened, oldest first.
    pub statuses: Vec<Status>,
    /// The tile of the peer, if it is shown.
    pub person: Option<Tile>,
    /// The tile of the peer's screen, if it is shown.
    pub screen: Option<Tile>,
    /// The id or the class of the element that has the focus. `None` if it is the body.
    pub focus: Option<String>,
    /// The failure box, if it is shown.
    pub failure: Option<Failure>,
    /// The name of the caller while an incoming call rings.
    pub incoming: Option<String>,
    /// The name of the callee while an outgoing call rings.
    pub outgoing: Option<String>,
    /// The name of the peer of the call.
    pub call: Option<String>,
    /// The states of the connection by their `data-state`.
    pub states: BTreeMap<String, String>,
    /// Set if a chat line can be sent.
    pub chat_open: bool,
    /// The chat's lines, oldest first.
    pub chat: Vec<ChatLine>,
    /// The messages to the room, oldest first.
    pub room_chat: Vec<ChatLine>,
    /// The keys that are lit.
    pub lit: Vec<String>,
    /// All keys that have been lit so far, in order.
    pub tones: Vec<String>,
    /// Set if the microphone's button is pressed.
    pub microphone_muted: bool,
    /// Set if the camera's button is pressed.
    pub camera_muted: bool,
    /// The local video.
    pub local_video: Picture,
    /// The remote video.
    pub remote_video: Picture,
    /// All tracks that were captured, cloned or received since the page was opened.
    pub tracks: Vec<Track>,
    /// All connections that were created since the page was opened.
    pub connections: Vec<Connection>,
    /// The missing features that the unsupported view lists.
    pub missing: Vec<String>,
    /// The features that plain JavaScript does not detect.
    pub undetected: Vec<String>,
    /// The held-back frames to the signaling server.
    pub held: Vec<String>,
    /// Errors and warnings on the console, uncaught errors and unhandled rejections.
    pub problems: Vec<String>,
}

/// A status.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// The `data-code` of the status line.
    pub code: String,
    /// The sentence.
    pub text: String,
}

/// A tile of the stage.
#[derive(Clone, Debug, Deserialize)]
pub struct Tile {
    /// `waiting`, `live` or `off`.
    pub picture: String,
    /// Set if the tile has the mark of a muted microphone.
    pub muted: bool,
    /// The text on a frozen picture.
    pub cover: Option<String>,
    /// The bars of the quality, 0 while it is unknown.
    pub bars: u8,
}

/// The failure box.
#[derive(Clone, Debug, Deserialize)]
pub struct Failure {
    /// The `data-kind` of the box.
    pub kind: String,
    /// The sentence.
    pub text: String,
}

/// A chat line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ChatLine {
    /// `me` or `them`.
    pub from: String,
    /// The name of the author.
    pub who: String,
    /// The text.
    pub text: String,
    /// The number of elements in the line, which is 0 for text.
    pub elements: u32,
}

/// A `<video>`.
#[derive(Clone, Debug, Deserialize)]
pub struct Picture {
    /// The number of frames that have been shown.
    pub frames: u64,
    /// The size of the frames, which may differ from that of the element.
    pub size: Size,
}

/// A size in pixels.
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
    /// Set if the track is not muted.
    pub enabled: bool,
    /// The size in the settings, 0 for audio.
    pub size: Size,
}

/// An `RTCPeerConnection`.
#[derive(Clone, Debug, Deserialize)]
pub struct Connection {
    /// The `connectionState`.
    pub state: String,
    /// The `signalingState`.
    pub signaling: String,
    /// The number of negotiated media sections.
    pub sections: usize,
    /// All changes of `connectionState`.
    pub states: Vec<String>,
}

impl Seen {
    /// Returns whether there is a call with this peer whose connection is established.
    #[must_use]
    pub fn is_in_call_with(&self, name: &str) -> bool {
        self.call.as_deref() == Some(name)
            && self.states.get("connection").is_none_or(|state| state == "connected")
            && self.open_connections().any(|connection| connection.state == "connected")
    }

    /// Returns whether no call rings or is connected.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.incoming.is_none() && self.outgoing.is_none() && self.call.is_none()
    }

    /// Returns whether all tracks have ended and all connections are closed.
    #[must_use]
    pub fn has_freed_all(&self) -> bool {
        self.tracks.iter().all(|track| track.state == "ended") && self.open_connections().next().is_none()
    }

    /// Returns the connections that are not closed.
    pub fn open_connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|connection| connection.signaling != "closed" || connection.state != "closed")
    }

    /// Returns the live captured track of this kind.
    #[must_use]
    pub fn captured(&self, kind: &str) -> Option<&Track> {
        let is_current = |track: &&Track| track.origin == "captured" && track.kind == kind && track.state == "live";
        self.tracks.iter().rfind(is_current)
    }
}
