//! Bytes through channels.

use std::io;

use browser_rtc::{
    Error, ErrorKind,
    channel::{ByteStream, ChannelInit},
};
use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt};

use super::{Within, dice::Dice, pair::Pair};

/// Some bytes, of which every part differs from every other.
pub fn bytes(seed: u32, length: usize) -> Vec<u8> {
    let dice = Dice::new(seed);
    (0..length).map(|_| dice.below(256) as u8).collect()
}

/// A byte stream's two ends. Their channel has carried a word each way before: where it has not, and is closed as soon
/// as the browser's buffer is empty, a busy Chromium 156 now and then loses all that was sent.
pub async fn streams() -> (Pair, ByteStream, ByteStream) {
    let (pair, mut a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
    a.send("a word").await.unwrap();
    b.next().within("a word").await.unwrap().unwrap();
    b.send("a word").await.unwrap();
    a.next().within("a word").await.unwrap().unwrap();
    (pair, ByteStream::new(a).unwrap(), ByteStream::new(b).unwrap())
}

/// Writes all in pieces of all sizes, and then the end.
pub async fn write_in_pieces(mut out: impl futures::AsyncWrite + Unpin, all: &[u8], dice: &Dice) {
    let mut rest = all;
    while !rest.is_empty() {
        let length = 1 + dice.below(1 << dice.below(19)) as usize;
        let (now, later) = rest.split_at(length.min(rest.len()));
        out.write_all(now).await.unwrap();
        if dice.below(8) == 0 {
            out.flush().await.unwrap();
        }
        rest = later;
    }
    out.close().await.unwrap();
}

/// Reads to the end in pieces of all sizes.
pub async fn read_in_pieces(mut from: impl futures::AsyncRead + Unpin, dice: &Dice) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let mut into = vec![0; 1 + dice.below(1 << dice.below(18)) as usize];
        match from.read(&mut into).await.unwrap() {
            0 => return all,
            read => all.extend_from_slice(&into[..read]),
        }
    }
}

/// What a reader gets until its end, which may be an error.
pub async fn read_all(from: &mut (impl futures::AsyncRead + Unpin)) -> (Vec<u8>, io::Result<()>) {
    let mut all = Vec::new();
    let end = from.read_to_end(&mut all).await;
    (all, end.map(drop))
}

/// What it is to the standard library, and what to us.
pub fn kinds(error: &io::Error) -> (io::ErrorKind, ErrorKind) {
    let inside = error.get_ref().expect("an error inside").downcast_ref::<Error>();
    (error.kind(), inside.expect("of ours").kind().clone())
}

/// Whether a future waits.
pub fn waits<T>(future: impl Future<Output = T>) -> bool {
    future.now_or_never().is_none()
}
