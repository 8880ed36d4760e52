//! What a server counts, in the text format of Prometheus.
//!
//! On the way of a frame nothing is looked up: its counters are fields. Only what is rare has labels.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::end::End;
use crate::ErrorCode;

/// A handle to the counters of one server.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    clients: Gauge<i64, AtomicI64>,
    rooms: Gauge<i64, AtomicI64>,
    seats: Gauge<i64, AtomicI64>,
    draining: Gauge<i64, AtomicI64>,
    joins: Counter<u64, AtomicU64>,
    frames_received: Counter<u64, AtomicU64>,
    bytes_received: Counter<u64, AtomicU64>,
    frames_sent: Counter<u64, AtomicU64>,
    bytes_sent: Counter<u64, AtomicU64>,
    errors: Family<CodeLabel, Counter>,
    limits: Family<LimitLabel, Counter>,
    refusals: Family<ReasonLabel, Counter>,
    ends: Family<ReasonLabel, Counter>,
    certificates: Family<ResultLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabel {
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

/// A bound that something ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    FrameBytes,
    JsonDepth,
    FramesPerSecond,
    BytesPerSecond,
    SeatsPerRoom,
    Rooms,
    Clients,
    ClientsPerAddress,
    Name,
    RoomName,
    Queue,
}

impl Bound {
    const ALL: [Self; 11] = [
        Self::FrameBytes,
        Self::JsonDepth,
        Self::FramesPerSecond,
        Self::BytesPerSecond,
        Self::SeatsPerRoom,
        Self::Rooms,
        Self::Clients,
        Self::ClientsPerAddress,
        Self::Name,
        Self::RoomName,
        Self::Queue,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::FrameBytes => "frame_bytes",
            Self::JsonDepth => "json_depth",
            Self::FramesPerSecond => "frames_per_second",
            Self::BytesPerSecond => "bytes_per_second",
            Self::SeatsPerRoom => "seats_per_room",
            Self::Rooms => "rooms",
            Self::Clients => "clients",
            Self::ClientsPerAddress => "clients_per_address",
            Self::Name => "name",
            Self::RoomName => "room_name",
            Self::Queue => "queue",
        }
    }

    /// The bound that a refusal tells of. Of rates there are two, so that is told apart where it happens.
    fn of(code: &ErrorCode) -> Option<Self> {
        Some(match code {
            ErrorCode::TooLarge => Self::FrameBytes,
            ErrorCode::TooDeep => Self::JsonDepth,
            ErrorCode::RoomFull => Self::SeatsPerRoom,
            ErrorCode::ServerFull => Self::Rooms,
            ErrorCode::TooManyClients => Self::ClientsPerAddress,
            ErrorCode::BadName => Self::Name,
            ErrorCode::BadRoom => Self::RoomName,
            _ => return None,
        })
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix("signaling"),
            clients: Gauge::default(),
            rooms: Gauge::default(),
            seats: Gauge::default(),
            draining: Gauge::default(),
            joins: Counter::default(),
            frames_received: Counter::default(),
            bytes_received: Counter::default(),
            frames_sent: Counter::default(),
            bytes_sent: Counter::default(),
            errors: Family::default(),
            limits: Family::default(),
            refusals: Family::default(),
            ends: Family::default(),
            certificates: Family::default(),
        };
        inner.register();
        Self(Arc::new(inner))
    }
}

impl Inner {
    fn register(&mut self) {
        // What has not happened yet is 0, and not unknown: a rule that waits for it can be written at once.
        for code in ErrorCode::VALUES {
            drop(self.errors.get_or_create(&CodeLabel { code }));
        }
        for bound in Bound::ALL {
            drop(self.limits.get_or_create(&LimitLabel { limit: bound.word() }));
        }
        for result in ["ok", "failed"] {
            drop(self.certificates.get_or_create(&ResultLabel { result }));
        }
        let started: Gauge<i64, AtomicI64> = Gauge::default();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        started.set(since.as_secs().try_into().unwrap_or(i64::MAX));

        let registry = &mut self.registry;
        registry.register("start_time_seconds", "When the server was started, since 1970", started);
        registry.register("clients", "WebSockets that are open", self.clients.clone());
        registry.register("rooms", "Rooms in which somebody is", self.rooms.clone());
        registry.register("seats", "Seats, with those that are kept for clients that are away", self.seats.clone());
        registry.register("draining", "1 when the server is about to shut down", self.draining.clone());
        registry.register("joins", "Seats that were given, or given back", self.joins.clone());
        registry.register("frames_received", "Frames from clients", self.frames_received.clone());
        registry.register("bytes_received", "Bytes of these frames", self.bytes_received.clone());
        registry.register("frames_sent", "Frames to clients", self.frames_sent.clone());
        registry.register("bytes_sent", "Bytes of these frames", self.bytes_sent.clone());
        registry.register("errors", "Errors that clients were told, by their code", self.errors.clone());
        registry.register("limits", "How often a bound was run into", self.limits.clone());
        registry.register("refusals", "WebSockets that were refused, by the reason", self.refusals.clone());
        registry.register("ends", "WebSockets that ended, by the reason", self.ends.clone());
        registry.register("certificates", "Certificates that were loaded again", self.certificates.clone());
    }
}

