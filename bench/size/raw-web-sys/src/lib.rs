//! Two connections in a page, and one message between them, on web-sys alone.

use futures::channel::oneshot::{self, Receiver};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, EventTarget, MessageEvent, RtcDataChannelEvent, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcSessionDescriptionInit,
};

/// Connects two peers, sends a message, and returns the received text.
///
/// # Errors
/// Fails if the connection or the channel cannot be established.
#[wasm_bindgen]
pub async fn run() -> Result<Option<String>, JsValue> {
    let (near, far) = (Connection::new()?, Connection::new()?);
    let chat = near.0.create_data_channel("chat");
    let _candidates = [trickle(&near.0, &far.0)?, trickle(&far.0, &near.0)?];
    let (_opening, opened) = once(&chat, "open", drop)?;
    let (_incoming, message) = once(&far.0, "datachannel", |event| {
        let channel = event.unchecked_into::<RtcDataChannelEvent>().channel();
        // The listener is added within the event, because the message may arrive right after it.
        once(&channel, "message", |event| event.unchecked_into::<MessageEvent>().data())
    })?;

    let offer = JsFuture::from(near.0.create_offer()).await?.unchecked_into();
    describe(&near.0, &far.0, &offer).await?;
    let answer = JsFuture::from(far.0.create_answer()).await?.unchecked_into();
    describe(&far.0, &near.0, &answer).await?;

    opened.await.map_err(lost)?;
    chat.send_with_str("hello")?;
    let (_listener, message) = message.await.map_err(lost)??;
    Ok(message.await.map_err(lost)?.as_string())
}

/// A connection that is closed when it is dropped.
struct Connection(RtcPeerConnection);

impl Connection {
    fn new() -> Result<Self, JsValue> {
        RtcPeerConnection::new().map(Self)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// An event listener that is removed when it is dropped.
struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(target: &EventTarget, event: &'static str, call: impl FnMut(Event) + 'static) -> Result<Self, JsValue> {
        let callback = Closure::new(call);
        target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref())?;
        Ok(Self { target: target.clone(), event, callback })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Removal does not throw.
        let _ = self.target.remove_event_listener_with_callback(self.event, self.callback.as_ref().unchecked_ref());
    }
}

/// Returns a listener for the first event of this name, and a receiver for the value that `read` returns for it.
fn once<T: 'static>(
    target: &EventTarget,
    event: &'static str,
    mut read: impl FnMut(Event) -> T + 'static,
) -> Result<(Listener, Receiver<T>), JsValue> {
    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let listener = Listener::new(target, event, move |event| {
        if let Some(sender) = sender.take() {
            // Fails only if the receiver was dropped.
            let _ = sender.send(read(event));
        }
    })?;
    Ok((listener, receiver))
}

/// Adds each candidate of one connection to the other.
fn trickle(from: &RtcPeerConnection, to: &RtcPeerConnection) -> Result<Listener, JsValue> {
    let to = to.clone();
    Listener::new(from, "icecandidate", move |event| {
        let candidate = event.unchecked_into::<RtcPeerConnectionIceEvent>().candidate();
        let added = to.add_ice_candidate_with_opt_rtc_ice_candidate(candidate.as_ref());
        spawn_local(async move {
            // An unusable candidate is ignored: another pair may connect.
            let _ = JsFuture::from(added).await;
        });
    })
}

async fn describe(
    near: &RtcPeerConnection,
    far: &RtcPeerConnection,
    description: &RtcSessionDescriptionInit,
) -> Result<(), JsValue> {
    JsFuture::from(near.set_local_description(description)).await?;
    JsFuture::from(far.set_remote_description(description)).await?;
    Ok(())
}

fn lost(_: oneshot::Canceled) -> JsValue {
    JsValue::from_str("the listener was removed before the event fired")
}
