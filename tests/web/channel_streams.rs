//! Channels as JavaScript streams.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, DataChannel, Message},
};
use futures::{StreamExt, future::join};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, pair::Pair, rest, watched};

async fn ends() -> (Pair, DataChannel, DataChannel) {
    Pair::with_channel(&ChannelInit::new()).await
}

fn readable(channel: &DataChannel) -> JsValue {
    channel.readable().into_raw().into()
}

fn writable(channel: &DataChannel) -> JsValue {
    channel.writable().into_raw().into()
}

#[wasm_bindgen_test]
async fn f40_chunks_written_to_stream_are_read_at_peer() {
    watched(async {
        let (_pair, a, b) = ends().await;
        let body = "return (async () => {
            const writer = writable.getWriter();
            for (const chunk of ['text', new Uint8Array([1, 2]), new Uint8Array([3]).buffer, new Blob(['blob']), '']) {
                await writer.write(chunk);
            }
            // In Firefox 153, plain JavaScript loses the empty message in one of ten cases without this pause.
            if (isFirefox) await new Promise((later) => setTimeout(later, 500));
            await writer.close();
            const read = [];
            for (const reader = readable.getReader();;) {
                const { done, value } = await reader.read();
                if (done) return read.join(';');
                read.push(typeof value === 'string' ? value : value.constructor.name + value);
            }
        })()";
        let read = js::run_async(
            "readable, writable, isFirefox",
            &[&readable(&b), &writable(&a), &js::is_firefox().into()],
            body,
        )
        .await;
        let expected = "text;Uint8Array1,2;Uint8Array3;Uint8Array98,108,111,98;";
        assert_eq!(read.as_string().as_deref(), Some(expected));
        join(a.closed(), b.closed()).within("the close at both ends").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_piped_streams_apply_back_pressure() {
    watched(async {
        let (_pair, a, b) = ends().await;
        a.set_high_water_mark(200_000);
        a.set_low_water_mark(50_000);
        b.set_receive_limit(3_000_000);
        // Ten megabytes are piped through two channels.
        let (_other_pair, c, d) = ends().await;
        let body = "return (async () => {
            let made = 0, most = 0, bytes = 0;
            const source = new ReadableStream({
                async pull(controller) {
                    if (made === 200) return controller.close();
                    // No sender is held back by a remote reader: a path that stalls must not fill the queue before it.
                    while (made * 50_000 - bytes > 2_500_000) await new Promise(later => setTimeout(later));
                    controller.enqueue(new Uint8Array(50_000).fill(made++));
                    most = Math.max(most, raw.bufferedAmount);
                },
            });
            const sent = source.pipeTo(first);
            const passed_on = middle.pipeTo(second);
            for (const reader = last.getReader();;) {
                const { done, value } = await reader.read();
                if (done) break;
                if (value.length !== 50_000 || value[0] !== bytes / 50_000) throw new Error(`at ${bytes}`);
                bytes += value.length;
            }
            await Promise.all([sent, passed_on]);
            return `${bytes} ${most > 50_000 && most <= 200_000}`;
        })()";
        let streams = [&writable(&a), &readable(&b), &writable(&c), &readable(&d), a.as_raw()];
        let outcome = js::run_async("first, middle, second, last, raw", &streams, body).await;
        assert_eq!(outcome.as_string().as_deref(), Some("10000000 true"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f43_cancelled_or_closed_stream_closes_channel() {
    watched(async {
        for (stream, body) in [
            (readable as fn(&DataChannel) -> JsValue, "return stream.cancel('enough')"),
            (readable, "const reader = stream.getReader(); reader.read(); return reader.cancel()"),
            (writable, "return stream.abort('enough')"),
            (writable, "return stream.close()"),
        ] {
            let (_pair, a, b) = ends().await;
            a.send("before").within("send").await.unwrap();
            js::run_async("stream", &[&stream(&a)], body).await;
            let messages = rest(b, "the end of the messages").await;
            assert_eq!(
                messages.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
                [Message::from("before")],
                "{body}"
            );
            a.closed().within("the close of the channel").await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn stream_fails_with_error_of_channel() {
    watched(async {
        let (_pair, a, b) = ends().await;
        b.set_receive_limit(100);
        let (reading, writing) = (readable(&b), writable(&a));
        a.send("first").within("send").await.unwrap();
        a.send(&[0; 1_000]).within("send").await.unwrap();
        a.closed().within("the close of the channel").await;
        let read = "return (async () => {
            const reader = stream.getReader();
            const first = await reader.read();
            const error = await reader.read().catch((error) => error);
            return `${first.value} ${error.name}`;
        })()";
        let read = js::run_async("stream", &[&reading], read).await;
        assert_eq!(read.as_string().as_deref(), Some("first QuotaExceeded"));
        let write = "return stream.getWriter().write('late').catch((error) => error.name)";
        assert_eq!(js::run_async("stream", &[&writing], write).await.as_string().as_deref(), Some("Closed"));

        let (_pair, a, _b) = ends().await;
        let write = "return stream.getWriter().write({}).catch((error) => error.name)";
        assert_eq!(js::run_async("stream", &[&writable(&a)], write).await.as_string().as_deref(), Some("TypeError"));
        a.closed().within("the close of the channel").await;
        assert_eq!(a.try_send("late").unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_and_stream_both_send() {
    watched(async {
        let (_pair, mut a, b) = ends().await;
        let stream = writable(&b);
        js::run_async("stream", &[&stream], "return stream.getWriter().write('from the page')").await;
        b.send("from the program").within("send").await.unwrap();
        for expected in ["from the page", "from the program"] {
            assert_eq!(a.next().within("a message").await.unwrap().unwrap(), expected.into());
        }
    })
    .await;
}
