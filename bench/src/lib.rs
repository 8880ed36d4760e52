//! The benchmark's contender in Rust: the same work as `page/contenders/raw.js`.

#![expect(missing_debug_implementations, reason = "used from JavaScript only")]

use browser_rtc::channel::{ChannelInit, DataChannel, Message, Packed};
use browser_rtc::files::Files;
use browser_rtc::peer::{Configuration, PeerConnection};
use browser_rtc::room::{Call, Join, Room, RoomEvent};
use browser_rtc::{Error, Result, media};
use futures::{StreamExt, future};
use js_sys::Function;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStream;

/// Two connections in one page, and an open channel between them.
#[wasm_bindgen]
pub struct Pair {
    near: DataChannel,
    far: DataChannel,
    connections: [PeerConnection; 2],
}

/// Connects two peers and opens a channel.
///
/// # Errors
/// Fails if the connection or the channel cannot be established.
#[wasm_bindgen]
pub async fn connect() -> std::result::Result<Pair, JsValue> {
    Ok(pair().await?)
}

async fn pair() -> Result<Pair> {
    let (near, far) = (PeerConnection::new(&Configuration::new())?, PeerConnection::new(&Configuration::new())?);
    let channel = near.create_data_channel("bench", &ChannelInit::new())?;
    let mut incoming = far.data_channels();
    spawn_local(trickle(near.clone(), far.clone()));
    spawn_local(trickle(far.clone(), near.clone()));
    near.set_local_description().await?;
    describe(&near, &far).await?;
    far.set_local_description().await?;
    describe(&far, &near).await?;
    let Some(other) = incoming.next().await else { return Err(closed()) };
    other.opened().await?;
    channel.opened().await?;
    Ok(Pair { near: channel, far: other, connections: [near, far] })
}

async fn describe(from: &PeerConnection, to: &PeerConnection) -> Result<()> {
    match from.local_description() {
        Some(description) => to.set_remote_description(&description).await,
        None => Ok(()),
    }
}

/// Adds each candidate without waiting for the previous one, as raw JavaScript does.
async fn trickle(from: PeerConnection, to: PeerConnection) {
    let add = async |candidate| {
        // An unusable candidate is ignored: another pair may connect.
        let _ = to.add_ice_candidate(&candidate).await;
    };
    from.ice_candidates().for_each_concurrent(None, add).await;
}

#[wasm_bindgen]
impl Pair {
    /// Sends `count` messages of `bytes` bytes, and returns the number of bytes received.
    ///
    /// # Errors
    /// Fails if the channel closes.
    pub async fn transfer(&self, bytes: usize, count: u32) -> std::result::Result<f64, JsValue> {
        let sending = async {
            let message = vec![0; bytes];
            for _ in 0..count {
                self.near.send(&message[..]).await?;
            }
            Ok(())
        };
        let (received, ()) = future::try_join(receive(self.far.clone(), count), sending).await?;
        Ok(received)
    }

    /// Returns the round-trip times of `count` messages in milliseconds, measured one after the other.
    ///
    /// # Errors
    /// Fails if the channel closes.
    #[wasm_bindgen(js_name = roundTrips)]
    pub async fn round_trips(&self, bytes: usize, count: u32) -> std::result::Result<Vec<f64>, JsValue> {
        let mut far = self.far.clone();
        let echoing = async move {
            for _ in 0..count {
                match far.next().await {
                    Some(Ok(Message::Binary(message))) => far.send(&message[..]).await?,
                    _ => return Err(closed()),
                }
            }
            Ok(())
        };
        let mut near = self.near.clone();
        let measuring = async move {
            let message = vec![0; bytes];
            let mut times = Vec::new();
            let clock = web_sys::window().and_then(|window| window.performance()).ok_or_else(closed)?;
            for _ in 0..count {
                let started = clock.now();
                near.send(&message[..]).await?;
                match near.next().await {
                    Some(answer) => answer?,
                    None => return Err(closed()),
                };
                times.push(clock.now() - started);
            }
            Ok(times)
        };
        let (times, ()) = future::try_join(measuring, echoing).await?;
        Ok(times)
    }

