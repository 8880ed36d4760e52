//! Tracks that are added and removed repeatedly in one session, whose descriptions do not grow.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    media::{self, MediaStream, MediaStreamTrack},
    peer::{PeerConnection, RtpSender, RtpTransceiver, TransceiverDirection},
    session::Session,
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::support::{
    Within,
    js::{self, Override},
    media::{Element, camera},
    now,
    session::{describe_event, sessions},
    sleep, watched,
};

fn sections(pc: &PeerConnection) -> usize {
    pc.local_description().unwrap().sdp.matches("m=").count()
}

fn transceiver_of(pc: &PeerConnection, sender: &RtpSender) -> RtpTransceiver {
    pc.transceivers().into_iter().find(|one| one.sender() == sender).unwrap()
}

/// Waits until the negotiated direction includes sending, or does not.
async fn wait_until_negotiated(pc: &PeerConnection, sender: &RtpSender, sends: bool) {
    let transceiver = transceiver_of(pc, sender);
    let negotiated = async {
        loop {
            let direction = transceiver.current_direction();
            let sending = matches!(direction, Some(TransceiverDirection::SendRecv | TransceiverDirection::SendOnly));
            if direction.is_some() && sending == sends {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    negotiated.within("the direction").await;
}

/// Adds and removes a track this number of times, and adds it once more.
async fn toggle(session: &Session, track: &MediaStreamTrack, stream: &MediaStream, times: usize) {
    let pc = session.connection();
    for _ in 0..times {
        let sender = pc.add_track(track, &[stream]).unwrap();
        assert_eq!(sender.track().unwrap().id(), track.id());
        wait_until_negotiated(pc, &sender, true).await;
        pc.remove_track(&sender).unwrap();
        assert!(sender.track().is_none());
        wait_until_negotiated(pc, &sender, false).await;
    }
    let sender = pc.add_track(track, &[stream]).unwrap();
    wait_until_negotiated(pc, &sender, true).await;
}

fn assert_no_events(sessions: [&Session; 2]) {
    for session in sessions {
        assert_eq!(session.events().next().now_or_never().flatten().as_ref().map(describe_event), None);
    }
}

/// Shows the track of a receiver of the session.
async fn shown(video: &Element, session: &Session, index: usize) -> impl Sized + use<> {
    let receiver = session.connection().receivers().swap_remove(index);
    let shown = media::show(video, &MediaStream::from_tracks(&[receiver.track()]).unwrap()).unwrap();
    video.frames(3).within("media").await;
    shown
}

/// Sends one camera throughout while another is toggled, and asserts that the descriptions do not grow.
async fn assert_bounded(sender: &Session, receiver: &Session, times: usize) {
    let (constant, toggled) = (camera().await, camera().await);
    let pc = sender.connection();
    let fixed = pc.add_track(&constant.tracks()[0], &[&constant]).unwrap();
    wait_until_negotiated(pc, &fixed, true).await;
    let (constant_video, toggled_video) = (Element::new("video"), Element::new("video"));
    let _constant_shown = shown(&constant_video, receiver, 0).await;
    let started = now();
    toggle(sender, &toggled.tracks()[0], &toggled, 2).await;
    let size = pc.local_description().unwrap().sdp.len();
    let last =
        pc.senders().into_iter().find(|one| one.track().is_some_and(|track| track.id() == toggled.tracks()[0].id()));
    pc.remove_track(&last.unwrap()).unwrap();
    toggle(sender, &toggled.tracks()[0], &toggled, times).await;
    console_log!("measured: {times} rounds in {:.1} s", (now() - started) / 1_000.0);
    for one in [sender, receiver] {
        assert_eq!(sections(one.connection()), 2);
        assert_eq!(one.connection().transceivers().len(), 2);
    }
    let grown = pc.local_description().unwrap().sdp.len();
    assert!(grown < size + 2_000, "from {size} bytes to {grown}");
    let _toggled_shown = shown(&toggled_video, receiver, 1).await;
    constant_video.frames(3).within("media of the constant camera").await;
    assert_no_events([sender, receiver]);
}

/// The number of rounds in CI. A manual run had 1000.
const ROUNDS: usize = 200;

#[wasm_bindgen_test]
async fn sections_stay_bounded_while_track_toggles() {
    watched(async {
        let (a, b) = sessions();
        assert_bounded(&a, &b, ROUNDS).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn sections_stay_bounded_on_impolite_side() {
    watched(async {
        let (a, b) = sessions();
        assert_bounded(&b, &a, 50).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn sections_stay_bounded_while_both_sides_toggle() {
    watched(async {
        let (a, b) = sessions();
        let (a_camera, b_camera) = (camera().await, camera().await);
        let (started, rounds) = (now(), 100);
        join(
            toggle(&a, &a_camera.tracks()[0], &a_camera, rounds),
            toggle(&b, &b_camera.tracks()[0], &b_camera, rounds),
        )
        .await;
        console_log!("measured: {rounds} rounds of both sides in {:.1} s", (now() - started) / 1_000.0);
        for session in [&a, &b] {
            assert!(sections(session.connection()) <= 2);
        }
        let (one, other) = (Element::new("video"), Element::new("video"));
        for (session, video) in [(&a, &one), (&b, &other)] {
            let receives = |transceiver: &RtpTransceiver| {
                let direction = transceiver.current_direction();
                matches!(direction, Some(TransceiverDirection::SendRecv | TransceiverDirection::RecvOnly))
            };
            let receiving = async {
                loop {
                    if let Some(index) = session.connection().transceivers().iter().position(receives) {
                        return index;
                    }
                    sleep(Duration::from_millis(20)).await;
                }
            };
            let index = receiving.within("a section that receives").await;
            let _shown = shown(video, session, index).await;
        }
        assert_no_events([&a, &b]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn track_removed_at_once_is_not_sent() {
    watched(async {
        let (a, b) = sessions();
        let (pc, stream) = (a.connection(), camera().await);
        let track = &stream.tracks()[0];
        let sender = pc.add_track(track, &[&stream]).unwrap();
        wait_until_negotiated(pc, &sender, true).await;
        pc.remove_track(&sender).unwrap();
        for _ in 0..5 {
            assert_eq!(pc.add_track(track, &[&stream]).unwrap(), sender);
            let twice = pc.add_track(track, &[&stream]).unwrap_err();
            assert_eq!(*twice.kind(), ErrorKind::InvalidAccess);
            pc.remove_track(&sender).unwrap();
            assert!(sender.track().is_none());
        }
        wait_until_negotiated(pc, &sender, false).await;
        sleep(Duration::from_millis(200)).await;
        assert!(js::get(sender.as_raw(), "track").is_null());
        assert_eq!(pc.add_track(track, &[&stream]).unwrap(), sender);
        wait_until_negotiated(pc, &sender, true).await;
        assert_eq!(pc.transceivers().len(), 1);
        assert_no_events([&a, &b]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn track_refused_by_browser_is_reported() {
    watched(async {
        let (a, _b) = sessions();
        let (pc, stream) = (a.connection(), camera().await);
        let track = &stream.tracks()[0];
        let sender = pc.add_track(track, &[&stream]).unwrap();
        wait_until_negotiated(pc, &sender, true).await;
        pc.remove_track(&sender).unwrap();
        wait_until_negotiated(pc, &sender, false).await;
        let refuse = js::eval("() => Promise.reject(new DOMException('refused', 'InvalidModificationError'))");
        let refusing = Override::new(sender.as_raw(), "replaceTrack", &refuse);
        assert_eq!(pc.add_track(track, &[&stream]).unwrap(), sender);
        assert_eq!(describe_event(&a.events().next().within("the failure").await.unwrap()), "replaceTrack failed");
        assert!(sender.track().is_none());
        wait_until_negotiated(pc, &sender, false).await;
        drop(refusing);
        // The sender is reused again once the browser accepts the track.
        assert_eq!(pc.add_track(track, &[&stream]).unwrap(), sender);
        wait_until_negotiated(pc, &sender, true).await;
    })
    .await;
}

/// A connection without a session behaves like the browser.
#[wasm_bindgen_test]
async fn sender_without_session_is_not_reused() {
    watched(async {
        let pair = super::support::pair::Pair::new();
        let stream = camera().await;
        let track = &stream.tracks()[0];
        let first = pair.a.add_track(track, &[&stream]).unwrap();
        pair.negotiate().await;
        pair.a.remove_track(&first).unwrap();
        pair.negotiate().await;
        assert_ne!(pair.a.add_track(track, &[&stream]).unwrap(), first);
    })
    .await;
}
