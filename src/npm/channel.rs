//! `DataChannel`.

use std::cell::OnceCell;

use futures::{FutureExt, StreamExt};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::{boxed_promise, files::NpmFiles, hold, iterate::AsyncItems, promise};
use crate::{
    channel::{ChannelInit, DataChannel, JsMessage, Payload, Reliability},
    error::{Error, ErrorKind, Result},
    files::Files,
    sys::global,
};

/// A channel to the other side, and an async iterable of its messages: strings and `Uint8Array`s. It is kept until
/// it closes.
#[wasm_bindgen(js_name = DataChannel)]
pub struct NpmChannel {
    channel: DataChannel,
    /// One reads all that comes, and one numbers all that goes.
    files: OnceCell<Files>,
}

impl NpmChannel {
    pub(super) fn of(channel: DataChannel) -> Self {
        hold(channel.clone(), channel.closed());
        Self { channel, files: OnceCell::new() }
    }
}

#[wasm_bindgen(js_class = DataChannel)]
impl NpmChannel {
    /// The name that it was opened with.
    #[wasm_bindgen(getter)]
    pub fn label(&self) -> String {
        self.channel.label()
    }

    /// Whether it can send.
    #[wasm_bindgen(getter, unchecked_return_type = "RTCDataChannelState")]
    pub fn state(&self) -> String {
        self.channel.state().to_string()
    }

    /// Bytes that the browser has yet to send.
    #[wasm_bindgen(getter, js_name = bufferedAmount)]
    pub fn buffered_amount(&self) -> f64 {
        self.channel.buffered_amount()
    }

    /// How many bytes the browser is to hold at most, 1 MiB unless set: `send` waits for room.
    #[wasm_bindgen(getter, js_name = highWaterMark)]
    pub fn high_water_mark(&self) -> u32 {
        self.channel.high_water_mark()
    }

    /// Sets this mark.
    #[wasm_bindgen(setter, js_name = highWaterMark)]
    pub fn set_high_water_mark(&self, bytes: u32) {
        self.channel.set_high_water_mark(bytes);
    }

    /// To how many bytes a full buffer must fall before more is sent, 256 KiB unless set.
    #[wasm_bindgen(getter, js_name = lowWaterMark)]
    pub fn low_water_mark(&self) -> u32 {
        self.channel.low_water_mark()
    }

    /// Sets this mark.
    #[wasm_bindgen(setter, js_name = lowWaterMark)]
    pub fn set_low_water_mark(&self, bytes: u32) {
        self.channel.set_low_water_mark(bytes);
    }

    /// How many bytes may wait to be taken, 64 MiB unless set: more close the channel, and after what had come the
    /// iterator throws `QuotaExceeded`.
    #[wasm_bindgen(getter, js_name = receiveLimit)]
    pub fn receive_limit(&self) -> u32 {
        self.channel.receive_limit()
    }

    /// Sets this limit.
    #[wasm_bindgen(setter, js_name = receiveLimit)]
    pub fn set_receive_limit(&self, bytes: u32) {
        self.channel.set_receive_limit(bytes);
    }

    /// The largest message in bytes; infinite where the other side set no limit, and `undefined` until it is known.
    #[wasm_bindgen(getter, js_name = maxMessageSize)]
    pub fn max_message_size(&self) -> Option<f64> {
        self.channel.max_message_size().map(|bytes| if bytes == u64::MAX { f64::INFINITY } else { bytes as f64 })
    }