    /// Does the same as [`transfer`](Self::transfer) with packed messages.
    ///
    /// # Errors
    /// Fails if the channel closes.
    pub async fn packed(&self, bytes: usize, count: u32) -> std::result::Result<f64, JsValue> {
        let near = Packed::new(self.near.clone());
        let sending = async move {
            let message = vec![0; bytes];
            for _ in 0..count {
                near.send(&message).await?;
            }
            near.flush().await
        };
        let mut far = Packed::new(self.far.clone());
        let receiving = async move {
            let mut received = 0;
            for _ in 0..count {
                received += far.next().await.ok_or_else(closed)??.len();
            }
            Ok(received)
        };
        let (received, ()) = future::try_join(receiving, sending).await?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        Ok(received as f64)
    }

    /// Sends a file of `bytes` bytes, and returns the size of the received file.
    ///
    /// # Errors
    /// Fails if the transfer fails or the channel closes.
    pub async fn file(&self, bytes: u32) -> std::result::Result<f64, JsValue> {
        let parts = js_sys::Array::of1(&js_sys::Uint8Array::new_with_length(bytes));
        let blob = web_sys::Blob::new_with_u8_array_sequence(&parts)?;
        let [near, far] = &self.connections;
        let mut incoming = far.data_channels();
        let near = Files::new(near.create_data_channel("files", &ChannelInit::new())?);
        let far = Files::new(incoming.next().await.ok_or_else(closed)?);
        let sending = async { near.offer(&blob).await?.finished().await };
        let receiving = async {
            let offer = far.next_offer().await.ok_or_else(closed)?;
            offer.accept_to_blob()?.finished().await
        };
        let (received, ()) = future::try_join(receiving, sending).await?;
        Ok(received.size())
    }

    /// Closes both connections.
    pub fn close(&self) {
        for connection in &self.connections {
            connection.close();
        }
    }
}

/// Two members of a room who are in a call.
#[wasm_bindgen]
pub struct Ends {
    rooms: [Room; 2],
    _calls: [Call; 2],
}

#[wasm_bindgen]
impl Ends {
    /// Leaves the room with both ends, which ends the call.
    pub fn leave(&self) {
        for room in &self.rooms {
            room.leave();
        }
    }
}

/// Joins a room with two ends, one of which calls the other. Calls `show` with the number of each end and the stream that
/// it receives.
///
/// # Errors
/// Fails if an end cannot join, or the call fails.
#[wasm_bindgen]
pub async fn meet(url: &str, room: &str, camera: MediaStream, show: Function) -> std::result::Result<Ends, JsValue> {
    let camera = media::MediaStream::from_raw(camera);
    let join = |name| Room::join(url, Join::new(room, name));
    let (near, far) = future::try_join(join("near"), join("far")).await?;
    let show = |end: u8, stream: &media::MediaStream| {
        // The page's function does not throw.
        let _ = show.call2(&JsValue::NULL, &end.into(), stream.as_raw());
    };
    let calling = async {
        let call = near.call(&far.me().id, &camera).await?;
        show(0, &call.remote_stream().await?);
        Ok(call)
    };
    let called = async {
        let mut events = far.events();
        while let Some(event) = events.next().await {
            if let RoomEvent::Incoming(incoming) = event {
                let call = incoming.accept(&camera).await?;
                show(1, &call.remote_stream().await?);
                return Ok(call);
            }
        }
        Err(closed())
    };
    let (calling, called) = future::try_join(calling, called).await?;
    Ok(Ends { rooms: [near, far], _calls: [calling, called] })
}

/// Receives `count` messages, and returns their total size in bytes.
async fn receive(mut channel: DataChannel, count: u32) -> Result<f64> {
    let mut received = 0;
    for _ in 0..count {
        match channel.next().await {
            Some(message) => received += message?.as_bytes().map_or(0, <[u8]>::len),
            None => return Err(closed()),
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    Ok(received as f64)
}

fn closed() -> Error {
    Error::from_js("bench", JsValue::from_str("the channel closed before all messages arrived"))
}
