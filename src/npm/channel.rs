//! `DataChannel`.

use std::cell::OnceCell;

use futures::{FutureExt, StreamExt};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::{
    argument::{Argument, Options},
    boxed_promise,
    files::NpmFiles,
    hold,
    iterate::AsyncItems,
    promise,
};
use crate::{
    channel::{ChannelInit, DataChannel, JsMessage, Payload, Reliability},
    error::{Error, ErrorKind, Result},
    files::Files,
    sys::data_channel,
};

/// A channel to the remote peer, and an async iterable of its messages: strings and `Uint8Array`s. It is kept until it
/// closes.
#[wasm_bindgen(js_name = DataChannel)]
pub struct NpmChannel {
    channel: DataChannel,
    /// One for all handles: it reads all that arrives, and numbers all that is sent.
    files: OnceCell<Files>,
}

impl NpmChannel {
    pub(super) fn new(channel: DataChannel) -> Self {
        hold(channel.clone(), channel.closed());
        Self { channel, files: OnceCell::new() }
    }
}

#[wasm_bindgen(js_class = DataChannel)]
impl NpmChannel {
    /// The label that it was opened with.
    #[wasm_bindgen(getter)]
    pub fn label(&self) -> String {
        self.channel.label()
    }

    /// The state of the channel. Only an open one can send.
    #[wasm_bindgen(getter, unchecked_return_type = "RTCDataChannelState")]
    pub fn state(&self) -> String {
        self.channel.state().to_string()
    }

    /// Bytes that the browser has yet to send.
    #[wasm_bindgen(getter, js_name = bufferedAmount)]
    pub fn buffered_amount(&self) -> f64 {
        self.channel.buffered_amount()
    }

    /// The most bytes that the browser is to buffer, 1 MiB by default: `send` waits for room. A whole number from 0 to
    /// 4294967295 or `Infinity`; setting it to anything else throws a `TypeError` or a `RangeError`.
    #[wasm_bindgen(getter, js_name = highWaterMark)]
    pub fn high_water_mark(&self) -> f64 {
        number_of_bytes(self.channel.high_water_mark())
    }

