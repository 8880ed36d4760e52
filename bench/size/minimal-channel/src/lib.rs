//! Two connections in a page, and one message between them.

use browser_rtc::Result;
use browser_rtc::channel::{ChannelInit, Message};
use browser_rtc::peer::{Configuration, PeerConnection};
use futures::StreamExt;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Connects two peers, sends a message, and returns the received text.
///
/// # Errors
/// Fails if the connection or the channel cannot be established.
#[wasm_bindgen]
pub async fn run() -> std::result::Result<Option<String>, JsValue> {
    Ok(hello().await?)
}

async fn hello() -> Result<Option<String>> {
    let (near, far) = (PeerConnection::new(&Configuration::new())?, PeerConnection::new(&Configuration::new())?);
    let chat = near.create_data_channel("chat", &ChannelInit::new())?;
    let mut incoming = far.data_channels();
    spawn_local(trickle(near.clone(), far.clone()));
    spawn_local(trickle(far.clone(), near.clone()));

    near.set_local_description().await?;
    send_description(&near, &far).await?;
    far.set_local_description().await?;
    send_description(&far, &near).await?;

    chat.send("hello").await?;
    let Some(mut chat) = incoming.next().await else { return Ok(None) };
    Ok(match chat.next().await.transpose()? {
        Some(Message::Text(text)) => Some(text),
        _ => None,
    })
}

async fn send_description(from: &PeerConnection, to: &PeerConnection) -> Result<()> {
    match from.local_description() {
        Some(description) => to.set_remote_description(&description).await,
        None => Ok(()),
    }
}

async fn trickle(from: PeerConnection, to: PeerConnection) {
    let mut candidates = from.ice_candidates();
    while let Some(candidate) = candidates.next().await {
        // An unusable candidate is ignored: another pair may connect.
        let _ = to.add_ice_candidate(&candidate).await;
    }
}
