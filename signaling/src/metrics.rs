//! The metrics of a server, in the text format of Prometheus.
//!
//! The counters that each frame updates are fields, so that no lookup is needed. Only rare events have labels.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::disconnect::DisconnectReason;
use browser_rtc_proto::signaling::ErrorCode;

/// A handle to the metrics of one server.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Counters>);

#[derive(Debug)]
struct Counters {
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

/// A limit that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
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

impl Limit {
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

    fn label(self) -> &'static str {
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

    /// Returns the limit that an error reports. Both rate limits have the same error, so the caller counts them.
    fn from_error(code: &ErrorCode) -> Option<Self> {
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
        let mut counters = Counters {
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
        counters.register();
        Self(Arc::new(counters))
    }
}

impl Counters {
    fn register(&mut self) {
        // Counters of events that have not occurred yet are 0 rather than missing, so that alerts can refer to them.
        for code in ErrorCode::VALUES {
            drop(self.errors.get_or_create(&CodeLabel { code }));
        }
        for limit in Limit::ALL {
            drop(self.limits.get_or_create(&LimitLabel { limit: limit.label() }));
        }
        for result in ["ok", "failed"] {
            drop(self.certificates.get_or_create(&ResultLabel { result }));
        }
        let started: Gauge<i64, AtomicI64> = Gauge::default();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        started.set(since.as_secs().try_into().unwrap_or(i64::MAX));

        let registry = &mut self.registry;
        registry.register("start_time_seconds", "Start time of the server in seconds since 1970", started);
        registry.register("clients", "Open WebSockets", self.clients.clone());
        registry.register("rooms", "Rooms with seats of this process", self.rooms.clone());
        registry.register("seats", "Seats, including those kept for disconnected clients", self.seats.clone());
        registry.register("draining", "1 while the server drains before a shutdown", self.draining.clone());
        registry.register("joins", "Seats taken or resumed", self.joins.clone());
        registry.register("frames_received", "Frames received from clients", self.frames_received.clone());
        registry.register("bytes_received", "Bytes in frames received from clients", self.bytes_received.clone());
        registry.register("frames_sent", "Frames sent to clients", self.frames_sent.clone());
        registry.register("bytes_sent", "Bytes in frames sent to clients", self.bytes_sent.clone());
        registry.register("errors", "Errors sent to clients, by code", self.errors.clone());
        registry.register("limits", "Number of times that a limit was exceeded, by limit", self.limits.clone());
        registry.register("refusals", "WebSockets refused, by reason", self.refusals.clone());
        registry.register("ends", "WebSockets closed, by reason", self.ends.clone());
        registry.register("certificates", "Certificate reloads, by result", self.certificates.clone());
    }
}

impl Metrics {
    pub fn client_connected(&self) -> ConnectedClient {
        self.0.clients.inc();
        ConnectedClient(self.clone())
    }

    pub fn client_joined(&self) {
        self.0.joins.inc();
    }

    pub fn frame_received(&self, bytes: usize) {
        self.0.frames_received.inc();
        self.0.bytes_received.inc_by(bytes as u64);
    }

    /// Counts bytes of a message over the limit, which is already counted as a frame.
    pub fn bytes_discarded(&self, bytes: usize) {
        self.0.bytes_received.inc_by(bytes as u64);
    }

    pub fn frames_sent(&self, frames: u64, bytes: usize) {
        self.0.frames_sent.inc_by(frames);
        self.0.bytes_sent.inc_by(bytes as u64);
    }

    /// Counts an error that is sent to a client.
    pub fn error(&self, code: &ErrorCode) {
        if let Some(code) = ErrorCode::VALUES.iter().find(|word| **word == code.as_str()) {
            self.0.errors.get_or_create(&CodeLabel { code }).inc();
        }
        if let Some(limit) = Limit::from_error(code) {
            self.limit_exceeded(limit);
        }
    }

    pub fn limit_exceeded(&self, limit: Limit) {
        self.0.limits.get_or_create(&LimitLabel { limit: limit.label() }).inc();
    }

    /// Counts a refused WebSocket.
    pub fn upgrade_refused(&self, reason: &'static str) {
        self.0.refusals.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub fn client_disconnected(&self, reason: DisconnectReason) {
        self.0.ends.get_or_create(&ReasonLabel { reason: reason.label() }).inc();
        if matches!(reason, DisconnectReason::TooSlow) {
            self.limit_exceeded(Limit::Queue);
        }
    }

    pub fn drain_started(&self) {
        self.0.draining.set(1);
    }

    pub fn certificate_reloaded(&self, result: &'static str) {
        self.0.certificates.get_or_create(&ResultLabel { result }).inc();
    }

    /// Returns all metrics as text.
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

/// A guard that counts a client as connected until it is dropped.
#[derive(Debug)]
pub struct ConnectedClient(Metrics);

impl Drop for ConnectedClient {
    fn drop(&mut self) {
        self.0.0.clients.dec();
    }
}

/// The media type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the first cells of the table in DEPLOYMENT.md whose header begins with this text.
    fn documented(header: &str) -> Vec<String> {
        let mut lines = include_str!("../DEPLOYMENT.md").lines().skip_while(|line| !line.starts_with(header)).skip(2);
        let rows = lines.by_ref().take_while(|line| line.starts_with('|'));
        rows.map(|row| row.split('|').nth(1).unwrap().to_owned()).collect()
    }

    #[test]
    fn every_limit_is_documented() {
        let expected: Vec<_> = Limit::ALL.iter().map(|limit| format!(" `{}` ", limit.label())).collect();
        assert_eq!(documented("| `limit` |"), expected);
    }

    #[test]
    fn every_metric_is_documented() {
        let metrics = Metrics::default();
        metrics.upgrade_refused("full");
        metrics.client_disconnected(DisconnectReason::Left);
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
