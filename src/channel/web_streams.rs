//! Channels as WHATWG streams.

use futures::{Stream, StreamExt, sink};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_streams::{ReadableStream, WritableStream};

use super::{
    data_channel::DataChannel,
    message::{JsMessage, Payload},
};

/// Conversion to WHATWG streams.
impl DataChannel {
    /// Returns the received messages as a WHATWG stream of strings and `Uint8Array`s, to pipe or to pass to a
    /// `Response`.
    ///
    /// The stream takes a message from the channel's queue when its consumer pulls. It ends when the channel closes,
    /// and fails with `QuotaExceeded` if the [receive limit](Self::set_receive_limit) is exceeded. Cancelling the
    /// stream closes the channel.
    /// [Specification](https://streams.spec.whatwg.org/#readablestream)
    ///
    /// ```no_run
    /// # use browser_rtc::channel::DataChannel;
    /// # async fn example(from: DataChannel, to: DataChannel) -> Result<(), wasm_bindgen::JsValue> {
    /// from.readable().pipe_to(&mut to.writable()).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn readable(&self) -> ReadableStream {
        ReadableStream::from_stream(messages(CloseOnDrop(self.clone())))
    }

    /// Returns a WHATWG stream that sends the chunks that are written to it: strings, `ArrayBuffer`s, views of them,
    /// and `Blob`s.
    ///
    /// A write completes when there is room for the next message, which applies the back-pressure of
    /// [`send`](Self::send) to a pipe. It fails with the error of [`send`](Self::send). When the stream is closed or
    /// aborted or fails, the channel closes once the written messages have been sent.
    /// [Specification](https://streams.spec.whatwg.org/#writablestream)
    #[must_use]
    pub fn writable(&self) -> WritableStream {
        let chunks = sink::unfold(CloseOnDrop(self.clone()), |channel, chunk: JsValue| async move {
            channel.0.send(Payload::try_from(&chunk)?).await?;
            Ok::<_, JsValue>(channel)
        });
        WritableStream::from_sink(chunks)
    }
}

fn messages(channel: CloseOnDrop) -> impl Stream<Item = Result<JsValue, JsValue>> {
    channel.0.js_messages().map(move |message| {
        let _closes_with_the_stream = &channel;
        Ok(match message? {
            JsMessage::Binary(buffer) => Uint8Array::new(&buffer).into(),
            other => other.into(),
        })
    })
}

/// Closes the channel when the WHATWG stream releases it.
struct CloseOnDrop(DataChannel);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}