    /// Sends a string, bytes or a blob. While there is room it is sent at once, and there is no promise to make;
    /// otherwise a promise comes back, resolved when its turn has come. `await channel.send(…)` is right in both cases,
    /// and all that a fast sender needs. Messages go in the order of the calls, awaited or not, and bytes as they were
    /// at the call.
    ///
    /// # Errors
    /// Throws or rejects with `Closed` once the channel is, and `TooLarge` with its `limit` for a message over
    /// `maxMessageSize`.
    #[wasm_bindgen(unchecked_return_type = "Promise<void> | undefined")]
    pub fn send(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | Uint8Array | ArrayBuffer | Blob")] message: JsValue,
    ) -> std::result::Result<Option<Promise>, JsValue> {
        let sent = Payload::try_from(&message).and_then(|payload| self.channel.try_send(payload));
        match sent {
            Ok(()) => Ok(None),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::InvalidState) => {
                let (channel, message) = (self.channel.clone(), as_it_is_now(message));
                let mut sending = async move {
                    channel.send(Payload::try_from(&message)?).await?;
                    Ok(JsValue::UNDEFINED)
                }
                .boxed_local();
                // A promise looks at it later. It takes its turn now, so that what is sent next does not overtake it.
                match sending.as_mut().now_or_never() {
                    Some(sent) => sent.map(|_| None),
                    None => Ok(Some(boxed_promise(sending))),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends at once, if there is room: says whether there was.
    ///
    /// # Errors
    /// Throws as `send` does.
    #[wasm_bindgen(js_name = trySend)]
    pub fn try_send(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | Uint8Array | ArrayBuffer | Blob")] message: &JsValue,
    ) -> std::result::Result<bool, JsValue> {
        match self.channel.try_send(Payload::try_from(message)?) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::InvalidState) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Resolves when `bufferedAmount` is at or below `lowWaterMark`. Rejected with `Closed` where it closes first.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn flush(&self) -> Promise {
        let channel = self.channel.clone();
        promise(async move { channel.flush().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Has this channel carry files, as the other side must too; nothing else then goes over it. It may be asked for
    /// again.
    pub fn files(&self) -> NpmFiles {
        let files = self.files.get_or_init(|| {
            let files = Files::new(self.channel.clone());
            hold(files.clone(), self.channel.closed());
            files
        });
        NpmFiles(files.clone())
    }

    /// Closes the channel; what was sent still arrives.
    pub fn close(&self) {
        self.channel.close();
    }

    /// Resolves when it has closed.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn closed(&self) -> Promise {
        promise(self.channel.closed().map(|()| Ok(JsValue::UNDEFINED)))
    }

    /// The messages: strings and `Uint8Array`s. All iterators share them.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]", unchecked_return_type = "AsyncIterator<string | Uint8Array>")]
    pub fn messages(&self) -> AsyncItems {
        AsyncItems::new(self.channel.js_messages().map(|message| {
            Ok(match message? {
                JsMessage::Binary(buffer) => Uint8Array::new(&buffer).into(),
                other => other.into(),
            })
        }))
    }
}

/// Of bytes a copy: while they wait, the page may write others in their place.
fn as_it_is_now(message: JsValue) -> JsValue {
    match Payload::try_from(&message) {
        Ok(Payload::View(view)) => Uint8Array::new(view).into(),
        Ok(Payload::Buffer(buffer)) => buffer.slice(0).into(),
        _ => message,
    }
}

/// An `RTCDataChannelInit`. What is left out is as the specification has it.
pub(super) fn init_of(options: &JsValue) -> Result<ChannelInit> {
    const OPERATION: &str = "channel";
    let wrong = |message: &'static str| Error::new(OPERATION, ErrorKind::Type, message);
    let number = |member| match global::get(options, member) {
        value if value.is_null_or_undefined() => Ok(None),
        _ => match global::integer::<u16>(options, member) {
            None => Err(wrong("maxRetransmits, maxPacketLifeTime and id are numbers from 0 to 65,535")),
            number => Ok(number),
        },
    };
    let is = |member| global::get(options, member).as_bool();
    let mut init = ChannelInit::new()
        .ordered(is("ordered") != Some(false))
        .protocol(global::get_text(options, "protocol").unwrap_or_default());
    init = match (number("maxRetransmits")?, number("maxPacketLifeTime")?) {
        (None, None) => init,
        (Some(sends), None) => init.reliability(Reliability::MaxRetransmits(sends)),
        (None, Some(ms)) => init.reliability(Reliability::MaxPacketLifeTime(ms)),
        (Some(_), Some(_)) => return Err(wrong("a channel has maxRetransmits or maxPacketLifeTime, not both")),
    };
    match (is("negotiated") == Some(true), number("id")?) {
        (false, _) => Ok(init),
        (true, Some(id)) => Ok(init.negotiated(id)),
        (true, None) => Err(wrong("a negotiated channel needs an id")),
    }
}
