//! Many streams over one channel, by a multiplexer that knows sockets only.

use std::{cell::RefCell, future::poll_fn, rc::Rc};

use browser_rtc::channel::ByteStream;
use futures::{
    AsyncReadExt, AsyncWriteExt,
    future::{join, join_all},
    io,
};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;
use yamux::{Config, Connection, Mode, Stream};

use super::support::{
    Within,
    bytes::{bytes, streams},
    watched,
};

type Shared = Rc<RefCell<Connection<ByteStream>>>;

/// Keeps the connection going, and echoes each stream that the other side opens.
fn echoing(stream: ByteStream, mode: Mode) -> Shared {
    let connection = Rc::new(RefCell::new(Connection::new(stream, Config::default(), mode)));
    spawn_local({
        let connection = connection.clone();
        async move {
            while let Some(Ok(stream)) = poll_fn(|cx| connection.borrow_mut().poll_next_inbound(cx)).await {
                spawn_local(echo(stream));
            }
        }
    });
    connection
}

async fn echo(stream: Stream) {
    let (from, mut to) = stream.split();
    io::copy(from, &mut to).await.unwrap();
    to.close().await.unwrap();
}

async fn asked(connection: &Shared, seed: u32) {
    let stream = poll_fn(|cx| connection.borrow_mut().poll_new_outbound(cx)).await.unwrap();
    let all = bytes(seed, 100_000 + 40_000 * seed as usize);
    let (mut from, mut to) = stream.split();
    let writing = async {
        to.write_all(&all).await.unwrap();
        to.close().await.unwrap();
    };
    let mut echoed = Vec::new();
    let ((), read) = join(writing, from.read_to_end(&mut echoed)).await;
    read.unwrap();
    assert!(echoed == all, "{} of {}", echoed.len(), all.len());
}

#[wasm_bindgen_test]
async fn f44_a_multiplexer_runs_over_a_byte_stream() {
    watched(async {
        let (_pair, a, b) = streams().await;
        let (a, b) = (echoing(a, Mode::Client), echoing(b, Mode::Server));
        let all = join(join_all((0..6).map(|seed| asked(&a, seed))), join_all((6..12).map(|seed| asked(&b, seed))));
        all.within_minutes("twelve streams at once").await;
        let close = |connection: Shared| async move { poll_fn(|cx| connection.borrow_mut().poll_close(cx)).await };
        let (a_end, _b_end) = join(close(a), close(b)).within("the end").await;
        a_end.unwrap();
    })
    .await;
}
