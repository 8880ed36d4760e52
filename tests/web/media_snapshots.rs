//! Snapshots of video elements and tracks.

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

/// Returns an element that plays `stream`.
async fn playing(stream: &media::MediaStream) -> (Element, media::Attachment) {
    let element = Element::new("video");
    let attachment = media::show(&element, stream).unwrap();
    attachment.play().within("play").await.unwrap();
    element.frames(2).await;
    (element, attachment)
}

fn video(element: &Element) -> &HtmlVideoElement {
    element.unchecked_ref()
}

async fn snapshot(element: &Element, options: &SnapshotOptions) -> Result<Snapshot> {
    media::snapshot(video(element), options).within("the snapshot").await
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("the snapshot succeeded").kind().clone()
}

/// Decodes a snapshot. Returns its width and height, and the RGBA colors of the centers of its left and right halves.
async fn decoded(snapshot: &Snapshot) -> (f64, f64, Vec<u8>, Vec<u8>) {
    let body = "return createImageBitmap(blob).then(image => {
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const at = x => new Uint8Array(context.getImageData(x, image.height / 2, 1, 1).data);
        const [left, right] = [at(image.width / 4), at(image.width * 3 / 4)];
        return { width: image.width, height: image.height, left, right };
    })";
    let image = js::run_async("blob", &[&snapshot.blob], body).await;
    let color = |member| js::get(&image, member).unchecked_into::<js_sys::Uint8Array>().to_vec();
    (js::number(&image, "width"), js::number(&image, "height"), color("left"), color("right"))
}

async fn assert_red_and_blue(snapshot: &Snapshot, width: f64, height: f64) {
    let (decoded_width, decoded_height, left, right) = decoded(snapshot).await;
    assert_eq!((decoded_width, decoded_height), (width, height));
    assert_eq!((f64::from(snapshot.width), f64::from(snapshot.height)), (width, height));
    assert!(left[0] > 200 && left[2] < 60 && left[3] == 255, "not red: {left:?}");
    assert!(right[0] < 60 && right[2] > 200 && right[3] == 255, "not blue: {right:?}");
}

