//! Pairs of byte streams, and reads and writes in pieces of random length.

use std::io;

use browser_rtc::{
    Error, ErrorKind,
    channel::{ByteStream, ChannelInit},
};
use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt};

use super::{Within, pair::Pair, rng::Rng};

/// Returns pseudorandom bytes, so that a missing or repeated piece changes the content.
pub fn bytes(seed: u32, length: usize) -> Vec<u8> {
    let rng = Rng::new(seed);
    (0..length).map(|_| rng.below(256) as u8).collect()
}

/// Returns both ends of a byte stream. Their channel has carried a message in each direction before: on a new channel
/// that is closed as soon as the browser's buffer is empty, a busy Chromium 156 sometimes loses everything that was
/// sent.
pub async fn streams() -> (Pair, ByteStream, ByteStream) {
    let (pair, mut a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
    a.send("hello").await.unwrap();
    b.next().within("the first message to b").await.unwrap().unwrap();
    b.send("hello").await.unwrap();
    a.next().within("the first message to a").await.unwrap().unwrap();
    (pair, ByteStream::new(a).unwrap(), ByteStream::new(b).unwrap())
}

/// Writes `bytes` in pieces of random length, and closes the stream.
pub async fn write_in_pieces(mut out: impl futures::AsyncWrite + Unpin, bytes: &[u8], rng: &Rng) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = 1 + rng.below(1 << rng.below(19)) as usize;
        let (piece, later) = rest.split_at(length.min(rest.len()));
        out.write_all(piece).await.unwrap();
        if rng.below(8) == 0 {
            out.flush().await.unwrap();
        }
        rest = later;
    }
    out.close().await.unwrap();
}

/// Reads to the end of the stream into buffers of random length.
pub async fn read_in_pieces(mut stream: impl futures::AsyncRead + Unpin, rng: &Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = vec![0; 1 + rng.below(1 << rng.below(18)) as usize];
        match stream.read(&mut buffer).await.unwrap() {
            0 => return bytes,
            length => bytes.extend_from_slice(&buffer[..length]),
        }
    }
}

/// Reads to the end of the stream or to its error. Returns the bytes before it as well.
pub async fn read_all(stream: &mut (impl futures::AsyncRead + Unpin)) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await;
    (bytes, end.map(drop))
}

/// Returns the kind of an I/O error and the kind of the library's error inside it.
pub fn kinds(error: &io::Error) -> (io::ErrorKind, ErrorKind) {
    let inner = error.get_ref().expect("the I/O error has no inner error").downcast_ref::<Error>();
    (error.kind(), inner.expect("the inner error is not browser_rtc::Error").kind().clone())
}

/// Polls the future once. Returns `true` if it is pending.
pub fn is_pending<T>(future: impl Future<Output = T>) -> bool {
    future.now_or_never().is_none()
}
