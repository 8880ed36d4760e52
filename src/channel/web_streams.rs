//! The page's own streams.

use futures::{Stream, StreamExt, sink};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_streams::{ReadableStream, WritableStream};

use super::{
    data_channel::DataChannel,
    message::{JsMessage, Payload},
};

/// WHATWG streams, with the feature `streams`.
impl DataChannel {
    /// The messages as a stream of the page's, of strings and `Uint8Array`s: to be piped, or given to a `Response`. A
    /// message is taken when the consumer pulls. A view of the same messages as the channel's own stream.
    ///
    /// It ends when the channel does, and errors with `QuotaExceeded` where too much came. Cancelled, it closes the
    /// channel.
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
        ReadableStream::from_stream(messages(Closing(self.clone())))
    }

    /// A stream of the page's that sends what is written: strings, `ArrayBuffer`s, views of them and `Blob`s. A write is
    /// done when there is room for the next, so that what is piped into it is held back as [`send`](Self::send) holds
    /// back.
    ///
    /// A write errors with the channel's error. Closed, aborted or errored, it closes the channel, as soon as what was written is
    /// on its way.
    /// [Specification](https://streams.spec.whatwg.org/#writablestream)
    #[must_use]
    pub fn writable(&self) -> WritableStream {
        let written = sink::unfold(Closing(self.clone()), |channel, chunk: JsValue| async move {
            channel.0.send(Payload::try_from(&chunk)?).await?;
            Ok::<_, JsValue>(channel)
        });
        WritableStream::from_sink(written)
    }
}

fn messages(channel: Closing) -> impl Stream<Item = Result<JsValue, JsValue>> {
    channel.0.js_messages().map(move |message| {
        let _until_it_is_dropped = &channel;
        Ok(match message? {
            JsMessage::Binary(buffer) => Uint8Array::new(&buffer).into(),
            other => other.into(),
        })
    })
}

/// The page's stream is done with it: the channel closes.
struct Closing(DataChannel);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
