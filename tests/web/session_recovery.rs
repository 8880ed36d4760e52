//! Sessions whose network breaks, whose way is silent, and whose ICE is restarted.

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

/// The same, but that all candidates lead to an address that nobody has.
fn to_nowhere(signal: Signal) -> Signal {
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
async fn session_without_a_path_is_lost() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let (a_incoming, a_outgoing) = a_link.into_halves();
        let (b_incoming, b_outgoing) = b_link.into_halves();
        // Of two who fail at one moment, who restarts ICE first spares the other its failure for a while.
        let hasty = Recovery::new().attempts(2).attempt_time(Duration::from_millis(500));
        let patient = Recovery::new().attempts(1).attempt_time(Duration::from_secs(3_600));
        let options = |politeness, recovery| SessionOptions::new(politeness).recovery(recovery);
        let a = session(options(Politeness::Polite, hasty), Link::new(a_incoming.map(to_nowhere), a_outgoing));
        let b = session(options(Politeness::Impolite, patient), Link::new(b_incoming.map(to_nowhere), b_outgoing));
        let _never = a.connection().create_data_channel("never", &ChannelInit::new()).unwrap();
        let started = super::support::now();
        let events: Vec<SessionEvent> = a.events().collect().within_minutes("the loss").await;
        wasm_bindgen_test::console_log!("measured: lost after {} ms", super::support::now() - started);
        let events: Vec<String> = events.iter().map(describe_event).collect();
        assert_eq!(
            events,
            ["Reconnecting { attempt: 1 }", "Reconnecting { attempt: 2 }", "Lost { reason: ConnectionFailed }"]
        );
        a.ended().within("our end").await;
        let events: Vec<SessionEvent> = b.events().collect().within("their end").await;
        assert!(matches!(events.last(), Some(SessionEvent::Lost { reason: LostReason::PeerClosed, .. })), "{events:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn broken_path_is_retried_until_it_recovers() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let recovery = Recovery::new().attempts(3).attempt_time(Duration::from_millis(500));
        let a = session(SessionOptions::new(Politeness::Polite).recovery(recovery), a_link);
        let b = session(Politeness::Impolite, b_link);
        exchange_messages(&a, &b).within("messages both ways").await;
        reached(a.connection().connection_states(), ConnectionState::Connected).await;
        let mut events = a.events();
        let before = ice_ufrag(a.connection());
        let raw = a.connection().as_raw();
        let changed = || js::dispatch(raw, "connectionstatechange", &js::eval("{}"));

        let broken = ["connectionState", "iceConnectionState"].map(|state| Override::new(raw, state, &"failed".into()));
        changed();
        for attempt in 1..=2 {
            let expected = format!("Reconnecting {{ attempt: {attempt} }}");
            assert_eq!(describe_event(&events.next().within("a try").await.unwrap()), expected);
        }
        drop(broken);
        changed();
        assert_eq!(describe_event(&events.next().within("a way").await.unwrap()), "Recovered");
        reached(a.connection().connection_states(), ConnectionState::Connected).await;
        assert_ne!(ice_ufrag(a.connection()), before, "the tries looked for another way");
        exchange_messages(&a, &b).within("messages over what is open").await;
        assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
    })
    .await;
}

/// Restarts ICE by hand, and waits until both have agreed.
async fn restarted(session: &Session) {
    let before = ice_ufrag(session.connection());
    session.connection().restart_ice().unwrap();
    let agreed = async {
        while ice_ufrag(session.connection()) == before {
            sleep(Duration::from_millis(50)).await;
        }
    };
    agreed.within("a restart").await;
}

