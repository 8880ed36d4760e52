//! Tracks: stop, drop, and the objects that keep a track live.

use browser_rtc::media::{self, Constraints, MediaStream, TrackKind};
use futures::FutureExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera, capture, is_live, microphone, mock_get_user_media},
    pair::connection,
    rest, watched,
};

fn raw(stream: &MediaStream) -> web_sys::MediaStreamTrack {
    // The method `clone()` of a track creates another track.
    Clone::clone(stream.tracks()[0].as_raw())
}

#[wasm_bindgen_test]
async fn f06_stop_ends_tracks() {
    watched(async {
        let both = capture(&Constraints::new().audio(true).video(true)).await;
        let video = both.video_tracks().remove(0);
        video.stop();
        assert!(video.is_ended() && both.is_active(), "the audio track is still live");
        both.stop();
        assert!(both.tracks().iter().all(media::MediaStreamTrack::is_ended));
        assert!(!both.is_active());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_drop_of_last_handle_stops_track() {
    watched(async {
        let camera = camera().await;
        let raw = raw(&camera);
        let (other_handle, track) = (camera.clone(), camera.tracks().remove(0));
        drop(camera);
        drop(other_handle);
        assert!(is_live(&raw), "the track has another handle");
        drop(track);
        assert!(!is_live(&raw));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_into_raw_keeps_track_live() {
    watched(async {
        let camera_stream = camera().await;
        let id = camera_stream.id();
        let raw = camera_stream.into_raw();
        assert!(raw.active());
        assert_eq!(raw.id(), id);
        MediaStream::from_raw(Clone::clone(&raw)).stop();
        assert!(!raw.active());

        let raw = camera().await.tracks().remove(0).into_raw();
        assert!(is_live(&raw));
        raw.stop();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_sending_connection_keeps_track_live() {
    watched(async {
        let pc = connection();
        let camera = camera().await;
        let raw = raw(&camera);
        let sender = pc.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        drop(camera);
        assert!(is_live(&raw));
        drop(sender);
        assert!(is_live(&raw), "the connection keeps the track");
        pc.close();
        assert!(!is_live(&raw));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_replaced_track_is_released() {
    watched(async {
        let pc = connection();
        let (first, second) = (microphone().await, microphone().await);
        let (first_raw, second_raw) = (raw(&first), raw(&second));
        let sender = pc.add_track(&first.tracks()[0], &[]).unwrap();
        drop(first);
        sender.replace_track(Some(&second.tracks()[0])).within("replaceTrack").await.unwrap();
        drop(second);
        assert!(!is_live(&first_raw) && is_live(&second_raw));
        pc.remove_track(&sender).unwrap();
        assert!(!is_live(&second_raw));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_attachment_keeps_track_live() {
    watched(async {
        let (video, camera) = (Element::new("video"), camera().await);
        let raw = raw(&camera);
        let attachment = media::show(&video, &camera).unwrap();
        drop(camera);
        video.frames(2).await;
        assert!(is_live(&raw));
        drop(attachment);
        assert!(!is_live(&raw));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_stream_granted_after_drop_is_stopped() {
    watched(async {
        // Reports the first track when it is stopped, for which browsers have no event.
        let body = "const stream = await real(constraints);
            const track = stream.getTracks()[0];
            const stop = track.stop;
            window.resolveStopped(new Promise(stopped => track.stop = () => { stop.call(track); stopped(track); }));
            return stream;";
        let stopped = js::eval("new Promise(stopped => window.resolveStopped = stopped)");
        let _mock = mock_get_user_media(&format!("return (async () => {{ {body} }})()"));
        assert!(media::get_user_media(&Constraints::new().video(true)).now_or_never().is_none());
        let track = js::settled(stopped, "the stop of the track").await;
        assert_eq!(js::string(&track, "readyState"), "ended");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_end_of_track_is_reported() {
    watched(async {
        let camera = camera().await;
        let track = camera.tracks().remove(0);
        let (ended, mut mutes) = (track.ended(), track.mute_changes());
        assert!(camera.tracks()[0].ended().now_or_never().is_none(), "the end of a live track is reported");
        camera.stop();
        ended.within("the end of the track").await;
        track.ended().within("ended() of an ended track").await;
        assert_eq!(rest(&mut mutes, "the end of the mute changes").await, [false]);

        let track = microphone().await.tracks().remove(0);
        let ended = track.ended();
        drop(track);
        ended.within("the end by the drop of the track").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropped_raw_handle_does_not_end_track() {
    watched(async {
        let camera = camera().await;
        let raw_handle = || MediaStream::from_raw(Clone::clone(camera.as_raw()));
        let mut ended = raw_handle().tracks()[0].ended();
        assert!((&mut ended).now_or_never().is_none(), "the drop of a raw handle is reported as the end of the track");

        let stream = raw_handle();
        let ended = stream.tracks()[0].ended();
        stream.stop();
        ended.within("the end of the track by a stop through a raw handle").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn track_properties_match_browser() {
    watched(async {
        let camera = camera().await;
        let track = &camera.tracks()[0];
        assert_eq!(track.kind(), TrackKind::Video);
        assert_eq!((track.id(), track.label()), (track.as_raw().id(), track.as_raw().label()));
        track.set_enabled(false);
        assert!(!track.enabled() && !track.as_raw().enabled() && !track.muted());
        assert_eq!(track, &camera.video_tracks()[0]);
    })
    .await;
}
