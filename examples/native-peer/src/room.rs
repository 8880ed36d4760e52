//! A seat in a room on a signaling server, and the one call that it has at a time.

use std::{mem, time::Duration};

use browser_rtc_proto::{
    call::{CallId, CallMessage, CallSignal, DeclineReason, EndReason},
    negotiation::Politeness,
    signaling::{
        ClientMessage, Data, Join, Joined, LeaveReason, Peer, PeerId, PeerJoined, PeerLeft, SUBPROTOCOL, ServerError,
        ServerMessage, SignalFrom, SignalTo,
    },
};
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, select, time};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::{
    Options, Result,
    call::{Call, Update, Wake},
    random_bits,
};

/// How long a call rings.
const RINGING: Duration = Duration::from_secs(45);
/// The part of a frame that is not the signal in it.
const FRAME_OVERHEAD: usize = 1_024;
/// The longest id of a peer, in bytes.
const MAX_ID_BYTES: usize = 128;

pub struct Room {
    options: Options,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    you: Peer,
    peers: Vec<Peer>,
    signal_limit: usize,
    state: State,
}

/// The state of the one call.
enum State {
    Idle,
    /// The peer has not answered yet.
    Ringing {
        id: CallId,
        peer: Peer,
        until: time::Instant,
    },
    Active(Box<Call>),
}

impl State {
    /// Waits until there is something to deal with in the call. Cancel safe.
    async fn wait(&mut self) -> Result<Wake> {
        match self {
            Self::Idle => std::future::pending().await,
            Self::Ringing { until, .. } => {
                time::sleep_until(*until).await;
                Ok(Wake::Deadline)
            }
            Self::Active(call) => call.wait().await,
        }
    }

    /// Returns the call if it is this one.
    fn call(&mut self, id: &CallId, from: &PeerId) -> Option<&mut Call> {
        match self {
            Self::Active(call) if call.id == *id && call.peer.id == *from => Some(call),
            _ => None,
        }
    }

    /// Returns whether this call rings at the peer.
    fn rings(&self, id: &CallId, from: &PeerId) -> bool {
        matches!(self, Self::Ringing { id: ringing, peer, .. } if ringing == id && peer.id == *from)
    }
}

impl Room {
    /// Connects to the server and joins the room.
    pub async fn join(options: Options) -> Result<Self> {
        let mut request = options.url.as_str().into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
        let join = ClientMessage::Join(Join::new(options.room.clone(), options.name.clone()));
        socket.send(Message::text(join.to_json()?)).await?;
        loop {
            let frame = socket.next().await.ok_or("the server has closed the socket")??;
            let Message::Text(text) = frame else { continue };
            match ServerMessage::from_json(&text)? {
                ServerMessage::Joined(Joined { you, peers, max_frame_bytes, .. }) => {
                    println!("joined {} as {}", options.room, you.name);
                    let signal_limit = (max_frame_bytes as usize).saturating_sub(FRAME_OVERHEAD);
                    return Ok(Self { options, socket, you, peers, signal_limit, state: State::Idle });
                }
                ServerMessage::Error(ServerError { code, message, .. }) => {
                    return Err(format!("signaling server rejected join: {code}: {message}").into());
                }
                _ => {}
            }
        }
    }

