//! Streams shown in elements.

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
        let shown = media::show(&video, &camera).unwrap();
        shown.play().within("play").await.unwrap();
        video.frames(3).await;
        assert_eq!(video.size(), (320.0, 240.0));
        drop(shown);
        assert!(video.source().is_null(), "the element is empty again");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f03_stream_plays_in_audio_element() {
    watched(async {
        let (audio, microphone) = (Element::new("audio"), microphone().await);
        let shown = media::show(&audio, &microphone).unwrap();
        shown.play().within("play").await.unwrap();
        let body = "return new Promise(done => audio.ontimeupdate = () => audio.currentTime > 0 && done())";
        js::run_async("audio", &[&audio], body).await;
        drop(shown);
        assert!(audio.source().is_null());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f03_dropped_attachment_keeps_later_source() {
    watched(async {
        let (video, first, second) = (Element::new("video"), camera().await, camera().await);
        let first_shown = media::show(&video, &first).unwrap();
        let second_shown = media::show(&video, &second).unwrap();
        drop(first_shown);
        assert!(js::same(&video.source(), second.as_raw()));
        second_shown.into_raw();
        assert!(js::same(&video.source(), second.as_raw()), "left to the page");
        second.stop();
    })
    .await;
}

#[wasm_bindgen_test]
async fn play_is_aborted_by_another_stream() {
    watched(async {
        let (video, first, second) = (Element::new("video"), camera().await, camera().await);
        let shown = media::show(&video, &first).unwrap();
        let played = shown.play();
        let another = async { media::show(&video, &second).unwrap() };
        let (played, _shown) = join(played, another).within("play").await;
        assert_eq!(played.unwrap_err().kind(), &ErrorKind::Abort);
    })
    .await;
}
