use super::*;

fn data(json: &str) -> Data {
    Data::from_json(json).unwrap()
}

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

fn peer(id: &str, name: &str) -> Peer {
    Peer::new(id, name.to_owned())
}

fn join(resume: Option<&str>, token: Option<&str>) -> ClientMessage {
    ClientMessage::Join(
        Join::new("lobby", "Ada")
            .resume(resume.map(ResumeToken::from))
            .received(if resume.is_some() { 9 } else { 0 })
            .token(token.map(str::to_owned)),
    )
}

/// Returns each message of a client with its exact frame.
fn client_frames() -> Vec<(ClientMessage, &'static str)> {
    vec![
        (join(None, None), r#"{"type":"join","room":"lobby","name":"Ada"}"#),
        (
            join(Some("r"), Some("t")),
            r#"{"type":"join","room":"lobby","name":"Ada","resume":"r","received":9,"token":"t"}"#,
        ),
        (
            ClientMessage::Signal(SignalTo::new("b", data(r#"{"kind": "x",  "n":[1e2]}"#))),
            r#"{"type":"signal","to":"b","data":{"kind": "x",  "n":[1e2]}}"#,
        ),
        (ClientMessage::Say(Say::new(id("a-_9"), data("null"))), r#"{"type":"say","id":"a-_9","data":null}"#),
        (ClientMessage::Ping(Ping::new(u32::MAX)), r#"{"type":"ping","id":4294967295}"#),
        (ClientMessage::Ping(Ping::new(1).received(2)), r#"{"type":"ping","id":1,"received":2}"#),
        (ClientMessage::Leave, r#"{"type":"leave"}"#),
    ]
}

/// Returns each message of the server with its exact frame.
fn server_frames() -> Vec<(ServerMessage, &'static str)> {
    vec![
        (
            ServerMessage::Joined(
                Joined::new(peer("a", "Ada"), 15000).peers(vec![peer("b", "Bob")]).max_frame_bytes(65536),
            ),
            r#"{"type":"joined","you":{"id":"a","name":"Ada"},"peers":[{"id":"b","name":"Bob"}],"ice_servers":[],"heartbeat_ms":15000,"max_frame_bytes":65536}"#,
        ),
        (
            ServerMessage::Joined(
                Joined::new(peer("a", "Ada"), 1)
                    .resume(ResumeToken::from("r"))
                    .resumed(true)
                    .received(3)
                    .ice_servers(vec![IceServer::stun("stun:s"), IceServer::turn("turn:t", "u", "c")])
                    .max_frame_bytes(u32::MAX),
            ),
            r#"{"type":"joined","you":{"id":"a","name":"Ada"},"peers":[],"resume":"r","resumed":true,"received":3,"ice_servers":[{"urls":["stun:s"]},{"urls":["turn:t"],"username":"u","credential":"c"}],"heartbeat_ms":1,"max_frame_bytes":4294967295}"#,
        ),
        (
            ServerMessage::PeerJoined(PeerJoined::new(peer("b", "Bob"))),
            r#"{"type":"peer_joined","peer":{"id":"b","name":"Bob"}}"#,
        ),
        (
            ServerMessage::PeerLeft(PeerLeft::new("b", LeaveReason::Lost)),
            r#"{"type":"peer_left","id":"b","reason":"lost"}"#,
        ),
        (ServerMessage::Signal(SignalFrom::new("b", data("[ ]"))), r#"{"type":"signal","from":"b","data":[ ]}"#),
        (
            ServerMessage::Say(SayFrom::new("b", id("m"), data("\"hi\""))),
            r#"{"type":"say","from":"b","id":"m","data":"hi"}"#,
        ),
        (ServerMessage::Pong(Pong::new(7)), r#"{"type":"pong","id":7}"#),
        (ServerMessage::Pong(Pong::new(7).received(5)), r#"{"type":"pong","id":7,"received":5}"#),
        (
            ServerMessage::Pong(Pong::new(0).received(5).resume(ResumeToken::from("r.w"))),
            r#"{"type":"pong","id":0,"received":5,"resume":"r.w"}"#,
        ),
        (
            ServerMessage::Error(ServerError::new(ErrorCode::NameTaken, "taken")),
            r#"{"type":"error","code":"name_taken","message":"taken"}"#,
        ),
        (
            ServerMessage::Error(ServerError::new(ErrorCode::TooLarge, "large").frame(0)),
            r#"{"type":"error","code":"too_large","message":"large","frame":0}"#,
        ),
    ]
}

#[test]
fn client_messages_match_frames() {
    for (message, frame) in client_frames() {
        assert_eq!(message.to_json(), frame);
        assert_eq!(ClientMessage::from_json(frame).unwrap(), message);
    }
}

#[test]
fn server_messages_match_frames() {
    for (message, frame) in server_frames() {
        assert_eq!(message.to_json(), frame);
        assert_eq!(ServerMessage::from_json(frame).unwrap(), message);
    }
}

#[test]
fn unknown_fields_are_ignored_and_order_is_free() {
    let frame = r#"{"new":{"a":[1]},"data":1,"id":"not a number","to":"b","type":"signal"}"#;
    let expected = ClientMessage::Signal(SignalTo::new("b", data("1")));
    assert_eq!(ClientMessage::from_json(frame).unwrap(), expected);
}

#[test]
fn malformed_frame_error_names_cause() {
    for (frame, complaint) in [
        ("", "EOF"),
        ("nonsense", "expected"),
        ("[]", "JSON object"),
        (r#" ["say",null,null,null,null,null,1,1]"#, "JSON object"),
        ("7", "invalid type"),
        ("{}", "missing field `type`"),
        (r#"{"type":null}"#, "invalid type"),
        (r#"{"type":"dance"}"#, "unknown message type \"dance\""),
        (r#"{"type":"join","name":"Ada"}"#, "missing field `room`"),
        (r#"{"type":"join","room":"r"}"#, "missing field `name`"),
        (r#"{"type":"join","room":1,"name":"Ada"}"#, "invalid type"),
        (r#"{"type":"signal","data":1}"#, "missing field `to`"),
        (r#"{"type":"join","room":1,"name":"Ada"}"#, "field `room`"),
        (r#"{"type":"join","room":"r","name":"Ada","received":-1}"#, "field `received`"),
        (r#"{"type":"signal","to":"b"}"#, "missing field `data`"),
        (r#"{"type":"say","id":"m"}"#, "missing field `data`"),
        (r#"{"type":"say","data":1}"#, "missing field `id`"),
        (r#"{"type":"say","id":"","data":1}"#, "message id"),
        (r#"{"type":"say","id":"a b","data":1}"#, "message id"),
        (r#"{"type":"say","id":7,"data":1}"#, "field `id`"),
        (r#"{"type":"say","data":}"#, "expected value"),
        (r#"{"type":"say","data":1,"data":2}"#, "duplicate field"),
        (r#"{"type":"ping"}"#, "missing field `id`"),
        (r#"{"type":"ping","id":-1}"#, "field `id`"),
        (r#"{"type":"ping","id":4294967296}"#, "field `id`"),
        (r#"{"type":"leave"} {}"#, "trailing characters"),
    ] {
        let error = ClientMessage::from_json(frame).unwrap_err().to_string();
        assert!(error.contains(complaint), "{frame}: {error}");
    }
    for (frame, complaint) in [
        (r#"{"type":"joined"}"#, "missing field `you`"),
        (r#"{"type":"joined","you":{"id":"a"}}"#, "field `you`"),
        (r#"{"type":"peer_left","id":7,"reason":"left"}"#, "field `id`"),
        (r#"{"type":"pong","id":"7"}"#, "field `id`"),
        (r#"{"type":"error"}"#, "missing field `code`"),
        (r#"{"type":"future"}"#, "unknown message type \"future\""),
    ] {
        let error = ServerMessage::from_json(frame).unwrap_err().to_string();
        assert!(error.contains(complaint), "{frame}: {error}");
    }
}

#[test]
fn error_quotes_short_part_of_frame() {
    let long = "ü".repeat(10_000);
    for frame in [
        format!(r#"{{"type":"{long}"}}"#),
        format!(r#"{{"type":"leave","{long}":}}"#),
        format!(r#"{{"type":"ping","id":"{long}"}}"#),
        format!(r#"{{"type":"say","id":"{long}","data":1}}"#),
    ] {
        let error = ClientMessage::from_json(&frame).unwrap_err().to_string();
        assert!(error.chars().count() < 250, "{error}");
    }
}

#[test]
fn deep_data_is_read_without_recursion() {
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let frame = format!(r#"{{"type":"say","id":"m","data":{deep}}}"#);
    let message = ClientMessage::from_json(&frame).unwrap();
    assert_eq!(message, ClientMessage::Say(Say::new(id("m"), data(&deep))));
}

#[test]
fn unknown_code_is_kept() {
    for word in ErrorCode::VALUES {
        let code = ErrorCode::from(*word);
        assert!(!matches!(code, ErrorCode::Unknown(_)), "{word}");
        assert_eq!(code.to_string(), *word);
    }
    for word in LeaveReason::VALUES {
        assert!(!matches!(LeaveReason::from(*word), LeaveReason::Unknown(_)));
    }
    let frame = r#"{"type":"error","code":"out_of_tea","message":""}"#;
    let message = ServerMessage::from_json(frame).unwrap();
    assert_eq!(message.to_json(), frame);
    assert_eq!(message, ServerMessage::Error(ServerError::new(ErrorCode::Unknown("out_of_tea".into()), String::new())));
}

#[test]
fn message_id_is_checked() {
    let longest = "x".repeat(64);
    for valid in ["a", "-", "_", "AZaz09-_", longest.as_str()] {
        assert_eq!(valid.parse::<MessageId>().unwrap().as_str(), valid);
    }
    let too_long = "x".repeat(65);
    for invalid in ["", " ", "a b", "a.b", "\0", "é", "a\n", too_long.as_str()] {
        assert!(invalid.parse::<MessageId>().is_err(), "{invalid:?}");
    }
}

#[test]
fn optional_fields_may_be_null() {
    let frame = r#"{"type":"joined","you":{"id":"a","name":"Ada"},"peers":[],"resume":null,"resumed":null,"received":null,"ice_servers":null,"heartbeat_ms":1,"max_frame_bytes":null}"#;
    let joined = Joined::new(peer("a", "Ada"), 1);
    assert_eq!(ServerMessage::from_json(frame).unwrap(), ServerMessage::Joined(joined));
    let frame = r#"{"type":"error","code":"internal","message":null,"frame":null}"#;
    let error = ServerError::new(ErrorCode::Internal, "");
    assert_eq!(ServerMessage::from_json(frame).unwrap(), ServerMessage::Error(error));
}

#[test]
fn missing_max_frame_bytes_has_default() {
    let frame = r#"{"type":"joined","you":{"id":"a","name":"Ada"},"peers":[],"heartbeat_ms":1}"#;
    let ServerMessage::Joined(Joined { max_frame_bytes, .. }) = ServerMessage::from_json(frame).unwrap() else {
        panic!()
    };
    assert_eq!(max_frame_bytes, DEFAULT_MAX_FRAME_BYTES);
}

#[test]
fn ice_server_urls_may_be_string_or_list() {
    let one: IceServer = serde_json::from_str(r#"{"urls":"stun:a"}"#).unwrap();
    let many: IceServer = serde_json::from_str(r#"{"urls":["stun:a","stun:b"]}"#).unwrap();
    assert_eq!(one.urls, ["stun:a"]);
    assert_eq!(many.urls, ["stun:a", "stun:b"]);
    assert!(serde_json::from_str::<IceServer>(r#"{"urls":7}"#).is_err());
    assert!(serde_json::from_str::<IceServer>("{}").is_err());
}

#[test]
fn debug_output_has_no_secret() {
    let shown = format!("{:?} {:?}", IceServer::turn("turn:t", "ada", "hunter2"), ResumeToken::from("hunter2"));
    assert!(shown.contains("ada") && !shown.contains("hunter2"), "{shown}");
    let shown = format!("{:?}", join(Some("hunter2"), Some("hunter2")));
    assert!(shown.contains("Ada") && shown.contains("Some") && !shown.contains("hunter2"), "{shown}");
}

mod round_trip {
    use proptest::prelude::*;

    use super::super::*;

    fn json() -> impl Strategy<Value = Data> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::hash_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
        .prop_map(|value| Data::from_serialize(&value).unwrap())
    }

    fn client_message() -> impl Strategy<Value = ClientMessage> {
        let text = any::<String>;
        let maybe = || proptest::option::of(any::<String>());
        prop_oneof![
            (text(), text(), maybe(), any::<u32>(), maybe()).prop_map(|(room, name, resume, received, token)| {
                ClientMessage::Join(
                    Join::new(room, name).resume(resume.map(ResumeToken::from)).received(received).token(token),
                )
            }),
            (text(), json()).prop_map(|(to, data)| ClientMessage::Signal(SignalTo::new(to, data))),
            ("[A-Za-z0-9_-]{1,64}", json())
                .prop_map(|(id, data)| { ClientMessage::Say(Say::new(id.parse().unwrap(), data)) }),
            any::<(u32, u32)>().prop_map(|(id, received)| ClientMessage::Ping(Ping::new(id).received(received))),
            Just(ClientMessage::Leave),
        ]
    }

    proptest! {
        #[test]
        fn client_message_round_trips(message in client_message()) {
            let frame = message.to_json();
            prop_assert_eq!(ClientMessage::from_json(&frame).unwrap(), message);
        }

        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _ = ClientMessage::from_json(&text);
            let _ = ServerMessage::from_json(&text);
        }
    }
}
