//! Statistics of a connection: bit rates, packet loss, delays, and the path between the peers.
//! [Specification](https://www.w3.org/TR/webrtc-stats/)
//!
//! A browser measures every connection. [`PeerConnection::stats`](crate::peer::PeerConnection::stats) returns a
//! [`StatsReport`] of the present, and [`stats_every`](crate::peer::PeerConnection::stats_every) a stream of reports. A
//! report is a list of entries of different types, such as one for each sent stream and one for each candidate pair.
//! Most members are counters since the start, from which [`rates()`] computes the values that are of interest to a
//! user, such as the bit rate and the loss between two reports.
//!
//! # Examples
//!
//! The quality of a call, each second:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use browser_rtc::{
//!     Result,
//!     peer::PeerConnection,
//!     stats::{self, InboundRtp},
//! };
//! use futures::StreamExt;
//!
//! async fn print_quality(pc: &PeerConnection) -> Result<()> {
//!     let mut reports = pc.stats_every(Duration::from_secs(1));
//!     let Some(mut earlier) = reports.next().await.transpose()? else { return Ok(()) };
//!     while let Some(later) = reports.next().await.transpose()? {
//!         let rates = stats::rates(&earlier, &later);
//!         println!("receiving {:.0} bit/s", rates.incoming_bit_rate.unwrap_or_default());
//!         println!("lost {:.1} %", 100.0 * rates.incoming_loss.unwrap_or_default());
//!         println!("round trip {:.0} ms", 1000.0 * rates.round_trip_time.unwrap_or_default());
//!         for stream in later.of_type::<InboundRtp>() {
//!             let codec = stream.codec_id.as_ref().and_then(|id| later.follow(id));
//!             println!("{:?} with {:?}", stream.kind, codec.and_then(|codec| codec.mime_type.as_deref()));
//!         }
//!         if let Some(pair) = later.selected_pair() {
//!             let local = pair.local_candidate_id.as_ref().and_then(|id| later.follow(id));
//!             println!("over a {:?} candidate", local.and_then(|local| local.candidate_type.as_ref()));
//!         }
//!         earlier = later;
//!     }
//!     Ok(()) // the connection is closed
//! }
//! ```
//!
//! # Types
//!
//! | For | Types |
//! |---|---|
//! | a report and its entries | [`StatsReport`], [`Stats`], [`StatsEntry`] |
//! | references between entries | [`StatsId`], with [`StatsReport::follow`] |
//! | rates between two reports | [`Rates`], [`OutboundRates`], [`InboundRates`], from [`rates()`] |
//! | sent media | [`OutboundRtp`], [`MediaSource`], and [`RemoteInboundRtp`], the report of the remote peer |
//! | received media | [`InboundRtp`], [`AudioPlayout`], and [`RemoteOutboundRtp`], the report of the remote peer |
//! | codecs | [`Codec`] |
//! | the path | [`Transport`], [`CandidatePair`], [`LocalCandidate`], [`RemoteCandidate`], [`Certificate`] |
//! | data | [`Channel`], [`Connection`] |
//!
//! # Absent and unknown members
//!
//! Every member is an `Option`, because no browser reports all of them; an absent value is not zero. An entry of an
//! unknown type is a [`Stats::Unknown`]. Unknown members are in `raw()` and
//! `unknown_members()` of each entry.

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

/// A type of entry, for [`StatsReport::of_type`] and [`StatsReport::follow`].
#[doc(alias = "RTCStats")]
pub trait StatsEntry: Sized + 'static {
    /// Returns the entry if it is of this type.
    fn from_stats(stats: &Stats) -> Option<&Self>;
}

macro_rules! entries {
    ($( $(#[$meta:meta])* $variant:ident($entry:ty), )*) => {
        /// An entry of a report. [Specification](https://www.w3.org/TR/webrtc-stats/#rtcstatstype-*)
        ///
        /// It serializes as the dictionary of the specification, without members unknown to this crate.
        #[derive(Clone, Debug, Serialize)]
        #[non_exhaustive]
        #[serde(untagged)]
        #[doc(alias = "RTCStats")]
        pub enum Stats {
            $( $(#[$meta])* $variant(Box<$entry>), )*
            /// A track that is sent, before it is encoded.
            MediaSource(MediaSource),
            /// An entry of an unknown type, such as one of a newer browser.
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
    /// The reception of a sent stream, as reported by the remote peer.
    RemoteInboundRtp(RemoteInboundRtp),
    /// The sending of a received stream, as reported by the remote peer.
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
    /// Returns the id. An object has the same id in all reports of a connection.
    #[must_use]
    pub fn id(&self) -> &str {
        self.head().0
    }

    /// Returns the time of the measurement.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.head().1
    }

    /// Returns the underlying browser object, which includes members unknown to this crate; `None` for an entry
    /// that was created in Rust.
    #[must_use]
    pub fn raw(&self) -> Option<&Object> {
        self.head().2
    }
}

/// An entry of an unknown type.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Unknown {
    /// The type, as the browser spells it.
    #[serde(rename = "type")]
    pub stats_type: StatsType,
    /// The id. An object has the same id in all reports of a connection.
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

    /// Returns the underlying browser object.
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
