//! Still pictures of a video.

use browser_rtc::{
    ErrorKind, Result,
    media::{self, ImageFormat, MediaStreamTrack, Snapshot, SnapshotOptions},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlVideoElement;

use super::support::{
    Within,
    generated::{Generated, red_and_blue},
    js::{self, ListenerCount, Override},
    media::{Element, camera, microphone},
    watched,
};

/// An element that shows `stream`.
async fn playing(stream: &media::MediaStream) -> (Element, media::Attachment) {
    let element = Element::new("video");
    let shown = media::show(&element, stream).unwrap();
    shown.play().within("play").await.unwrap();
    element.frames(2).await;
    (element, shown)
}

fn video(element: &Element) -> &HtmlVideoElement {
    element.unchecked_ref()
}

async fn taken(element: &Element, options: &SnapshotOptions) -> Result<Snapshot> {
    media::snapshot(video(element), options).within("a still picture").await
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("a failure").kind().clone()
}

/// What the browser reads in the file: its size, and the colours a quarter from the left and from the right.
async fn decoded(picture: &Snapshot) -> (f64, f64, Vec<u8>, Vec<u8>) {
    let body = "return createImageBitmap(blob).then(image => {
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const at = x => new Uint8Array(context.getImageData(x, image.height / 2, 1, 1).data);
        const [left, right] = [at(image.width / 4), at(image.width * 3 / 4)];
        return { width: image.width, height: image.height, left, right };
    })";
    let seen = js::run_async("blob", &[&picture.blob], body).await;
    let colour = |member| js::get(&seen, member).unchecked_into::<js_sys::Uint8Array>().to_vec();
    (js::number(&seen, "width"), js::number(&seen, "height"), colour("left"), colour("right"))
}

async fn assert_red_and_blue(picture: &Snapshot, width: f64, height: f64) {
    let (decoded_width, decoded_height, left, right) = decoded(picture).await;
    assert_eq!((decoded_width, decoded_height), (width, height));
    assert_eq!((f64::from(picture.width), f64::from(picture.height)), (width, height));
    assert!(left[0] > 200 && left[2] < 60 && left[3] == 255, "red: {left:?}");
    assert!(right[0] < 60 && right[2] > 200 && right[3] == 255, "blue: {right:?}");
}

