//! The statistics of connections: typed entries, references among them, and rates.
//! [Specification](https://www.w3.org/TR/webrtc-stats/)
//!
//! [`PeerConnection::stats`](crate::peer::PeerConnection::stats) gives a [`StatsReport`],
//! [`stats_every`](crate::peer::PeerConnection::stats_every) one after another, and [`rates`] tells what happened
//! between two. Every member is an `Option`: no browser has them all, and none is not zero. What this crate does not
//! know is kept: a type as [`Stats::Unknown`], a member in the entry's `raw()`.

mod decode;
mod enums;
mod ice;
mod id;
mod inbound;
mod media;
mod outbound;
mod parents;
mod rates;
mod report;
mod session;
mod transport;

use js_sys::Object;
use serde::Serialize;
use wasm_bindgen::JsValue;

use self::decode::Head;
pub use self::{
    enums::{CandidatePairState, DtlsRole, QualityLimitationReason, StatsType},
    ice::{CandidatePair, LocalCandidate, RemoteCandidate},
    id::{NumbersByName, StatsId, Timestamp},
    inbound::{InboundRtp, RemoteInboundRtp},
    media::{AudioPlayout, AudioSource, MediaSource, VideoSource},
    outbound::{OutboundRtp, RemoteOutboundRtp},
    rates::{InboundRates, OutboundRates, Rates, rates},
    report::StatsReport,
    session::{Channel, Codec, Connection},
    transport::{Certificate, Transport},
};

/// A type of entry, as [`StatsReport::of_type`] and [`StatsReport::follow`] give it.
#[doc(alias = "RTCStats")]
pub trait StatsEntry: Sized + 'static {
    /// Returns the entry if it is of this type.
    fn from_stats(stats: &Stats) -> Option<&Self>;
}

macro_rules! entries {
    ($( $(#[$meta:meta])* $variant:ident($entry:ty), )*) => {
        /// An entry of a report. [Specification](https://www.w3.org/TR/webrtc-stats/#rtcstatstype-*)
        ///
        /// It is serialized as the specification's dictionary, without members that this crate does not know.
        #[derive(Clone, Debug, Serialize)]
        #[non_exhaustive]
        #[serde(untagged)]
        #[doc(alias = "RTCStats")]
        pub enum Stats {
            $( $(#[$meta])* $variant(Box<$entry>), )*
            /// A track that is sent, before it is encoded.
            MediaSource(MediaSource),
            /// An entry of a type that this crate does not know, of a newer browser or beyond the specification.
            Unknown(Unknown),
        }

        impl Stats {
            fn decode(stats_type: StatsType, head: Head) -> Self {
                match stats_type {
                    $( StatsType::$variant => Self::$variant(Box::new(<$entry>::decode(head))), )*
                    StatsType::MediaSource => match MediaSource::decode(head) {
                        Ok(source) => Self::MediaSource(source),
                        Err(head) => Self::Unknown(Unknown::decode(stats_type, head)),
                    },
                    _ => Self::Unknown(Unknown::decode(stats_type, head)),
                }
            }

            /// Returns the type of the entry.
            #[doc(alias = "RTCStats.type")]
            #[must_use]
            pub fn stats_type(&self) -> StatsType {
                match self {
                    $( Self::$variant(_) => StatsType::$variant, )*
                    Self::MediaSource(_) => StatsType::MediaSource,
                    Self::Unknown(entry) => entry.stats_type.clone(),
                }
            }

            fn head(&self) -> (&str, Timestamp, Option<&Object>) {
                match self {
                    $( Self::$variant(entry) => (entry.id.as_str(), entry.timestamp, entry.raw()), )*
                    Self::MediaSource(MediaSource::Audio(entry)) => (entry.id.as_str(), entry.timestamp, entry.raw()),
                    Self::MediaSource(MediaSource::Video(entry)) => (entry.id.as_str(), entry.timestamp, entry.raw()),
                    Self::Unknown(entry) => (&entry.id, entry.timestamp, entry.raw()),
                }
            }
        }

        $( impl StatsEntry for $entry {
            fn from_stats(stats: &Stats) -> Option<&Self> {
                match stats {
                    Stats::$variant(entry) => Some(entry),
                    _ => None,
                }
            }
        }

        impl From<$entry> for Stats {
            fn from(entry: $entry) -> Self {
                Self::$variant(Box::new(entry))
            }
        } )*
    };
}

entries! {
    /// A codec in use.
    Codec(Codec),
    /// A stream of media that is received.
    InboundRtp(InboundRtp),
    /// A stream of media that is sent.
    OutboundRtp(OutboundRtp),
    /// The reception of a sent stream, as the remote peer reports it.
    RemoteInboundRtp(RemoteInboundRtp),
    /// The sending of a received stream, as the remote peer reports it.
    RemoteOutboundRtp(RemoteOutboundRtp),
    /// The playout of audio.
    MediaPlayout(AudioPlayout),
    /// The connection as a whole.
    PeerConnection(Connection),
    /// A data channel.
    DataChannel(Channel),
    /// A transport of media and data.
    Transport(Transport),
    /// A pair of candidates, in use or checked.
    CandidatePair(CandidatePair),
    /// A candidate of the local peer.
    LocalCandidate(LocalCandidate),
    /// A candidate of the remote peer.
    RemoteCandidate(RemoteCandidate),
    /// A certificate.
    Certificate(Certificate),
}

impl StatsEntry for MediaSource {
    fn from_stats(stats: &Stats) -> Option<&Self> {
        match stats {
            Stats::MediaSource(source) => Some(source),
            _ => None,
        }
    }
}

impl StatsEntry for Unknown {
    fn from_stats(stats: &Stats) -> Option<&Self> {
        match stats {
            Stats::Unknown(entry) => Some(entry),
            _ => None,
        }
    }
}

impl Stats {
    /// Returns the id, which an object keeps in all reports of a connection.
    #[must_use]
    pub fn id(&self) -> &str {
        self.head().0
    }

    /// The time of the measurement.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.head().1
    }

    /// The browser's own object, with members that this crate does not know as well; none for an entry
    /// that was made in Rust.
    #[must_use]
    pub fn raw(&self) -> Option<&Object> {
        self.head().2
    }
}

/// An entry of a type that this crate does not know.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Unknown {
    /// The type, as the browser spells it.
    #[serde(rename = "type")]
    pub stats_type: StatsType,
    /// Returns the id, which an object keeps in all reports of a connection.
    pub id: String,
    /// The time of the measurement.
    pub timestamp: Timestamp,
    #[serde(skip)]
    raw: decode::Raw,
}

impl Unknown {
    fn decode(stats_type: StatsType, head: Head) -> Self {
        Self { stats_type, id: head.id, timestamp: head.timestamp, raw: head.raw }
    }

    /// Returns the browser's own object.
    #[must_use]
    pub fn raw(&self) -> Option<&Object> {
        self.raw.object()
    }

    /// Returns all members but the id, the type and the timestamp.
    #[must_use]
    pub fn unknown_members(&self) -> Vec<(String, JsValue)> {
        self.raw.members_beside(&[])
    }
}
