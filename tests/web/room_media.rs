//! Media that changes in calls: no description wedges a call, its room or its seat.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, EventStream,
    media::TrackKind,
    peer::{PeerConnection, SignalingState, TransceiverInit},
    room::{Call, Join, Room, RoomEvent},
    session::SessionEvent,
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, media,
    room::{establish_call, with_configured_rooms, with_rooms},
    sleep,
};

/// Waits until the condition holds of both sides' connections, which have nothing to negotiate.
async fn agreed(near: &Call, far: &Call, condition: impl Fn(&PeerConnection) -> bool) {
    let agreed = async {
        let holds = |call: &Call| {
            let pc = call.connection();
            pc.signaling_state() == SignalingState::Stable && condition(pc)
        };
        while !holds(near) || !holds(far) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    agreed.within_minutes("an agreement").await;
}

/// How many transceivers carry media.
fn carrying(pc: &PeerConnection) -> usize {
    let carries = |direction: &str| matches!(direction, "sendonly" | "recvonly" | "sendrecv");
    let directions = pc.transceivers().into_iter().filter_map(|transceiver| transceiver.current_direction());
    directions.filter(|direction| carries(direction.as_str())).count()
}

fn nothing_happened(room: &mut EventStream<RoomEvent>, call: &mut EventStream<SessionEvent>) {
    if let Some(event) = room.next().now_or_never() {
        panic!("{event:?}");
    }
    if let Some(event) = call.next().now_or_never() {
        panic!("{event:?}");
    }
}

async fn still_talks(near: &Call, far: &Call, label: &str) {
    let (said, heard) = join(near.channel(label), far.channel(label)).within("a channel").await;
    said.unwrap().send("hello").await.unwrap();
    heard.unwrap().next().within("a message").await.unwrap().unwrap();
}

#[wasm_bindgen_test]
async fn camera_toggled_12_times_leaves_the_call_alone() {
    with_rooms(async |near_room: Room, far_room: Room| {
        let (near, far) = establish_call(&near_room, &far_room).await;
        let mut events = (near_room.events(), near.events(), far_room.events(), far.events());
        let camera = media::camera().await;
        let track = camera.video_tracks().remove(0);
        for _ in 0..12 {
            let sender = near.connection().add_track(&track, &[&camera]).unwrap();
            agreed(&near, &far, |pc| carrying(pc) == 1).await;
            near.connection().remove_track(&sender).unwrap();
            agreed(&near, &far, |pc| carrying(pc) == 0).await;
        }
        still_talks(&near, &far, "after all").await;
        nothing_happened(&mut events.0, &mut events.1);
        nothing_happened(&mut events.2, &mut events.3);
    })
    .await;
}

#[wasm_bindgen_test]
async fn eighteen_transceivers_at_once_are_negotiated() {
    with_rooms(async |near_room: Room, far_room: Room| {
        let (near, far) = establish_call(&near_room, &far_room).await;
        let mut events = (near_room.events(), near.events(), far_room.events(), far.events());
        for _ in 0..18 {
            near.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        }
        agreed(&near, &far, |pc| carrying(pc) == 18).await;
        still_talks(&near, &far, "after all").await;
        nothing_happened(&mut events.0, &mut events.1);
        nothing_happened(&mut events.2, &mut events.3);
    })
    .await;
}

#[wasm_bindgen_test]
async fn offer_over_256_parts_fails_once_in_the_call() {
    // 256 pieces of some 250 bytes each.
    let options = |name: &str| Join::new("lobby", name);
    with_configured_rooms(options, 1_424, async |near_room: Room, far_room: Room| {
        let (near, far) = establish_call(&near_room, &far_room).await;
        still_talks(&near, &far, "before").await;
        let mut events = (near_room.events(), near.events(), far_room.events(), far.events());
        for _ in 0..60 {
            near.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        }
        let Some(SessionEvent::Failed(error)) = events.1.next().within("the failure").await else { panic!() };
        assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
        still_talks(&near, &far, "after").await;
        sleep(Duration::from_secs(3)).await;
        assert_eq!(near.connection().signaling_state(), SignalingState::Stable);
        nothing_happened(&mut events.0, &mut events.1);
        nothing_happened(&mut events.2, &mut events.3);
        assert!(near.ended().now_or_never().is_none() && far.ended().now_or_never().is_none());
    })
    .await;
}
