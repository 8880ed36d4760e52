use super::*;

fn data(json: &str) -> Data {
    Data::from_json(json).unwrap()
}

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

fn peer(id: &str, name: &str) -> Peer {
    Peer { id: id.into(), name: name.to_owned() }
}

fn join(resume: Option<&str>, token: Option<&str>) -> ClientMessage {
    ClientMessage::Join {
        room: "lobby".into(),
        name: "Ada".into(),
        resume: resume.map(ResumeToken::from),
        received: if resume.is_some() { 9 } else { 0 },
        token: token.map(str::to_owned),
    }
}

/// Each message of a client, with the exact frame that the protocol gives it.
fn client_frames() -> Vec<(ClientMessage, &'static str)> {
    vec![
        (join(None, None), r#"{"type":"join","room":"lobby","name":"Ada"}"#),
        (
            join(Some("r"), Some("t")),
            r#"{"type":"join","room":"lobby","name":"Ada","resume":"r","received":9,"token":"t"}"#,
        ),
        (
            ClientMessage::Signal { to: "b".into(), data: data(r#"{"kind": "x",  "n":[1e2]}"#) },
            r#"{"type":"signal","to":"b","data":{"kind": "x",  "n":[1e2]}}"#,
        ),
        (ClientMessage::Say { id: id("a-_9"), data: data("null") }, r#"{"type":"say","id":"a-_9","data":null}"#),
        (ClientMessage::Ping { id: u32::MAX, received: 0 }, r#"{"type":"ping","id":4294967295}"#),
        (ClientMessage::Ping { id: 1, received: 2 }, r#"{"type":"ping","id":1,"received":2}"#),
        (ClientMessage::Leave, r#"{"type":"leave"}"#),
    ]
}

/// Each message of the server, with the exact frame that the protocol gives it.
fn server_frames() -> Vec<(ServerMessage, &'static str)> {
    vec![
        (
            ServerMessage::Joined {
                you: peer("a", "Ada"),
                peers: vec![peer("b", "Bob")],
                resume: None,
                resumed: false,
                received: 0,
                ice_servers: vec![],
                heartbeat_ms: 15000,
                max_frame_bytes: 65536,
            },
            r#"{"type":"joined","you":{"id":"a","name":"Ada"},"peers":[{"id":"b","name":"Bob"}],"ice_servers":[],"heartbeat_ms":15000,"max_frame_bytes":65536}"#,
        ),
        (
            ServerMessage::Joined {
                you: peer("a", "Ada"),
                peers: vec![],
                resume: Some("r".into()),
                resumed: true,
                received: 3,
                ice_servers: vec![IceServer::stun("stun:s"), IceServer::turn("turn:t", "u", "c")],
                heartbeat_ms: 1,
                max_frame_bytes: u32::MAX,
            },
            r#"{"type":"joined","you":{"id":"a","name":"Ada"},"peers":[],"resume":"r","resumed":true,"received":3,"ice_servers":[{"urls":["stun:s"]},{"urls":["turn:t"],"username":"u","credential":"c"}],"heartbeat_ms":1,"max_frame_bytes":4294967295}"#,
        ),
        (
            ServerMessage::PeerJoined { peer: peer("b", "Bob") },
            r#"{"type":"peer_joined","peer":{"id":"b","name":"Bob"}}"#,
        ),
        (
            ServerMessage::PeerLeft { id: "b".into(), reason: LeaveReason::Lost },
            r#"{"type":"peer_left","id":"b","reason":"lost"}"#,
        ),
        (ServerMessage::Signal { from: "b".into(), data: data("[ ]") }, r#"{"type":"signal","from":"b","data":[ ]}"#),
        (
            ServerMessage::Say { from: "b".into(), id: id("m"), data: data("\"hi\"") },
            r#"{"type":"say","from":"b","id":"m","data":"hi"}"#,
        ),
        (ServerMessage::Pong { id: 7, received: 0, resume: None }, r#"{"type":"pong","id":7}"#),
        (ServerMessage::Pong { id: 7, received: 5, resume: None }, r#"{"type":"pong","id":7,"received":5}"#),
        (
            ServerMessage::Pong { id: 0, received: 5, resume: Some("r.w".into()) },
            r#"{"type":"pong","id":0,"received":5,"resume":"r.w"}"#,
        ),
        (
            ServerMessage::Error { code: ErrorCode::NameTaken, message: "taken".into(), frame: None },
            r#"{"type":"error","code":"name_taken","message":"taken"}"#,
        ),
        (
            ServerMessage::Error { code: ErrorCode::TooLarge, message: "large".into(), frame: Some(0) },
            r#"{"type":"error","code":"too_large","message":"large","frame":0}"#,
        ),
    ]
}

#[test]
fn client_messages_are_exactly_these_frames() {
    for (message, frame) in client_frames() {
        assert_eq!(message.to_json().unwrap(), frame);
        assert_eq!(ClientMessage::from_json(frame).unwrap(), message);
    }
}

#[test]
fn server_messages_are_exactly_these_frames() {
    for (message, frame) in server_frames() {
        assert_eq!(message.to_json().unwrap(), frame);
        assert_eq!(ServerMessage::from_json(frame).unwrap(), message);
    }
}

#[test]
fn unknown_fields_and_any_order_are_fine() {
    let frame = r#"{"new":{"a":[1]},"data":1,"id":"not a number","to":"b","type":"signal"}"#;
    let expected = ClientMessage::Signal { to: "b".into(), data: data("1") };
    assert_eq!(ClientMessage::from_json(frame).unwrap(), expected);
}

#[test]
fn a_malformed_frame_says_what_is_wrong() {
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
fn deep_data_is_carried_without_recursion() {
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let frame = format!(r#"{{"type":"say","id":"m","data":{deep}}}"#);
    let message = ClientMessage::from_json(&frame).unwrap();
    assert_eq!(message, ClientMessage::Say { id: id("m"), data: data(&deep) });
}

#[test]
fn words_are_kept_known_or_not() {
    for word in ErrorCode::WORDS {
        let code = ErrorCode::from(*word);
        assert!(!matches!(code, ErrorCode::Other(_)), "{word}");
        assert_eq!(code.to_string(), *word);
    }
    for word in LeaveReason::WORDS {
        assert!(!matches!(LeaveReason::from(*word), LeaveReason::Other(_)));
    }
    let frame = r#"{"type":"error","code":"out_of_tea","message":""}"#;
    let message = ServerMessage::from_json(frame).unwrap();
    assert_eq!(message.to_json().unwrap(), frame);
    assert_eq!(
        message,
        ServerMessage::Error { code: ErrorCode::Other("out_of_tea".into()), message: String::new(), frame: None }
    );
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
fn missing_max_frame_bytes_is_the_default() {
    let frame = r#"{"type":"joined","you":{"id":"a","name":"Ada"},"peers":[],"heartbeat_ms":1}"#;
    let ServerMessage::Joined { max_frame_bytes, .. } = ServerMessage::from_json(frame).unwrap() else { panic!() };
    assert_eq!(max_frame_bytes, DEFAULT_MAX_FRAME_BYTES);
}

#[test]
fn ice_server_urls_are_one_or_many() {
    let one: IceServer = serde_json::from_str(r#"{"urls":"stun:a"}"#).unwrap();
    let many: IceServer = serde_json::from_str(r#"{"urls":["stun:a","stun:b"]}"#).unwrap();
    assert_eq!(one.urls, ["stun:a"]);
    assert_eq!(many.urls, ["stun:a", "stun:b"]);
    assert!(serde_json::from_str::<IceServer>(r#"{"urls":7}"#).is_err());
    assert!(serde_json::from_str::<IceServer>("{}").is_err());
}

#[test]
fn debug_shows_no_secret() {
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
                ClientMessage::Join { room, name, resume: resume.map(ResumeToken::from), received, token }
            }),
            (text(), json()).prop_map(|(to, data)| ClientMessage::Signal { to: to.into(), data }),
            ("[A-Za-z0-9_-]{1,64}", json())
                .prop_map(|(id, data)| { ClientMessage::Say { id: id.parse().unwrap(), data } }),
            any::<(u32, u32)>().prop_map(|(id, received)| ClientMessage::Ping { id, received }),
            Just(ClientMessage::Leave),
        ]
    }

    proptest! {
        #[test]
        fn of_any_client_message(message in client_message()) {
            let frame = message.to_json().unwrap();
            prop_assert_eq!(ClientMessage::from_json(&frame).unwrap(), message);
        }

        #[test]
        fn no_text_panics_the_reader(text in any::<String>()) {
            let _ = ClientMessage::from_json(&text);
            let _ = ServerMessage::from_json(&text);
        }
    }
}
