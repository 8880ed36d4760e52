//! Sessions whose program changes the SDP of local descriptions.

use std::{cell::Cell, rc::Rc};

use browser_rtc::{
    Error, ErrorKind, Result,
    media::TrackKind,
    negotiation::Politeness,
    peer::{SdpType, SessionDescription, TransceiverInit},
    session::{LostReason, MemoryLink, Session, SessionEvent, SessionOptions},
};
use futures::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    session::{exchange_messages, session, wait_until_negotiated},
    watched,
};

/// Returns two linked sessions with the transform, of which the first is polite.
fn transformed(transform: impl Fn(&SessionDescription) -> Result<String> + Clone + 'static) -> (Session, Session) {
    let (a_link, b_link) = MemoryLink::pair();
    let options = |politeness| SessionOptions::new(politeness).sdp_transform(transform.clone());
    (session(options(Politeness::Polite), a_link), session(options(Politeness::Impolite), b_link))
}

#[wasm_bindgen_test]
async fn sdp_transform_applies_to_offers_and_answers() {
    watched(async {
        let (offers, answers) = (Rc::<Cell<u32>>::default(), Rc::<Cell<u32>>::default());
        let counts = [offers.clone(), answers.clone()];
        let (a, b) = transformed(move |description| {
            let count = &counts[usize::from(description.kind == SdpType::Answer)];
            count.set(count.get() + 1);
            let lines = description.sdp.split_inclusive("\r\n");
            Ok(lines
                .map(|line| if line.starts_with("c=") { format!("{line}b=AS:77\r\n") } else { line.into() })
                .collect())
        });
        a.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        wait_until_negotiated([&a, &b], 1).await;
        for pc in [a.connection(), b.connection()] {
            for description in [pc.local_description().unwrap(), pc.remote_description().unwrap()] {
                assert_eq!(description.values("b=AS:").collect::<Vec<_>>(), ["77"], "{description:?}");
            }
        }
        // An offer of Firefox may be created once more than it is sent.
        assert!((1..=2).contains(&offers.get()) && answers.get() == 1, "{} and {}", offers.get(), answers.get());
        exchange_messages(&a, &b).within("messages").await;
        b.connection().restart_ice().unwrap();
        b.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        wait_until_negotiated([&a, &b], 2).await;
        assert!(answers.get() > 1);
    })
    .await;
}

#[wasm_bindgen_test]
async fn failed_sdp_transform_ends_session() {
    watched(async {
        let (a, b) = transformed(|description| match description.kind {
            SdpType::Answer => Err(Error::new("myTransform", ErrorKind::NotFound, "no such codec")),
            _ => Ok(description.sdp.clone()),
        });
        let (events, ended) = ([&a, &b].map(Session::events), [&a, &b].map(Session::ended));
        a.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        for end in ended {
            end.within("the end of a session").await;
        }
        let [a_events, b_events] = events.map(StreamExt::collect::<Vec<_>>);
        let (a_events, b_events) = (a_events.await, b_events.await);
        let [SessionEvent::Failed(error), SessionEvent::Lost { reason: LostReason::SdpTransformFailed, .. }] =
            &*b_events
        else {
            panic!("{b_events:?}")
        };
        assert_eq!(
            (error.operation(), error.kind(), error.message()),
            ("myTransform", &ErrorKind::NotFound, "no such codec")
        );
        assert!(matches!(&*a_events, [SessionEvent::Lost { reason: LostReason::PeerClosed, .. }]), "{a_events:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn malformed_sdp_of_transform_is_retried() {
    watched(async {
        let attempts = Rc::<Cell<u32>>::default();
        let counted = attempts.clone();
        let (a, b) = transformed(move |description| {
            counted.set(counted.get() + 1);
            Ok(if counted.get() == 1 { "nonsense".into() } else { description.sdp.clone() })
        });
        let mut events = a.events();
        a.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        let Some(SessionEvent::Failed(error)) = events.next().within("the failure").await else { panic!() };
        assert_eq!(error.operation(), "setLocalDescription");
        wait_until_negotiated([&a, &b], 1).await;
        exchange_messages(&a, &b).within("messages").await;
        assert!(attempts.get() > 1);
    })
    .await;
}
