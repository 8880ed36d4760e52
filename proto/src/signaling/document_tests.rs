//! PROTOCOL.md says what the types say.

use std::collections::BTreeSet;

use super::*;

const DOCUMENT: &str = include_str!("../../../signaling/PROTOCOL.md");

/// The lines of all blocks of this kind.
fn examples(kind: &str) -> Vec<&'static str> {
    let mut lines = DOCUMENT.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        match line.strip_prefix("```") {
            Some(of) => {
                let block = lines.by_ref().take_while(|line| !line.starts_with("```"));
                if of == kind {
                    found.extend(block);
                } else {
                    block.for_each(drop);
                }
            }
            None => assert!(!line.starts_with("{\""), "a frame outside of a block: {line}"),
        }
    }
    found
}

/// The first cells of all tables whose header begins like this.
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

/// Has an arm for each: who adds a message is led here.
fn of_client(message: &ClientMessage) -> &'static str {
    match message {
        ClientMessage::Join { .. } => "join",
        ClientMessage::Signal { .. } => "signal",
        ClientMessage::Say { .. } => "say",
        ClientMessage::Ping { .. } => "ping",
        ClientMessage::Leave => "leave",
    }
}

fn of_server(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Joined { .. } => "joined",
        ServerMessage::PeerJoined { .. } => "peer_joined",
        ServerMessage::PeerLeft { .. } => "peer_left",
        ServerMessage::Signal { .. } => "signal",
        ServerMessage::Say { .. } => "say",
        ServerMessage::Pong { .. } => "pong",
        ServerMessage::Error { .. } => "error",
    }
}

#[test]
fn every_frame_of_a_client_is_shown_as_it_is() {
    let mut shown = BTreeSet::new();
    for frame in examples("json client") {
        let message = ClientMessage::from_json(frame).unwrap_or_else(|error| panic!("{frame}: {error}"));
        assert_eq!(message.to_json().unwrap(), frame);
        shown.insert(of_client(&message).to_owned());
    }
    assert_eq!(shown, words(&["join", "signal", "say", "ping", "leave"]));
}

#[test]
fn every_frame_of_the_server_is_shown_as_it_is() {
    let (mut shown, mut codes, mut reasons) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for frame in examples("json server") {
        let message = ServerMessage::from_json(frame).unwrap_or_else(|error| panic!("{frame}: {error}"));
        assert_eq!(message.to_json().unwrap(), frame);
        shown.insert(of_server(&message).to_owned());
        match message {
            ServerMessage::Error { code, message, .. } => {
                assert!(!message.is_empty(), "{frame}");
                codes.insert(code.to_string());
            }
            ServerMessage::PeerLeft { reason, .. } => {
                reasons.insert(reason.to_string());
            }
            _ => {}
        }
    }
    assert_eq!(shown, words(&["joined", "peer_joined", "peer_left", "signal", "say", "pong", "error"]));
    assert_eq!(codes, words(ErrorCode::WORDS));
    assert_eq!(reasons, words(LeaveReason::WORDS));
    assert_eq!(cells("| Code | Meaning"), words(ErrorCode::WORDS));
    assert_eq!(cells("| Reason |"), words(LeaveReason::WORDS));
}

#[test]
fn what_is_said_to_be_refused_is() {
    let refused = examples("json refused");
    assert!(!refused.is_empty());
    for frame in refused {
        assert!(ClientMessage::from_json(frame).is_err(), "{frame}");
    }
}

#[test]
fn every_close_code_has_its_row() {
    // The source itself: a list beside it could be forgotten.
    let constants = include_str!("mod.rs").lines().filter_map(|line| line.trim().strip_prefix("pub const "));
    let codes = constants.filter_map(|line| Some(line.split_once(": u16 = ")?.1.trim_end_matches(';').to_owned()));
    assert_eq!(cells("| Code | From"), codes.collect());
}

#[test]
fn the_version_and_the_path_are_named() {
    assert!(DOCUMENT.contains(&format!("`{SUBPROTOCOL}`")) && DOCUMENT.contains(&format!("`{PATH}`")));
}