#[wasm_bindgen_test]
async fn f04_snapshot_is_webp() {
    watched(async {
        let source = red_and_blue(160, 120);
        let (element, _attachment) = playing(&source.stream).await;
        let snapshot = snapshot(&element, &SnapshotOptions::new()).await.unwrap();
        assert_eq!((snapshot.format.clone(), &*snapshot.blob.type_()), (ImageFormat::Webp, "image/webp"));
        assert_red_and_blue(&snapshot, 160.0, 120.0).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_has_requested_format() {
    watched(async {
        let source = red_and_blue(160, 120);
        let (element, _attachment) = playing(&source.stream).await;
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let snapshot = snapshot(&element, &SnapshotOptions::new().format(format.clone())).await.unwrap();
            assert_eq!((&snapshot.format, &*snapshot.blob.type_()), (&format, format.as_str()));
            assert_red_and_blue(&snapshot, 160.0, 120.0).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_camera_is_not_empty() {
    watched(async {
        let camera = camera().await;
        let (element, _attachment) = playing(&camera).await;
        let snapshot = snapshot(&element, &SnapshotOptions::new()).await.unwrap();
        let (width, height, left, _) = decoded(&snapshot).await;
        assert_eq!((width, height), (320.0, 240.0));
        assert!(left[3] == 255 && left[..3].iter().any(|&component| component > 30), "empty or black: {left:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_unsupported_format_falls_back_to_png() {
    watched(async {
        let source = red_and_blue(160, 120);
        let (element, _attachment) = playing(&source.stream).await;
        // Both browsers encode WebP. For an unknown format they write PNG, as browsers without WebP do.
        let unknown = SnapshotOptions::new().format(ImageFormat::from("image/nothing")).quality(0.5);
        let snapshot = snapshot(&element, &unknown).await.unwrap();
        assert_eq!((snapshot.format.clone(), &*snapshot.blob.type_()), (ImageFormat::Png, "image/png"));
        assert_red_and_blue(&snapshot, 160.0, 120.0).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_quality_changes_size() {
    watched(async {
        let (camera, jpeg) = (camera().await, SnapshotOptions::new().format(ImageFormat::Jpeg));
        let (element, _attachment) = playing(&camera).await;
        let small = snapshot(&element, &jpeg.clone().quality(0.0)).await.unwrap();
        let large = snapshot(&element, &jpeg.clone().quality(1.0)).await.unwrap();
        assert!(small.blob.size() < large.blob.size(), "{} bytes, and {}", small.blob.size(), large.blob.size());
        for quality in [-0.1, 1.1, f64::NAN] {
            assert_eq!(kind(snapshot(&element, &jpeg.clone().quality(quality)).await), ErrorKind::Range);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_track_needs_no_element() {
    watched(async {
        let (source, listeners) = (red_and_blue(160, 120), ListenerCount::new());
        let track = &source.stream.tracks()[0];
        let snapshot = track.snapshot(&SnapshotOptions::new()).within("the snapshot").await.unwrap();
        assert_red_and_blue(&snapshot, 160.0, 120.0).await;
        assert!(!track.is_ended() && listeners.live() == 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_before_first_frame_is_invalid_state() {
    watched(async {
        let element = Element::new("video");
        assert_eq!(kind(snapshot(&element, &SnapshotOptions::new()).await), ErrorKind::InvalidState);
        // The video has a size, but no frame.
        let _size = ["videoWidth", "videoHeight"].map(|member| Override::new(&element, member, &8.into()));
        assert_eq!(kind(snapshot(&element, &SnapshotOptions::new()).await), ErrorKind::InvalidState);
    })
    .await;
}

async fn track_error(track: &MediaStreamTrack) -> ErrorKind {
    kind(track.snapshot(&SnapshotOptions::new()).within("the snapshot").await)
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_ended_or_audio_track_fails() {
    watched(async {
        assert_eq!(track_error(&microphone().await.tracks()[0]).await, ErrorKind::NotSupported);
        let ended = camera().await;
        ended.stop();
        assert_eq!(track_error(&ended.tracks()[0]).await, ErrorKind::InvalidState);
        // This track has no frame before it ends.
        let empty = js::eval("document.createElement('canvas').captureStream(0)");
        let empty = media::MediaStream::from_raw(empty.unchecked_into()).tracks().remove(0);
        let (kind, ()) = futures::future::join(track_error(&empty), async { empty.stop() }).await;
        assert_eq!(kind, ErrorKind::InvalidState);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_snapshot_of_isolated_video_is_security_error() {
    watched(async {
        let reject = "return () => Promise.reject(new DOMException('rejected by the mock', 'SecurityError'))";
        let source: Generated = red_and_blue(160, 120);
        let (element, _attachment) = playing(&source.stream).await;
        let prototype = js::eval("OffscreenCanvas.prototype");
        let mock = Override::new(&prototype, "convertToBlob", &js::run("", &[], reject));
        assert_eq!(kind(snapshot(&element, &SnapshotOptions::new()).await), ErrorKind::Security);
        drop(mock);

        // Firefox isolates a stream that is captured for one peer identity. Chromium does not implement this.
        if js::is_firefox() {
            let body = "return navigator.mediaDevices.getUserMedia({ video: true, peerIdentity: 'ada@example.org' })";
            let isolated = js::run_async("", &[], body).await;
            let isolated = media::MediaStream::from_raw(isolated.unchecked_into());
            let (element, _attachment) = playing(&isolated).await;
            assert_eq!(kind(snapshot(&element, &SnapshotOptions::new()).await), ErrorKind::Security);
            isolated.stop();
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f04_missing_offscreen_canvas_is_not_supported() {
    watched(async {
        let _no_canvas = Override::new(&js::eval("window"), "OffscreenCanvas", &JsValue::UNDEFINED);
        let element = Element::new("video");
        assert_eq!(kind(snapshot(&element, &SnapshotOptions::new()).await), ErrorKind::NotSupported);
    })
    .await;
}
