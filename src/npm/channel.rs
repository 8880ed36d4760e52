//! `DataChannel`.

use futures::{FutureExt, StreamExt};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, prelude::*};

use super::{hold, iterate::AsyncItems, promise};
use crate::{
    channel::{DataChannel, Message},
    error::{Error, ErrorKind},
};

/// A channel to the other side, and an async iterable of its messages: strings and `Uint8Array`s. It is kept until
/// it closes.
#[wasm_bindgen(js_name = DataChannel)]
pub struct NpmChannel(DataChannel);

impl NpmChannel {
    pub(super) fn of(channel: DataChannel) -> Self {
        hold(channel.clone(), channel.closed());
        Self(channel)
    }
}

#[wasm_bindgen(js_class = DataChannel)]
impl NpmChannel {
    /// The name that it was opened with.
    #[wasm_bindgen(getter)]
    pub fn label(&self) -> String {
        self.0.label()
    }

    /// Whether it can send.
    #[wasm_bindgen(getter, unchecked_return_type = "RTCDataChannelState")]
    pub fn state(&self) -> String {
        self.0.state().to_string()
    }

    /// Bytes that the browser has yet to send.
    #[wasm_bindgen(getter, js_name = bufferedAmount)]
    pub fn buffered_amount(&self) -> f64 {
        self.0.buffered_amount()
    }

    /// Sends a string or bytes.
    ///
    /// # Errors
    /// Throws `Closed` once the channel is, `TypeError` for a message that is too large.
    pub fn send(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | Uint8Array | ArrayBuffer")] message: &JsValue,
    ) -> Result<(), JsValue> {
        if let Some(text) = message.as_string() {
            return Ok(self.0.send_now(&text)?);
        }
        if !message.is_instance_of::<Uint8Array>() && !message.is_instance_of::<js_sys::ArrayBuffer>() {
            return Err(
                Error::new("send", ErrorKind::Type, "send takes a string, a Uint8Array or an ArrayBuffer").into()
            );
        }
        Ok(self.0.send_now(&Uint8Array::new(message).to_vec())?)
    }

    /// Closes the channel; what was sent still arrives.
    pub fn close(&self) {
        self.0.close();
    }

    /// Resolves when it has closed.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn closed(&self) -> Promise {
        promise(self.0.closed().map(|()| Ok(JsValue::UNDEFINED)))
    }

    /// The messages. All iterators share them.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]", unchecked_return_type = "AsyncIterator<string | Uint8Array>")]
    pub fn messages(&self) -> AsyncItems {
        AsyncItems::new(self.0.clone().map(|message| match message? {
            Message::Text(text) => Ok(text.into()),
            Message::Binary(bytes) => Ok(Uint8Array::from(&*bytes).into()),
            Message::Blob(blob) => Ok(blob.into()),
        }))
    }
}