    /// Calls and is called, until the program is interrupted or the server closes the socket.
    pub async fn run(mut self) -> Result {
        self.call_if_present().await?;
        loop {
            select! {
                frame = self.socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.receive(ServerMessage::from_json(&text)?).await?,
                    Some(Ok(Message::Close(_))) | None => return Err("the server has closed the socket".into()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                },
                wake = self.state.wait() => self.advance(wake?).await?,
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted?;
                    self.end(EndReason::HungUp).await?;
                    self.send(&ClientMessage::Leave).await?;
                    self.socket.close(None).await?;
                    println!("left {}", self.options.room);
                    return Ok(());
                }
            }
        }
    }

    async fn receive(&mut self, message: ServerMessage) -> Result {
        match message {
            ServerMessage::PeerJoined(PeerJoined { peer, .. }) => {
                self.peers.push(peer);
                self.call_if_present().await?;
            }
            ServerMessage::PeerLeft(PeerLeft { id, reason, .. }) => {
                self.peers.retain(|peer| peer.id != id);
                let ends = match &self.state {
                    State::Idle => false,
                    State::Ringing { peer, .. } => peer.id == id,
                    // A call whose two peers are connected survives the loss of the server.
                    State::Active(call) => call.peer.id == id && (reason == LeaveReason::Left || !call.is_connected()),
                };
                if ends {
                    self.end(EndReason::PeerLeft).await?;
                }
            }
            ServerMessage::Signal(SignalFrom { from, data, .. }) => {
                // Messages of unknown peers, and of later versions, are ignored.
                let peer = self.peers.iter().find(|peer| peer.id == from).cloned();
                if let (Some(peer), Ok(message)) = (peer, data.parse()) {
                    self.receive_call_message(peer, message).await?;
                }
            }
            ServerMessage::Error(ServerError { code, message, .. }) => eprintln!("signaling server: {code}: {message}"),
            _ => {}
        }
        Ok(())
    }

    async fn receive_call_message(&mut self, from: Peer, CallMessage { call: id, signal }: CallMessage) -> Result {
        match signal {
            CallSignal::Ring => self.answer(id, from).await,
            CallSignal::Accept if self.state.rings(&id, &from.id) => self.start(id, from, Politeness::Impolite).await,
            CallSignal::Decline { reason } if self.state.rings(&id, &from.id) => self.end(reason.into()).await,
            CallSignal::HangUp { reason }
                if self.state.rings(&id, &from.id) || self.state.call(&id, &from.id).is_some() =>
            {
                self.end(reason.into()).await
            }
            CallSignal::Negotiation(signal) => match self.state.call(&id, &from.id) {
                Some(call) => {
                    let update = call.receive(signal).await?;
                    self.update(update).await
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Accepts a call, or declines it during another.
    async fn answer(&mut self, id: CallId, from: Peer) -> Result {
        match &self.state {
            // Both ring each other: the call of the peer with the lesser id continues.
            State::Ringing { peer, .. } if peer.id == from.id => {
                if self.you.id < from.id {
                    return Ok(());
                }
            }
            // The caller's ring has arrived twice.
            State::Active(call) if call.id == id => return Ok(()),
            State::Ringing { .. } | State::Active(_) => {
                return self.signal(&from.id, &id, CallSignal::Decline { reason: DeclineReason::Busy }).await;
            }
            State::Idle => {}
        }
        println!("{} is calling", from.name);
        self.signal(&from.id, &id, CallSignal::Accept).await?;
        self.start(id, from, Politeness::Polite).await
    }

    /// Starts a call that both sides have agreed to.
    async fn start(&mut self, id: CallId, peer: Peer, role: Politeness) -> Result {
        println!("call with {} has started", peer.name);
        let mut call = Box::new(Call::new(id, peer, role, &self.options.channel).await?);
        call.set_signal_limit(self.signal_limit);
        let update = call.start().await?;
        self.state = State::Active(call);
        self.update(update).await
    }

    /// Rings the peer that this program is to call, if it is in the room.
    async fn call_if_present(&mut self) -> Result {
        let Some(peer) = self.peers.iter().find(|peer| Some(&peer.name) == self.options.call.as_ref()).cloned() else {
            return Ok(());
        };
        if matches!(self.state, State::Idle) {
            println!("calling {}", peer.name);
            let id = CallId::from_random(random_bits()?);
            self.signal(&peer.id, &id, CallSignal::Ring).await?;
            self.state = State::Ringing { id, peer, until: time::Instant::now() + RINGING };
        }
        Ok(())
    }

    async fn advance(&mut self, wake: Wake) -> Result {
        match &mut self.state {
            State::Idle => Ok(()),
            State::Ringing { .. } => self.end(EndReason::Unanswered).await,
            State::Active(call) => {
                let update = call.advance(wake).await?;
                self.update(update).await
            }
        }
    }

    async fn update(&mut self, update: Update) -> Result {
        match (update, &mut self.state) {
            (Update::Ended(reason), _) => return self.end(reason).await,
            (Update::Signals(signals), State::Active(call)) => {
                let (peer, id) = (call.peer.id.clone(), call.id.clone());
                for signal in signals {
                    self.signal(&peer, &id, signal).await?;
                }
            }
            // A peer cannot give its place in the call to a peer with another name.
            (Update::Moved(id), State::Active(call))
                if id.as_str().len() <= MAX_ID_BYTES
                    && self.peers.iter().all(|peer| peer.id != id || peer.name == call.peer.name) =>
            {
                call.peer.id = id;
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends the call, if there is one, and sends the peer the reason. A peer that has ended it itself ignores that.
    async fn end(&mut self, reason: EndReason) -> Result {
        let (id, peer, goodbye) = match mem::replace(&mut self.state, State::Idle) {
            State::Idle => return Ok(()),
            State::Ringing { id, peer, .. } => (id, peer, Vec::new()),
            State::Active(call) => call.close().await?,
        };
        println!("call with {} has ended: {reason}", peer.name);
        if self.peers.iter().any(|known| known.id == peer.id) {
            let hang_up = CallSignal::HangUp { reason: reason.to_hang_up_reason() };
            for signal in [hang_up].into_iter().chain(goodbye) {
                self.signal(&peer.id, &id, signal).await?;
            }
        }
        Ok(())
    }

    async fn signal(&mut self, to: &PeerId, call: &CallId, signal: CallSignal) -> Result {
        let data = Data::from_serialize(&CallMessage { call: call.clone(), signal })?;
        self.send(&ClientMessage::Signal(SignalTo::new(to.clone(), data))).await
    }

    async fn send(&mut self, message: &ClientMessage) -> Result {
        Ok(self.socket.send(Message::text(message.to_json()?)).await?)
    }
}
