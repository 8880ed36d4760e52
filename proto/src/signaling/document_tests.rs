//! Tests that PROTOCOL.md describes the frames as implemented.

use std::collections::BTreeSet;

use super::*;
use crate::document::{DOCUMENT, examples};

/// Returns the first cells of all tables with this header.
fn cells(header: &str) -> BTreeSet<String> {
    let mut lines = DOCUMENT.lines();
    let mut found = BTreeSet::new();
    while lines.by_ref().any(|line| line.starts_with(header)) {
        let rows = lines.by_ref().skip(1).take_while(|line| line.starts_with('|'));
        found.extend(rows.filter_map(|row| Some(row.split('|').nth(1)?.trim().trim_matches('`').to_owned())));
    }
    found
}

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(ToString::to_string).collect()
}

/// Returns the type of a message. The match is exhaustive, so that a new message needs an arm.
fn client_type(message: &ClientMessage) -> &'static str {
    match message {
        ClientMessage::Join(_) => "join",
        ClientMessage::Signal(_) => "signal",
        ClientMessage::Say(_) => "say",
        ClientMessage::Ping(_) => "ping",
        ClientMessage::Leave => "leave",
    }
}

fn server_type(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Joined(_) => "joined",
        ServerMessage::PeerJoined(_) => "peer_joined",
        ServerMessage::PeerLeft(_) => "peer_left",
        ServerMessage::Signal(_) => "signal",
        ServerMessage::Say(_) => "say",
        ServerMessage::Pong(_) => "pong",
        ServerMessage::Error(_) => "error",
    }
}

#[test]
fn protocol_shows_every_client_frame() {
    let mut shown = BTreeSet::new();
    for frame in examples("json client") {
        let message = ClientMessage::from_json(frame).unwrap_or_else(|error| panic!("{frame}: {error}"));
        assert_eq!(message.to_json(), frame);
        shown.insert(client_type(&message).to_owned());
    }
    assert_eq!(shown, words(&["join", "signal", "say", "ping", "leave"]));
}

#[test]
fn protocol_shows_every_server_frame() {
    let (mut shown, mut codes, mut reasons) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for frame in examples("json server") {
        let message = ServerMessage::from_json(frame).unwrap_or_else(|error| panic!("{frame}: {error}"));
        assert_eq!(message.to_json(), frame);
        shown.insert(server_type(&message).to_owned());
        match message {
            ServerMessage::Error(ServerError { code, message, .. }) => {
                assert!(!message.is_empty(), "{frame}");
                codes.insert(code.to_string());
            }
            ServerMessage::PeerLeft(PeerLeft { reason, .. }) => {
                reasons.insert(reason.to_string());
            }
            _ => {}
        }
    }
    assert_eq!(shown, words(&["joined", "peer_joined", "peer_left", "signal", "say", "pong", "error"]));
    assert_eq!(codes, words(ErrorCode::VALUES));
    assert_eq!(reasons, words(LeaveReason::VALUES));
    assert_eq!(cells("| Code | Meaning"), words(ErrorCode::VALUES));
    assert_eq!(cells("| Reason |"), words(LeaveReason::VALUES));
}

#[test]
fn protocol_shows_frames_in_blocks_only() {
    for prose in DOCUMENT.split("\n```").step_by(2) {
        assert!(!prose.lines().any(|line| line.starts_with("{\"")), "{prose}");
    }
}

#[test]
fn protocol_refused_frames_are_refused() {
    let errors = examples("json refused").into_iter().map(|frame| ClientMessage::from_json(frame).expect_err(frame));
    let messages: Vec<String> = errors.map(|error| error.to_string()).collect();
    let shown = examples("json server").into_iter().filter_map(|frame| match ServerMessage::from_json(frame) {
        Ok(ServerMessage::Error(ServerError { code: ErrorCode::BadMessage, message, .. })) => Some(message),
        _ => None,
    });
    for message in shown.collect::<Vec<_>>() {
        assert!(messages.contains(&message), "{message} is not among {messages:?}");
    }
}

#[test]
fn protocol_lists_every_close_code() {
    // The constants are read from the source, because a separate list could be incomplete.
    let constants = include_str!("mod.rs").lines().filter_map(|line| line.trim().strip_prefix("pub const "));
    let codes = constants.filter_map(|line| Some(line.split_once(": u16 = ")?.1.trim_end_matches(';').to_owned()));
    assert_eq!(cells("| Code | From"), codes.collect());
}

#[test]
fn protocol_names_version_and_path() {
    assert!(DOCUMENT.contains(&format!("`{SUBPROTOCOL}`")) && DOCUMENT.contains(&format!("`{PATH}`")));
}
