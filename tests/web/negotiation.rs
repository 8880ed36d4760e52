//! Two connections that negotiate by themselves, over links of the page's own.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use browser_rtc::{
    Error,
    channel::ChannelInit,
    negotiation::{Politeness, Signal, negotiate},
    peer::{ConnectionState, PeerConnection, SignalingState},
};
use futures::{
    Sink, Stream, StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    future::join,
};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    pair::{Pair, reached},
    watched,
};

/// One end of a link that loses nothing.
struct Link {
    outgoing: UnboundedSender<Signal>,
    incoming: UnboundedReceiver<Signal>,
}

fn link() -> (Link, Link) {
    let ((to_a, from_b), (to_b, from_a)) = (mpsc::unbounded(), mpsc::unbounded());
    (Link { outgoing: to_b, incoming: from_b }, Link { outgoing: to_a, incoming: from_a })
}

impl Stream for Link {
    type Item = Signal;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.incoming.poll_next_unpin(cx)
    }
}

impl Sink<Signal> for Link {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, signal: Signal) -> Result<(), Error> {
        // What is sent to a side that has ended is lost, as on any network.
        let _lost = self.outgoing.unbounded_send(signal);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}

/// Negotiates until the connection closes.
fn keep_negotiating(pc: &PeerConnection, politeness: Politeness, link: Link) {
    let pc = pc.clone();
    spawn_local(async move {
        negotiate(&pc, politeness, link, |error| panic!("{error}")).await.unwrap();
    });
}

fn fragment(pc: &PeerConnection) -> String {
    let sdp = pc.local_description().unwrap().sdp;
    sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).unwrap().to_owned()
}

#[wasm_bindgen_test]
async fn f17_an_ice_restart_negotiates_itself() {
    watched(async {
        let pair = Pair::new();
        let (a_link, b_link) = link();
        keep_negotiating(&pair.a, Politeness::Polite, a_link);
        keep_negotiating(&pair.b, Politeness::Impolite, b_link);
        let mut incoming = pair.b.data_channels();
        let chat = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        chat.opened().within("an open channel").await.unwrap();
        let mut other_end = incoming.next().within("the other end").await.unwrap();

        let before = [&pair.a, &pair.b].map(fragment);
        let mut rounds = pair.a.signaling_states().skip(1);
        pair.b.restart_ice().unwrap();
        // Offered by the other side, and answered.
        for _ in 0..2 {
            rounds.next().within("another round").await.unwrap();
        }
        reached(pair.b.signaling_states(), SignalingState::Stable).await;
        assert!([&pair.a, &pair.b].map(fragment).iter().zip(&before).all(|(now, before)| now != before));
        join(
            reached(pair.a.connection_states(), ConnectionState::Connected),
            reached(pair.b.connection_states(), ConnectionState::Connected),
        )
        .await;
        chat.send("still here").within("send").await.unwrap();
        assert_eq!(other_end.next().within("a message").await.unwrap().unwrap().as_text(), Some("still here"));
        pair.a.close();
        pair.b.close();
    })
    .await;
}
