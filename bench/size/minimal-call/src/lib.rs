//! A call over a room, with the camera.

use browser_rtc::Result;
use browser_rtc::media::{self, Constraints};
use browser_rtc::room::{Join, Room, RoomEvent};
use futures::StreamExt;
use wasm_bindgen::prelude::*;
use web_sys::HtmlMediaElement;

/// Joins a room, accepts the first call, and shows the caller until the call ends.
///
/// # Errors
/// Fails if the room cannot be joined, the camera cannot be opened, or the call cannot be accepted.
#[wasm_bindgen]
pub async fn run(url: String, video: HtmlMediaElement) -> std::result::Result<(), JsValue> {
    Ok(answer_first_call(&url, &video).await?)
}

async fn answer_first_call(url: &str, video: &HtmlMediaElement) -> Result<()> {
    let room = Room::join(url, Join::new("lobby", "Ada")).await?;
    let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let mut events = room.events();
    while let Some(event) = events.next().await {
        if let RoomEvent::Incoming(incoming) = event {
            let call = incoming.accept(&camera).await?;
            let _shown = media::show(video, &call.remote_stream().await?)?;
            call.ended().await;
            break;
        }
    }
    Ok(())
}