impl Metrics {
    pub fn arrived(&self) -> Arrived {
        self.0.clients.inc();
        Arrived(self.clone())
    }

    pub fn joined(&self) {
        self.0.joins.inc();
    }

    pub fn received(&self, bytes: usize) {
        self.0.frames_received.inc();
        self.0.bytes_received.inc_by(bytes as u64);
    }

    /// Bytes of a frame that was too large, which has been counted.
    pub fn discarded(&self, bytes: usize) {
        self.0.bytes_received.inc_by(bytes as u64);
    }

    pub fn sent(&self, frames: u64, bytes: usize) {
        self.0.frames_sent.inc_by(frames);
        self.0.bytes_sent.inc_by(bytes as u64);
    }

    /// A client is told this.
    pub fn error(&self, code: &ErrorCode) {
        if let Some(code) = ErrorCode::VALUES.iter().find(|word| **word == code.as_str()) {
            self.0.errors.get_or_create(&CodeLabel { code }).inc();
        }
        if let Some(bound) = Bound::of(code) {
            self.limit(bound);
        }
    }

    pub fn limit(&self, bound: Bound) {
        self.0.limits.get_or_create(&LimitLabel { limit: bound.word() }).inc();
    }

    /// A request for a WebSocket is refused.
    pub fn refusal(&self, reason: &'static str) {
        self.0.refusals.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub fn ended(&self, end: End) {
        self.0.ends.get_or_create(&ReasonLabel { reason: end.word() }).inc();
        if matches!(end, End::TooSlow) {
            self.limit(Bound::Queue);
        }
    }

    pub fn draining(&self) {
        self.0.draining.set(1);
    }

    pub fn certificate(&self, result: &'static str) {
        self.0.certificates.get_or_create(&ResultLabel { result }).inc();
    }

    /// All of it as text.
    pub fn text(&self, rooms: usize, seats: usize) -> String {
        self.0.rooms.set(rooms.try_into().unwrap_or(i64::MAX));
        self.0.seats.set(seats.try_into().unwrap_or(i64::MAX));
        let mut text = String::new();
        if let Err(error) = text::encode(&mut text, &self.0.registry) {
            let _ = write!(text, "# {error}");
        }
        text
    }
}

/// One client more, until dropped.
#[derive(Debug)]
pub struct Arrived(Metrics);

impl Drop for Arrived {
    fn drop(&mut self) {
        self.0.0.clients.dec();
    }
}

/// The media type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the table on the page on deployment whose header begins like this.
    fn documented(header: &str) -> Vec<String> {
        let mut lines =
            include_str!("../../DEPLOYMENT.md").lines().skip_while(|line| !line.starts_with(header)).skip(2);
        let rows = lines.by_ref().take_while(|line| line.starts_with('|'));
        rows.map(|row| row.split('|').nth(1).unwrap().to_owned()).collect()
    }

    #[test]
    fn every_bound_has_its_row() {
        let expected: Vec<_> = Bound::ALL.iter().map(|bound| format!(" `{}` ", bound.word())).collect();
        assert_eq!(documented("| `limit` |"), expected);
    }

    #[test]
    fn every_metric_has_its_row() {
        let metrics = Metrics::default();
        metrics.refusal("full");
        metrics.ended(End::Left);
        let text = metrics.text(1, 2);
        let mut counted: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split([' ', '{']).next().unwrap().to_owned())
            .collect();
        counted.dedup();
        counted.sort();
        let rows = documented("| Metric |").join(" ");
        let mut named: Vec<_> = rows
            .split(|character: char| !(character.is_ascii_lowercase() || character == '_'))
            .filter(|word| word.starts_with("signaling_"))
            .map(str::to_owned)
            .collect();
        named.sort();
        assert_eq!(named, counted);
        assert!(text.contains("signaling_rooms 1\n") && text.contains("signaling_seats 2\n"), "{text}");
    }
}
