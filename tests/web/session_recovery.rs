//! Recovery of sessions: broken paths, silent paths and ICE restarts.

use std::{cell::RefCell, rc::Rc, time::Duration};

use browser_rtc::{
    channel::ChannelInit,
    negotiation::{Content, Politeness, Signal},
    peer::{ConnectionState, SdpType},
    session::{Link, LostReason, MemoryLink, Recovery, Session, SessionEvent, SessionOptions},
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    pair::reached,
    session::{describe_event, exchange_messages, ice_ufrag, session, sessions},
    sleep, watched,
};

/// Replaces the addresses of all candidates with an address that does not exist.
fn with_unreachable_address(signal: Signal) -> Signal {
    let content = match signal.content {
        Content::Candidate(mut candidate) => {
            let mut words: Vec<&str> = candidate.candidate.split(' ').collect();
            if words.len() > 5 {
                words[4] = "192.0.2.1";
            }
            candidate.candidate = words.join(" ");
            Content::Candidate(candidate)
        }
        Content::Description(mut description) => {
            let lines = description.sdp.lines().filter(|line| !line.starts_with("a=candidate:"));
            description.sdp = lines.map(|line| line.to_owned() + "\r\n").collect();
            Content::Description(description)
        }
        other => other,
    };
    Signal { content, ..signal }
}

#[wasm_bindgen_test]
async fn session_without_path_is_lost() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let (a_incoming, a_outgoing) = a_link.into_halves();
        let (b_incoming, b_outgoing) = b_link.into_halves();
        // An ICE restart of one side postpones the failure of the other, so that only one side retries.
        let hasty = Recovery::new().attempts(2).attempt_time(Duration::from_millis(500));
        let patient = Recovery::new().attempts(1).attempt_time(Duration::from_secs(3_600));
        let options = |politeness, recovery| SessionOptions::new(politeness).recovery(recovery);
        let a = session(
            options(Politeness::Polite, hasty),
            Link::new(a_incoming.map(with_unreachable_address), a_outgoing),
        );
        let b = session(
            options(Politeness::Impolite, patient),
            Link::new(b_incoming.map(with_unreachable_address), b_outgoing),
        );
        let _never = a.connection().create_data_channel("never", &ChannelInit::new()).unwrap();
        let started = super::support::now();
        let events: Vec<SessionEvent> = a.events().collect().within_minutes("the loss").await;
        wasm_bindgen_test::console_log!("measured: lost after {} ms", super::support::now() - started);
        let descriptions: Vec<String> = events.iter().map(describe_event).collect();
        assert_eq!(
            descriptions,
            ["Reconnecting { attempt: 1 }", "Reconnecting { attempt: 2 }", "Lost { reason: ConnectionFailed }"]
        );
        a.ended().within("the end of the retrying session").await;
        let events: Vec<SessionEvent> = b.events().collect().within("the end of the other session").await;
        assert!(matches!(events.last(), Some(SessionEvent::Lost { reason: LostReason::PeerClosed, .. })), "{events:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn broken_path_is_retried_until_recovery() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let recovery = Recovery::new().attempts(3).attempt_time(Duration::from_millis(500));
        let a = session(SessionOptions::new(Politeness::Polite).recovery(recovery), a_link);
        let b = session(Politeness::Impolite, b_link);
        exchange_messages(&a, &b).within("messages in both directions").await;
        reached(a.connection().connection_states(), ConnectionState::Connected).await;
        let mut events = a.events();
        let before = ice_ufrag(a.connection());
        let raw = a.connection().as_raw();
        let changed = || js::dispatch(raw, "connectionstatechange", &js::eval("{}"));

        let broken = ["connectionState", "iceConnectionState"].map(|state| Override::new(raw, state, &"failed".into()));
        changed();
        for attempt in 1..=2 {
            let expected = format!("Reconnecting {{ attempt: {attempt} }}");
            assert_eq!(describe_event(&events.next().within("an attempt").await.unwrap()), expected);
        }
        drop(broken);
        changed();
        assert_eq!(describe_event(&events.next().within("the recovery").await.unwrap()), "Recovered");
        reached(a.connection().connection_states(), ConnectionState::Connected).await;
        assert_ne!(ice_ufrag(a.connection()), before, "the attempts restarted ICE");
        exchange_messages(&a, &b).within("messages over the connection").await;
        assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
    })
    .await;
}

