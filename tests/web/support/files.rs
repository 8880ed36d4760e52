//! Pairs of `Files`, and blobs to transfer.

use browser_rtc::{
    ErrorKind, Result,
    channel::ChannelInit,
    files::{Files, Incoming, Offer},
};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use super::{Within, js, pair::Pair};

pub const BLOCK: usize = 256 * 1024;

pub const MIB: usize = 1 << 20;

pub async fn files() -> (Pair, Files, Files) {
    let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
    (pair, Files::new(a), Files::new(b))
}

pub async fn offered(files: &Files) -> Offer {
    files.next_offer().within("an offer").await.expect("the channel is closed")
}

/// Returns bytes in which no two blocks are equal.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8 ^ (index / BLOCK) as u8).collect()
}

pub fn blob(bytes: &[u8]) -> Blob {
    js::run("bytes", &[&Uint8Array::from(bytes)], "return new Blob([bytes], { type: 'text/plain' })").unchecked_into()
}

pub fn file(bytes: &[u8], name: &str) -> Blob {
    let body = "return new File([bytes], name, { type: 'image/png' })";
    js::run("bytes, name", &[&Uint8Array::from(bytes), &name.into()], body).unchecked_into()
}

/// Returns the kind of a transfer's error. Panics if the transfer succeeded.
pub fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("the transfer succeeded").kind().clone()
}

pub async fn content(blob: &Blob) -> Vec<u8> {
    let buffer = js::run_async("blob", &[blob], "return blob.arrayBuffer()").await;
    Uint8Array::new(&buffer).to_vec()
}

pub async fn finished<T>(incoming: Incoming<T>) -> Result<T> {
    incoming.finished().within_minutes("the file").await
}

/// Returns an object whose `stream` stores its chunks in `written`, each once the promise `gate` is resolved.
pub fn sink() -> JsValue {
    js::eval(
        "(() => {
            const sink = { written: [], closed: false, aborted: false, gate: Promise.resolve() };
            sink.stream = new WritableStream({
                async write(chunk) { await sink.gate; sink.written.push(chunk); },
                close() { sink.closed = true; },
                abort() { sink.aborted = true; },
            });
            return sink;
        })()",
    )
}
