//! Changes of media in calls: no description blocks the call, the room or the seat.

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

/// Waits until both connections are stable and meet the condition.
async fn wait_until_negotiated(near: &Call, far: &Call, condition: impl Fn(&PeerConnection) -> bool) {
    let negotiated = async {
        let holds = |call: &Call| {
            let pc = call.connection();
            pc.signaling_state() == SignalingState::Stable && condition(pc)
        };
        while !holds(near) || !holds(far) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    negotiated.within_minutes("the negotiation").await;
}

/// Returns the number of transceivers that carry media.
fn carrying(pc: &PeerConnection) -> usize {
    let carries = |direction: &str| matches!(direction, "sendonly" | "recvonly" | "sendrecv");
    let directions = pc.transceivers().into_iter().filter_map(|transceiver| transceiver.current_direction());
    directions.filter(|direction| carries(direction.as_str())).count()
}

fn assert_no_events(room: &mut EventStream<RoomEvent>, call: &mut EventStream<SessionEvent>) {
    if let Some(event) = room.next().now_or_never() {
        panic!("{event:?}");
    }
    if let Some(event) = call.next().now_or_never() {
        panic!("{event:?}");
    }
}

/// Opens a channel with this label and sends one message.
async fn exchange_message(near: &Call, far: &Call, label: &str) {
    let (near_end, far_end) = join(near.channel(label), far.channel(label)).within("a channel").await;
    near_end.unwrap().send("hello").await.unwrap();
    far_end.unwrap().next().within("a message").await.unwrap().unwrap();
}

#[wasm_bindgen_test]
async fn camera_toggled_12_times_keeps_call() {
    with_rooms(async |near_room: Room, far_room: Room| {
        let (near, far) = establish_call(&near_room, &far_room).await;
        let mut events = (near_room.events(), near.events(), far_room.events(), far.events());
        let camera = media::camera().await;
        let track = camera.video_tracks().remove(0);
        for _ in 0..12 {
            let sender = near.connection().add_track(&track, &[&camera]).unwrap();
            wait_until_negotiated(&near, &far, |pc| carrying(pc) == 1).await;
            near.connection().remove_track(&sender).unwrap();
            wait_until_negotiated(&near, &far, |pc| carrying(pc) == 0).await;
        }
        exchange_message(&near, &far, "afterwards").await;
        assert_no_events(&mut events.0, &mut events.1);
        assert_no_events(&mut events.2, &mut events.3);
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
        wait_until_negotiated(&near, &far, |pc| carrying(pc) == 18).await;
        exchange_message(&near, &far, "afterwards").await;
        assert_no_events(&mut events.0, &mut events.1);
        assert_no_events(&mut events.2, &mut events.3);
    })
    .await;
}

#[wasm_bindgen_test]
async fn offer_over_256_parts_fails_once() {
    // 256 parts of about 250 bytes each.
    let options = |name: &str| Join::new("lobby", name);
    with_configured_rooms(options, 1_424, async |near_room: Room, far_room: Room| {
        let (near, far) = establish_call(&near_room, &far_room).await;
        exchange_message(&near, &far, "before").await;
        let mut events = (near_room.events(), near.events(), far_room.events(), far.events());
        for _ in 0..60 {
            near.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        }
        let Some(SessionEvent::Failed(error)) = events.1.next().within("the failure").await else { panic!() };
        assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
        exchange_message(&near, &far, "after").await;
        sleep(Duration::from_secs(3)).await;
        // Chromium sets the offer and rolls it back each time it is repeated, such as three seconds after the failure.
        wait_until_negotiated(&near, &far, |_| true).await;
        assert_no_events(&mut events.0, &mut events.1);
        assert_no_events(&mut events.2, &mut events.3);
        assert!(near.ended().now_or_never().is_none() && far.ended().now_or_never().is_none());
    })
    .await;
}
