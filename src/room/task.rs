//! What runs in the background of a room: the one that reads and writes its socket.

use std::rc::{Rc, Weak};

use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, select_biased};
use gloo_timers::future::{IntervalStream, TimeoutFuture};
use wasm_bindgen_futures::spawn_local;

use super::{
    EndReason, IncomingCall, Inner, Join, Room, RoomEvent,
    leg::{Answer, Stage},
    message::{CallId, CallMessage, DeclineReason, Word},
};
use crate::{
    error::{Error, ErrorKind, Result},
    signaling::{ClientMessage, Data, Peer, PeerId, ServerMessage, SignalingSocket},
    wake::EndWait,
};

const OPERATION: &str = "join";

/// How long the server may take to answer, for a browser waits for ever.
const JOINING_MS: u32 = 20_000;

/// How many frames may wait for the socket; it takes them in the next turn.
const OUTGOING_FRAMES: usize = 256;

pub(super) async fn join(url: &str, join: Join) -> Result<Room> {
    select_biased! {
        room = take_seat(url, join).boxed_local().fuse() => room,
        () = TimeoutFuture::new(JOINING_MS).fuse() => {
            Err(Error::new(OPERATION, ErrorKind::Timeout, "the signaling server does not answer"))
        }
    }
}

async fn take_seat(url: &str, Join { room, name, token }: Join) -> Result<Room> {
    let mut socket = SignalingSocket::connect(url).await?;
    socket.send(ClientMessage::Join { room, name, resume: None, received: 0, token }).await?;
    loop {
        let message = socket.next().await.ok_or_else(|| Error::closed(OPERATION))??;
        match message {
            ServerMessage::Joined { you, peers, ice_servers, heartbeat_ms, .. } => {
                let (outgoing, queue) = mpsc::channel(OUTGOING_FRAMES);
                let inner = Rc::new(Inner {
                    me: you,
                    ice_servers: ice_servers.into_iter().map(Into::into).collect(),
                    peers: peers.into(),
                    legs: Default::default(),
                    events: Default::default(),
                    outgoing: outgoing.into(),
                    end: Default::default(),
                });
                let end = inner.end.wait();
                spawn_local(run(socket, queue, Rc::downgrade(&inner), end, heartbeat_ms));
                return Ok(Room(inner));
            }
            ServerMessage::Error { code, message } => {
                return Err(Error::new(OPERATION, ErrorKind::Signaling(code), message));
            }
            _ => {}
        }
    }
}

/// Carries frames both ways until the room is left or the socket goes.
async fn run(
    mut socket: SignalingSocket,
    mut queue: mpsc::Receiver<ClientMessage>,
    room: Weak<Inner>,
    end: EndWait,
    heartbeat_ms: u32,
) {
    let mut heartbeat = IntervalStream::new(heartbeat_ms.max(1_000)).fuse();
    let mut end = end.fuse();
    let mut pings = 0;
    let failure = loop {
        let outcome = select_biased! {
            frame = queue.select_next_some() => socket.send(frame).await,
            () = end => break None,
            message = socket.next().fuse() => match message {
                Some(message) => {
                    let Some(room) = room.upgrade() else { break None };
                    room.receive(message)
                }
                None => Err(Error::closed(OPERATION)),
            },
            () = heartbeat.select_next_some() => {
                pings += 1;
                socket.send(ClientMessage::Ping { id: pings, received: 0 }).await
            }
        };
        if let Err(error) = outcome {
            break Some(error);
        }
    };
    match failure {
        Some(error) => {
            if let Some(room) = room.upgrade() {
                room.disconnected(error);
            }
        }
        None => {
            // The last words of the calls are in the queue still.
            queue.close();
            while let Some(frame) = queue.next().await {
                if socket.send(frame).await.is_err() {
                    return;
                }
            }
            let _left = socket.send(ClientMessage::Leave).await;
        }
    }
}

impl Inner {
    /// An error is the end of the socket.
    fn receive(self: &Rc<Self>, message: Result<ServerMessage>) -> Result<()> {
        match message {
            Ok(ServerMessage::PeerJoined { peer }) => {
                self.peers.borrow_mut().push(peer.clone());
                self.events.push(RoomEvent::PeerJoined(peer));
            }
            Ok(ServerMessage::PeerLeft { id, reason }) => {
                let Some(peer) = self.remove_peer(&id) else { return Ok(()) };
                for leg in self.legs().iter().filter(|leg| leg.peer.id == id) {
                    leg.finish(EndReason::PeerLeft);
                }
                self.events.push(RoomEvent::PeerLeft(peer, reason));
            }
            Ok(ServerMessage::Signal { from, data }) => self.receive_signal(&from, &data),
            Ok(ServerMessage::Say { from, data }) => {
                if let Some(from) = self.peer(&from) {
                    self.events.push(RoomEvent::Said { from, data });
                }
            }
            Ok(ServerMessage::Error { code, message }) => {
                let refused = Error::new("signal", ErrorKind::Signaling(code), message);
                self.events.push(RoomEvent::Refused(refused));
            }
            Ok(ServerMessage::Joined { .. } | ServerMessage::Pong { .. }) => {}
            Err(error) if *error.kind() == ErrorKind::Syntax => self.events.push(RoomEvent::Refused(error)),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn remove_peer(&self, id: &PeerId) -> Option<Peer> {
        let mut peers = self.peers.borrow_mut();
        let position = peers.iter().position(|peer| peer.id == *id)?;
        Some(peers.remove(position))
    }

    /// What makes no sense is passed over: a peer may be of another version, or of ill will.
    fn receive_signal(self: &Rc<Self>, from: &PeerId, data: &Data) {
        let Some(peer) = self.peer(from) else { return };
        let Ok(CallMessage { call, word }) = data.parse::<CallMessage>() else { return };
        let leg = self.legs().into_iter().find(|leg| leg.id == call && leg.peer.id == *from);
        match (word, leg) {
            (Word::Ring, None) => self.ring(peer, call),
            (Word::Accept, Some(leg)) if leg.stage() == Stage::RingingOut => leg.answer(Answer::Accepted),
            (Word::Decline { reason }, Some(leg)) => leg.finish(match reason {
                DeclineReason::Busy => EndReason::Busy,
                _ => EndReason::Declined,
            }),
            (Word::HangUp, Some(leg)) => leg.finish(EndReason::PeerHungUp),
            (Word::Negotiation(signal), Some(leg)) => leg.signals.push(signal),
            _ => {}
        }
    }

    /// Where we ring each other, the call of the one with the lesser id is the one that both go on with.
    fn ring(self: &Rc<Self>, peer: Peer, call: CallId) {
        let ours = self.legs().into_iter().find(|leg| leg.stage() == Stage::RingingOut && leg.peer == peer);
        match ours {
            Some(_) if self.me.id < peer.id => {}
            Some(ours) => ours.answer(Answer::Crossed(self.leg(call, peer, Stage::RingingIn))),
            None => {
                let incoming = IncomingCall::new(self.leg(call, peer, Stage::RingingIn));
                self.events.push(RoomEvent::Incoming(incoming));
            }
        }
    }

    fn disconnected(&self, error: Error) {
        for leg in self.legs().iter().filter(|leg| leg.stage() != Stage::Up) {
            leg.finish(EndReason::RoomClosed);
        }
        self.events.push(RoomEvent::Disconnected(error));
        self.end.come();
    }
}