/// Restarts ICE, and waits until the restart has been negotiated.
async fn restart_ice(session: &Session) {
    let before = ice_ufrag(session.connection());
    session.connection().restart_ice().unwrap();
    let restarted = async {
        while ice_ufrag(session.connection()) == before {
            sleep(Duration::from_millis(50)).await;
        }
    };
    restarted.within("new ICE credentials").await;
}

/// Between Firefox and Chromium, ICE may report a connected path on which nothing that is sent arrives.
#[wasm_bindgen_test]
async fn silent_path_is_retried_then_lost() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let once = SessionOptions::new(Politeness::Polite).recovery(Recovery::new().attempts(1));
        let (a, b) = (session(once, a_link), session(Politeness::Impolite, b_link));
        exchange_messages(&a, &b).within("messages in both directions").await;
        reached(a.connection().connection_states(), ConnectionState::Connected).await;

        let without_received_bytes = js::eval(
            "(() => {
                let bytesSent = 0;
                return async () => new Map([['pair', { bytesSent: ++bytesSent, bytesReceived: 7 }]]);
            })()",
        );
        let _silent = Override::new(a.connection().as_raw(), "getStats", &without_received_bytes);
        restart_ice(&a).await;
        let first_fragment = ice_ufrag(a.connection());
        let mut events = a.events();
        for expected in ["Reconnecting { attempt: 1 }", "Recovered"] {
            assert_eq!(describe_event(&events.next().within_minutes("an attempt").await.unwrap()), expected);
        }
        assert_ne!(ice_ufrag(a.connection()), first_fragment, "the attempt restarted ICE");
        let rest: Vec<String> = events.map(|event| describe_event(&event)).collect().within_minutes("the loss").await;
        assert_eq!(rest, ["Lost { reason: ConnectionFailed }"]);
        let events: Vec<SessionEvent> = b.events().collect().within("the end of the other session").await;
        assert!(matches!(events.last(), Some(SessionEvent::Lost { reason: LostReason::PeerClosed, .. })), "{events:?}");
    })
    .await;
}

/// Two paths without silence, by the statistics of the browser, after a restart: one with messages in one direction, and
/// one without messages.
#[wasm_bindgen_test]
async fn healthy_path_is_not_restarted() {
    watched(async {
        let (sending, idle) = (sessions(), sessions());
        let init = ChannelInit::new().negotiated(1);
        let channel = |session: &Session| session.connection().create_data_channel("", &init).unwrap();
        let [sender, _receiver, _near, _far] = [&sending.0, &sending.1, &idle.0, &idle.1].map(channel);
        for one in [&sending.0, &sending.1, &idle.0, &idle.1] {
            reached(one.connection().connection_states(), ConnectionState::Connected).await;
        }
        sender.opened().within("an open channel").await.unwrap();
        join(restart_ice(&sending.0), restart_ice(&idle.1)).await;
        // 11 seconds, which is longer than the time after which a path counts as silent.
        for _ in 0..110 {
            sender.send("hello").within("send").await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
        for one in [&sending.0, &sending.1, &idle.0, &idle.1] {
            assert_eq!(one.events().next().now_or_never().flatten().as_ref().map(describe_event), None);
        }
    })
    .await;
}

/// Firefox always answers an ICE restart as the DTLS client. Chromium cannot handle the change of role.
#[wasm_bindgen_test]
async fn ice_restart_answer_keeps_dtls_role() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let answers = Rc::<RefCell<Vec<bool>>>::default();
        let recorded = answers.clone();
        let record = move |signal: &Signal| {
            if let Content::Description(description) = &signal.content
                && description.kind == SdpType::Answer
            {
                recorded.borrow_mut().push(description.sdp.contains("a=setup:active"));
            }
        };
        let (a_incoming, a_outgoing) = a_link.into_halves();
        let (b_incoming, b_outgoing) = b_link.into_halves();
        let a = session(Politeness::Polite, Link::new(a_incoming.inspect(record.clone()), a_outgoing));
        let b = session(Politeness::Impolite, Link::new(b_incoming.inspect(record), b_outgoing));
        // The first offer is made by `b`, because `a` has nothing to negotiate.
        let _channel = b.connection().create_data_channel("", &ChannelInit::new()).unwrap();
        for session in [&a, &b] {
            reached(session.connection().connection_states(), ConnectionState::Connected).await;
        }
        restart_ice(&a).await;
        restart_ice(&b).await;
        restart_ice(&a).await;
        let a_is_client = answers.borrow()[0];
        assert_eq!(*answers.borrow(), [a_is_client, !a_is_client, a_is_client, !a_is_client]);
        exchange_messages(&a, &b).within("messages in both directions").await;
    })
    .await;
}
