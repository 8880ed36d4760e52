//! The JavaScript class `DataChannel`.

use std::cell::OnceCell;

use futures::{FutureExt, StreamExt};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, RtcDataChannel};

use super::{
    abort::abortable,
    argument::{Argument, Options, signal},
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

/// A data channel to the remote peer, and an async iterable of its messages: strings and `Uint8Array`s. The channel stays
/// open even if the page drops the object.
#[wasm_bindgen(js_name = DataChannel)]
pub struct NpmChannel {
    channel: DataChannel,
    /// The file transfers, which all handles share: there may be only one reader of the channel.
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
    /// The label of the channel.
    #[wasm_bindgen(getter)]
    pub fn label(&self) -> String {
        self.channel.label()
    }

    /// The state of the channel. Only an open channel can send.
    #[wasm_bindgen(getter, unchecked_return_type = "RTCDataChannelState")]
    pub fn state(&self) -> String {
        self.channel.state().to_string()
    }

    /// The browser's channel, such as to read its `id` and its `protocol`.
    #[wasm_bindgen(getter)]
    pub fn native(&self) -> RtcDataChannel {
        self.channel.as_raw().clone()
    }

    /// The number of bytes in the browser's send buffer.
    #[wasm_bindgen(getter, js_name = bufferedAmount)]
    pub fn buffered_amount(&self) -> f64 {
        self.channel.buffered_amount()
    }

    /// The size of the send buffer in bytes, 1 MiB by default. `send` waits while the buffer is full. The size is a whole
    /// number from 0 to 4294967295, or `Infinity`. Setting it to another value throws a `TypeError` or a `RangeError`.
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

    /// The number of bytes to which a full send buffer must drain before `send` continues, 256 KiB by default. The valid
    /// values are those of `highWaterMark`.
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

    /// The maximum number of bytes of unread messages, 64 MiB by default. The valid values are those of `highWaterMark`. A
    /// message that exceeds the limit closes the channel. The iterator then yields the unread messages, and throws an `Error`
    /// whose `name` is `QuotaExceeded`.
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

    /// The maximum size of a message in bytes. It is `Infinity` if the remote peer has no limit, and `undefined` before the
    /// connection is established.
    #[wasm_bindgen(getter, js_name = maxMessageSize)]
    pub fn max_message_size(&self) -> Option<f64> {
        self.channel.max_message_size().map(|bytes| if bytes == u64::MAX { f64::INFINITY } else { bytes as f64 })
    }

    /// Sends a string, an `ArrayBuffer`, a view of one, or a `Blob`.
    ///
    /// If the buffer has room, the message is sent immediately, and `undefined` is returned. Otherwise, the returned promise
    /// resolves when the message has been passed to the browser. `await channel.send(…)` is correct in both cases, and
    /// limits a fast sender. Messages are sent in the order of the calls, awaited or not. Bytes are sent as they are at the
    /// time of the call. If `options.signal` aborts while the message waits, it is not sent, and the promise is rejected with
    /// the signal's `reason`.
    ///
    /// # Errors
    /// Throws or rejects with a `TypeError` for any other value, and for values that the browser does not send, such as
    /// shared memory; with an `Error` whose `name` is `Closed` if the channel is closed; and with one whose `name` is
    /// `TooLarge`, and that has the `limit` in bytes, for a message larger than `maxMessageSize`.
    #[wasm_bindgen(unchecked_return_type = "Promise<void> | undefined")]
    pub fn send(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | ArrayBuffer | ArrayBufferView | Blob")] message: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "WaitOptions | AbortSignal")] options: JsValue,
    ) -> std::result::Result<Option<Promise>, JsValue> {
        let signal = signal("send", options)?;
        match self.channel.try_send(payload("send", &message)?) {
            Ok(()) => Ok(None),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::InvalidState) => {
                let (channel, message) = (self.channel.clone(), snapshot(message));
                let mut sending = async move {
                    channel.send(Payload::try_from(&message)?).await?;
                    Ok::<_, Error>(JsValue::UNDEFINED)
                }
                .boxed_local();
                // The first poll reserves the message's position in the queue. A promise would poll later, and the next
                // message could overtake this one.
                match sending.as_mut().now_or_never() {
                    Some(sent) => Ok(sent.map(|_| None)?),
                    None => Ok(Some(promise(abortable("send", signal, sending)))),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a message if the buffer has room, and returns whether it was sent.
    ///
    /// # Errors
    /// Throws the same errors as `send`.
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

    /// Resolves when `bufferedAmount` is at or below `lowWaterMark`. The promise is rejected with an `Error` whose `name` is
    /// `Closed` if the channel closes first.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn flush(&self) -> Promise {
        let channel = self.channel.clone();
        promise(async move { channel.flush().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Returns the file transfers of this channel. Both peers have to call this function on the channel, which then carries
    /// files only. Further calls return handles of the same object.
    pub fn files(&self) -> NpmFiles {
        let files = self.files.get_or_init(|| {
            let files = Files::new(self.channel.clone());
            hold(files.clone(), self.channel.closed());
            files
        });
        NpmFiles(files.clone())
    }

    /// Closes the channel. Messages that have been sent still arrive.
    pub fn close(&self) {
        self.channel.close();
    }

    /// Closes the channel. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.close();
    }

    /// Resolves when the channel has closed.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn closed(&self) -> Promise {
        promise(self.channel.closed().map(|()| Ok(JsValue::UNDEFINED)))
    }

    /// Returns an iterator of the messages: strings and `Uint8Array`s. Each message is returned once: all iterators share
    /// one queue.
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

/// Converts a number of bytes to a JavaScript number. `u32::MAX` stands for no limit.
fn number_of_bytes(bytes: u32) -> f64 {
    if bytes == u32::MAX { f64::INFINITY } else { bytes.into() }
}

fn payload<'a>(operation: &'static str, message: &'a JsValue) -> Result<Payload<'a>> {
    Payload::try_from(message).map_err(|_| {
        let expected = "a string, an ArrayBuffer, a view of one or a Blob";
        Argument::new(operation, "message", message.clone()).wrong_type(expected)
    })
}

/// Copies a message of bytes, because the page may change the bytes while they are queued. Other values are returned
/// unchanged. They include bytes that the browser refuses to send, such as shared memory, for which it then throws the
/// error.
fn snapshot(message: JsValue) -> JsValue {
    let copy = match Payload::try_from(&message) {
        Ok(Payload::View(view)) => data_channel::snapshot(view),
        Ok(Payload::Buffer(buffer)) => data_channel::snapshot(buffer),
        _ => None,
    };
    copy.unwrap_or(message)
}

/// Converts the arguments of a function that creates a channel.
pub(super) fn channel_arguments(
    operation: &'static str,
    label: JsValue,
    options: JsValue,
) -> Result<(String, ChannelInit, Option<AbortSignal>)> {
    let label = Argument::new(operation, "label", label).string()?;
    let options = Options::new(operation, options)?;
    Ok((label, channel_init(operation, &options)?, options.signal()?))
}

/// Converts an `RTCDataChannelInit`. Omitted members have the defaults of the specification.
fn channel_init(operation: &'static str, options: &Options) -> Result<ChannelInit> {
    let type_error = |message: &'static str| Error::new(operation, ErrorKind::Type, message);
    let number = |member| options.present(member)?.map(|number| number.unsigned_short()).transpose();
    let flag = |member, default| options.present(member)?.map_or(Ok(default), |flag| flag.boolean());
    let mut init = ChannelInit::new().ordered(flag("ordered", true)?);
    if let Some(protocol) = options.present("protocol")? {
        init = init.protocol(protocol.string()?);
    }
    init = match (number("maxRetransmits")?, number("maxPacketLifeTime")?) {
        (None, None) => init,
        (Some(retransmits), None) => init.reliability(Reliability::MaxRetransmits(retransmits)),
        (None, Some(ms)) => init.reliability(Reliability::MaxPacketLifeTime(ms)),
        (Some(_), Some(_)) => return Err(type_error("a channel has maxRetransmits or maxPacketLifeTime, not both")),
    };
    match (flag("negotiated", false)?, number("id")?) {
        (false, _) => Ok(init),
        (true, Some(id)) => Ok(init.negotiated(id)),
        (true, None) => Err(type_error("a negotiated channel needs an id")),
    }
}