/// As a Firefox does to a Chromium at times: ICE says that there is a way, and nothing that is sent on it comes.
#[wasm_bindgen_test]
async fn silent_path_is_retried_and_then_lost() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let once = SessionOptions::new(Politeness::Polite).recovery(Recovery::new().attempts(1));
        let (a, b) = (session(once, a_link), session(Politeness::Impolite, b_link));
        exchange_messages(&a, &b).within("messages both ways").await;
        reached(a.connection().connection_states(), ConnectionState::Connected).await;

        let in_vain = js::eval(
            "(() => {
                let bytesSent = 0;
                return async () => new Map([['pair', { bytesSent: ++bytesSent, bytesReceived: 7 }]]);
            })()",
        );
        let _deaf = Override::new(a.connection().as_raw(), "getStats", &in_vain);
        restarted(&a).await;
        let first_try = ice_ufrag(a.connection());
        let mut events = a.events();
        for expected in ["Reconnecting { attempt: 1 }", "Recovered"] {
            assert_eq!(describe_event(&events.next().within_minutes("a try").await.unwrap()), expected);
        }
        assert_ne!(ice_ufrag(a.connection()), first_try, "it looks for another way");
        let rest: Vec<String> = events.map(|event| describe_event(&event)).collect().within_minutes("the loss").await;
        assert_eq!(rest, ["Lost { reason: ConnectionFailed }"]);
        let events: Vec<SessionEvent> = b.events().collect().within("their end").await;
        assert!(matches!(events.last(), Some(SessionEvent::Lost { reason: LostReason::PeerClosed, .. })), "{events:?}");
    })
    .await;
}

/// By the browser's own counts, each after a restart: messages one way only, and nothing at all.
#[wasm_bindgen_test]
async fn path_with_traffic_is_left_alone() {
    watched(async {
        let (speaking, idle) = (sessions(), sessions());
        let init = ChannelInit::new().negotiated(1);
        let channel = |session: &Session| session.connection().create_data_channel("", &init).unwrap();
        let [mouth, _ear, _near, _far] = [&speaking.0, &speaking.1, &idle.0, &idle.1].map(channel);
        for one in [&speaking.0, &speaking.1, &idle.0, &idle.1] {
            reached(one.connection().connection_states(), ConnectionState::Connected).await;
        }
        mouth.opened().within("an open channel").await.unwrap();
        join(restarted(&speaking.0), restarted(&idle.1)).await;
        // For longer than it takes to call it silence.
        for _ in 0..110 {
            mouth.send("do you hear me?").within("send").await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
        for one in [&speaking.0, &speaking.1, &idle.0, &idle.1] {
            assert_eq!(one.events().next().now_or_never().flatten().as_ref().map(describe_event), None);
        }
    })
    .await;
}

/// Firefox answers each restart as the client, also as the server, which a Chromium cannot bear.
#[wasm_bindgen_test]
async fn answer_to_an_ice_restart_keeps_the_dtls_role() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let answers = Rc::<RefCell<Vec<bool>>>::default();
        let heard = answers.clone();
        let listening = move |signal: &Signal| {
            if let Content::Description(description) = &signal.content
                && description.kind == SdpType::Answer
            {
                heard.borrow_mut().push(description.sdp.contains("a=setup:active"));
            }
        };
        let (a_incoming, a_outgoing) = a_link.into_halves();
        let (b_incoming, b_outgoing) = b_link.into_halves();
        let a = session(Politeness::Polite, Link::new(a_incoming.inspect(listening.clone()), a_outgoing));
        let b = session(Politeness::Impolite, Link::new(b_incoming.inspect(listening), b_outgoing));
        // The first offer is of b, as a has nothing to offer.
        let _channel = b.connection().create_data_channel("", &ChannelInit::new()).unwrap();
        for session in [&a, &b] {
            reached(session.connection().connection_states(), ConnectionState::Connected).await;
        }
        restarted(&a).await;
        restarted(&b).await;
        restarted(&a).await;
        let a_is_client = answers.borrow()[0];
        assert_eq!(*answers.borrow(), [a_is_client, !a_is_client, a_is_client, !a_is_client]);
        exchange_messages(&a, &b).within("messages both ways").await;
    })
    .await;
}