#[wasm_bindgen_test]
async fn f04_snapshot_is_webp() {
    watched(async {
        let source = red_and_blue(160, 120);
        let (element, _shown) = playing(&source.stream).await;
        let picture = taken(&element, &SnapshotOptions::new()).await.unwrap();
        assert_eq!((picture.format.clone(), &*picture.blob.type_()), (ImageFormat::Webp, "image/webp"));
        assert_red_and_blue(&picture, 160.0, 120.0).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_has_requested_format() {
    watched(async {
        let source = red_and_blue(160, 120);
        let (element, _shown) = playing(&source.stream).await;
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let picture = taken(&element, &SnapshotOptions::new().format(format.clone())).await.unwrap();
            assert_eq!((&picture.format, &*picture.blob.type_()), (&format, format.as_str()));
            assert_red_and_blue(&picture, 160.0, 120.0).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_camera_is_not_empty() {
    watched(async {
        let camera = camera().await;
        let (element, _shown) = playing(&camera).await;
        let picture = taken(&element, &SnapshotOptions::new()).await.unwrap();
        let (width, height, left, _) = decoded(&picture).await;
        assert_eq!((width, height), (320.0, 240.0));
        assert!(left[3] == 255 && left[..3].iter().any(|&part| part > 30), "neither empty nor black: {left:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_unsupported_format_falls_back_to_png() {
    watched(async {
        let source = red_and_blue(160, 120);
        let (element, _shown) = playing(&source.stream).await;
        // None of the browsers here: as one without WebP, they answer PNG for what they do not know.
        let unknown = SnapshotOptions::new().format(ImageFormat::from("image/nothing")).quality(0.5);
        let picture = taken(&element, &unknown).await.unwrap();
        assert_eq!((picture.format.clone(), &*picture.blob.type_()), (ImageFormat::Png, "image/png"));
        assert_red_and_blue(&picture, 160.0, 120.0).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_quality_changes_size() {
    watched(async {
        let (camera, jpeg) = (camera().await, SnapshotOptions::new().format(ImageFormat::Jpeg));
        let (element, _shown) = playing(&camera).await;
        let small = taken(&element, &jpeg.clone().quality(0.0)).await.unwrap();
        let large = taken(&element, &jpeg.clone().quality(1.0)).await.unwrap();
        assert!(small.blob.size() < large.blob.size(), "{} of {}", small.blob.size(), large.blob.size());
        for quality in [-0.1, 1.1, f64::NAN] {
            assert_eq!(kind(taken(&element, &jpeg.clone().quality(quality)).await), ErrorKind::Range);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_track_needs_no_element() {
    watched(async {
        let (source, listeners) = (red_and_blue(160, 120), ListenerCount::new());
        let track = &source.stream.tracks()[0];
        let picture = track.snapshot(&SnapshotOptions::new()).within("a still picture").await.unwrap();
        assert_red_and_blue(&picture, 160.0, 120.0).await;
        assert!(!track.is_ended() && listeners.live() == 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_before_first_frame_is_invalid_state() {
    watched(async {
        let element = Element::new("video");
        assert_eq!(kind(taken(&element, &SnapshotOptions::new()).await), ErrorKind::InvalidState);
        // It has a size, and nothing to show in it.
        let _size = ["videoWidth", "videoHeight"].map(|member| Override::new(&element, member, &8.into()));
        assert_eq!(kind(taken(&element, &SnapshotOptions::new()).await), ErrorKind::InvalidState);
    })
    .await;
}

async fn of_track(track: &MediaStreamTrack) -> ErrorKind {
    kind(track.snapshot(&SnapshotOptions::new()).within("a failure").await)
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_ended_or_audio_track_fails() {
    watched(async {
        assert_eq!(of_track(&microphone().await.tracks()[0]).await, ErrorKind::NotSupported);
        let ended = camera().await;
        ended.stop();
        assert_eq!(of_track(&ended.tracks()[0]).await, ErrorKind::InvalidState);
        // One that never gives any, and then ends.
        let silent = js::eval("document.createElement('canvas').captureStream(0)");
        let silent = media::MediaStream::from_raw(silent.unchecked_into()).tracks().remove(0);
        let (kind, ()) = futures::future::join(of_track(&silent), async { silent.stop() }).await;
        assert_eq!(kind, ErrorKind::InvalidState);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_isolated_video_is_security_error() {
    watched(async {
        let refusal = "return () => Promise.reject(new DOMException('as told to', 'SecurityError'))";
        let source: Generated = red_and_blue(160, 120);
        let (element, _shown) = playing(&source.stream).await;
        let prototype = js::eval("OffscreenCanvas.prototype");
        let refusing = Override::new(&prototype, "convertToBlob", &js::run("", &[], refusal));
        assert_eq!(kind(taken(&element, &SnapshotOptions::new()).await), ErrorKind::Security);
        drop(refusing);

        // Firefox keeps what is captured for one peer from the page. Chromium has no such thing.
        if js::is_firefox() {
            let body = "return navigator.mediaDevices.getUserMedia({ video: true, peerIdentity: 'ada@example.org' })";
            let isolated = js::run_async("", &[], body).await;
            let isolated = media::MediaStream::from_raw(isolated.unchecked_into());
            let (element, _shown) = playing(&isolated).await;
            assert_eq!(kind(taken(&element, &SnapshotOptions::new()).await), ErrorKind::Security);
            isolated.stop();
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_missing_offscreen_canvas_is_not_supported() {
    watched(async {
        let _none = Override::new(&js::eval("window"), "OffscreenCanvas", &JsValue::UNDEFINED);
        let element = Element::new("video");
        assert_eq!(kind(taken(&element, &SnapshotOptions::new()).await), ErrorKind::NotSupported);
    })
    .await;
}