    /// Sets `highWaterMark`.
    #[wasm_bindgen(setter, js_name = highWaterMark)]
    pub fn set_high_water_mark(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] bytes: JsValue,
    ) -> std::result::Result<(), JsValue> {
        self.channel.set_high_water_mark(Argument::new("highWaterMark", "value", bytes).bytes()?);
        Ok(())
    }

    /// The number of bytes to which a full buffer must fall before more is sent, 256 KiB by default. Set as
    /// `highWaterMark` is.
    #[wasm_bindgen(getter, js_name = lowWaterMark)]
    pub fn low_water_mark(&self) -> f64 {
        number_of_bytes(self.channel.low_water_mark())
    }

    /// Sets `lowWaterMark`.
    #[wasm_bindgen(setter, js_name = lowWaterMark)]
    pub fn set_low_water_mark(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] bytes: JsValue,
    ) -> std::result::Result<(), JsValue> {
        self.channel.set_low_water_mark(Argument::new("lowWaterMark", "value", bytes).bytes()?);
        Ok(())
    }

    /// The most bytes that may wait to be read, 64 MiB by default; `Infinity` is no limit. Set as `highWaterMark` is.
    /// The message that exceeds it closes the channel, and the iterator throws `QuotaExceeded` after what had arrived.
    #[wasm_bindgen(getter, js_name = receiveLimit)]
    pub fn receive_limit(&self) -> f64 {
        number_of_bytes(self.channel.receive_limit())
    }

    /// Sets `receiveLimit`.
    #[wasm_bindgen(setter, js_name = receiveLimit)]
    pub fn set_receive_limit(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] bytes: JsValue,
    ) -> std::result::Result<(), JsValue> {
        self.channel.set_receive_limit(Argument::new("receiveLimit", "value", bytes).bytes()?);
        Ok(())
    }

    /// The largest message in bytes; infinite where the remote peer set no limit, and `undefined` until it is known.
    #[wasm_bindgen(getter, js_name = maxMessageSize)]
    pub fn max_message_size(&self) -> Option<f64> {
        self.channel.max_message_size().map(|bytes| if bytes == u64::MAX { f64::INFINITY } else { bytes as f64 })
    }

    /// Sends a string, an `ArrayBuffer`, any view of one, or a blob. While the buffer has room, the message is sent at
    /// once and there is no promise; otherwise a promise is returned that resolves when the message has been handed to
    /// the browser. `await channel.send(…)` is right in both cases, and all that a fast sender needs. Messages are sent
    /// in the order of the calls, awaited or not, and bytes as they were at the call.
    ///
    /// # Errors
    /// Throws or rejects with a `TypeError` for any other value, and for what the browser does not send, such as shared
    /// memory; with `Closed` once the channel is closed; with `TooLarge` and its `limit` for a message that is larger
    /// than `maxMessageSize`.
    #[wasm_bindgen(unchecked_return_type = "Promise<void> | undefined")]
    pub fn send(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | ArrayBuffer | ArrayBufferView | Blob")] message: JsValue,
    ) -> std::result::Result<Option<Promise>, JsValue> {
        match self.channel.try_send(payload("send", &message)?) {
            Ok(()) => Ok(None),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::InvalidState) => {
                let (channel, message) = (self.channel.clone(), snapshot(message));
                let mut sending = async move {
                    channel.send(Payload::try_from(&message)?).await?;
                    Ok(JsValue::UNDEFINED)
                }
                .boxed_local();
                // A promise polls it later. It takes its turn now, so that what is sent next does not overtake it.
                match sending.as_mut().now_or_never() {
                    Some(sent) => sent.map(|_| None),
                    None => Ok(Some(boxed_promise(sending))),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends at once if there is room, and returns whether there was.
    ///
    /// # Errors
    /// Throws as `send` does.
    #[wasm_bindgen(js_name = trySend)]
    pub fn try_send(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | ArrayBuffer | ArrayBufferView | Blob")] message: &JsValue,
    ) -> std::result::Result<bool, JsValue> {
        match self.channel.try_send(payload("trySend", message)?) {
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

    /// Makes this channel carry files, as the remote peer must too; nothing else is then sent over it. Further calls
    /// return further handles.
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

    /// Closes the channel, as the end of a `using` block does.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.close();
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

/// The number of bytes as JavaScript sees it: the largest stands for no limit.
fn number_of_bytes(bytes: u32) -> f64 {
    if bytes == u32::MAX { f64::INFINITY } else { bytes.into() }
}

fn payload<'a>(operation: &'static str, message: &'a JsValue) -> Result<Payload<'a>> {
    Payload::try_from(message).map_err(|_| {
        let expected = "a string, an ArrayBuffer, a view of one or a Blob";
        Argument::new(operation, "message", message.clone()).wrong(expected)
    })
}

/// A copy of bytes, which the page may change while they wait. What the browser will not send, such as shared memory, is
/// left as it is, so that the browser says why.
fn snapshot(message: JsValue) -> JsValue {
    let copy = match Payload::try_from(&message) {
        Ok(Payload::View(view)) => data_channel::snapshot(view),
        Ok(Payload::Buffer(buffer)) => data_channel::snapshot(buffer),
        _ => None,
    };
    copy.unwrap_or(message)
}

/// An `RTCDataChannelInit`. What is left out is as the specification has it.
pub(super) fn channel_init(operation: &'static str, options: &Options) -> Result<ChannelInit> {
    let wrong = |message: &'static str| Error::new(operation, ErrorKind::Type, message);
    let number = |member| options.present(member)?.map(|number| number.unsigned_short()).transpose();
    let is_set = |member, default| options.present(member)?.map_or(Ok(default), |flag| flag.boolean());
    let mut init = ChannelInit::new().ordered(is_set("ordered", true)?);
    if let Some(protocol) = options.present("protocol")? {
        init = init.protocol(protocol.string()?);
    }
    init = match (number("maxRetransmits")?, number("maxPacketLifeTime")?) {
        (None, None) => init,
        (Some(sends), None) => init.reliability(Reliability::MaxRetransmits(sends)),
        (None, Some(ms)) => init.reliability(Reliability::MaxPacketLifeTime(ms)),
        (Some(_), Some(_)) => return Err(wrong("a channel has maxRetransmits or maxPacketLifeTime, not both")),
    };
    match (is_set("negotiated", false)?, number("id")?) {
        (false, _) => Ok(init),
        (true, Some(id)) => Ok(init.negotiated(id)),
        (true, None) => Err(wrong("a negotiated channel needs an id")),
    }
}
