//! A camera that shows a drawing, for pictures with people.

use browser_rtc_e2e::Page;
use serde_json::{Value, json};

pub const ADA: &str = include_str!("ada.svg");
pub const BEN: &str = include_str!("ben.svg");

/// Replaces the video of the page's camera with a drawing, for the following calls. The sound stays that of the browser.
pub async fn show_drawing(page: &Page, svg: &str) {
    let script = format!(
        "return (async () => {{
            const picture = new Image();
            picture.src = 'data:image/svg+xml,' + encodeURIComponent({});
            await picture.decode();
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [960, 600];
            const context = canvas.getContext('2d');
            // A canvas sends a frame when it is drawn.
            setInterval(() => context.drawImage(picture, 0, 0, canvas.width, canvas.height), 200);
            const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (constraints) => {{
                const stream = await capture(constraints);
                for (const track of stream.getVideoTracks()) {{
                    track.stop();
                    stream.removeTrack(track);
                    stream.addTrack(canvas.captureStream(5).getVideoTracks()[0]);
                }}
                return stream;
            }};
        }})()",
        json!(svg)
    );
    let _: Value = page.script(&script).await;
}
