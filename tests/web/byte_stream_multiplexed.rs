//! Many streams over one channel, by a multiplexer that is written for sockets.

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

/// Drives the connection, and echoes each stream that the peer opens.
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

/// Opens a stream, and asserts that its bytes are echoed.
async fn assert_echoed(connection: &Shared, seed: u32) {
    let stream = poll_fn(|cx| connection.borrow_mut().poll_new_outbound(cx)).await.unwrap();
    let sent = bytes(seed, 100_000 + 40_000 * seed as usize);
    let (mut from, mut to) = stream.split();
    let writing = async {
        to.write_all(&sent).await.unwrap();
        to.close().await.unwrap();
    };
    let mut echoed = Vec::new();
    let ((), read) = join(writing, from.read_to_end(&mut echoed)).await;
    read.unwrap();
    assert!(echoed == sent, "{} of {} bytes echoed", echoed.len(), sent.len());
}

#[wasm_bindgen_test]
async fn f44_multiplexer_runs_over_byte_stream() {
    watched(async {
        let (_pair, a, b) = streams().await;
        let (a, b) = (echoing(a, Mode::Client), echoing(b, Mode::Server));
        let from_a = join_all((0..6).map(|seed| assert_echoed(&a, seed)));
        let from_b = join_all((6..12).map(|seed| assert_echoed(&b, seed)));
        join(from_a, from_b).within_minutes("the echo of twelve streams").await;
        let close = |connection: Shared| async move { poll_fn(|cx| connection.borrow_mut().poll_close(cx)).await };
        let (a_end, _b_end) = join(close(a), close(b)).within("the close of both connections").await;
        a_end.unwrap();
    })
    .await;
}
