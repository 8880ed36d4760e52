//! Streams that are attached to media elements.

use browser_rtc::{ErrorKind, media};
use futures::future::join;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera, microphone},
    watched,
};

#[wasm_bindgen_test]
async fn f03_stream_plays_in_video_element() {
    watched(async {
        let (video, camera) = (Element::new("video"), camera().await);
        let attachment = media::show(&video, &camera).unwrap();
        attachment.play().within("play").await.unwrap();
        video.frames(3).await;
        assert_eq!(video.size(), (320.0, 240.0));
        drop(attachment);
        assert!(video.source().is_null());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f03_stream_plays_in_audio_element() {
    watched(async {
        let (audio, microphone) = (Element::new("audio"), microphone().await);
        let attachment = media::show(&audio, &microphone).unwrap();
        attachment.play().within("play").await.unwrap();
        let body = "return new Promise(done => audio.ontimeupdate = () => audio.currentTime > 0 && done())";
        js::run_async("audio", &[&audio], body).await;
        drop(attachment);
        assert!(audio.source().is_null());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f03_dropped_attachment_keeps_later_source() {
    watched(async {
        let (video, first, second) = (Element::new("video"), camera().await, camera().await);
        let first_attachment = media::show(&video, &first).unwrap();
        let second_attachment = media::show(&video, &second).unwrap();
        drop(first_attachment);
        assert!(js::same(&video.source(), second.as_raw()));
        second_attachment.into_raw();
        assert!(js::same(&video.source(), second.as_raw()), "into_raw() keeps the source");
        second.stop();
    })
    .await;
}

#[wasm_bindgen_test]
async fn play_is_aborted_by_another_stream() {
    watched(async {
        let (video, first, second) = (Element::new("video"), camera().await, camera().await);
        let attachment = media::show(&video, &first).unwrap();
        let pending = attachment.play();
        let replacing = async { media::show(&video, &second).unwrap() };
        let (outcome, _attachment) = join(pending, replacing).within("play").await;
        assert_eq!(outcome.unwrap_err().kind(), &ErrorKind::Abort);
    })
    .await;
}
