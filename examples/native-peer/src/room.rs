//! A seat in a room on a signaling server, with at most one call at a time.

use std::time::Duration;

use browser_rtc_proto::{
    call::{
        CallId, CallMessage, CallSignal, CallState, DeclineReason, EndReason, HangUpReason, Phase, Ring, RingOutcome,
        Rings,
    },
    direct::PeerMessage,
    sdp::ConnectionState,
    signaling::{
        ClientMessage, Join, Joined, Peer, PeerId, PeerJoined, PeerLeft, SUBPROTOCOL, ServerError, ServerMessage,
        SignalFrom, SignalTo,
    },
};
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, select, time};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::{
    Options, Result, random_bits,
    session::{Session, Update, Wake},
};

/// Time that a call rings.
const RINGING: Duration = Duration::from_secs(45);
/// The part of a frame that is not the signal in it.
const FRAME_OVERHEAD: usize = 1_024;
/// The longest id of a peer, in bytes.
const MAX_ID_BYTES: usize = 128;

/// A seat in a room.
pub struct Room {
    options: Options,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    started: time::Instant,
    you: Peer,
    peers: Vec<Peer>,
    signal_limit: usize,
    rings: Rings,
    call: Option<Call>,
}

/// The state of a call, and its session.
struct Call {
    state: CallState,
    /// None while the call rings.
    session: Option<Box<Session>>,
    /// The time at which ringing ends.
    deadline: time::Instant,
}

impl Call {
    fn new(state: CallState) -> Self {
        Self { state, session: None, deadline: time::Instant::now() + RINGING }
    }

    /// Waits for the next event of the call. Cancel safe.
    async fn wait(&mut self) -> Result<Wake> {
        if let Some(session) = &mut self.session {
            return session.wait().await;
        }
        time::sleep_until(self.deadline).await;
        Ok(Wake::Deadline)
    }
}

impl Room {
    /// Connects to the server and joins the room.
    pub async fn join(options: Options) -> Result<Self> {
        let mut request = options.url.as_str().into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
        let join = ClientMessage::Join(Join::new(&options.room, &options.name));
        socket.send(Message::text(join.to_json())).await?;
        loop {
            let frame = socket.next().await.ok_or("the server has closed the socket")??;
            let Message::Text(text) = frame else { continue };
            match ServerMessage::from_json(&text)? {
                ServerMessage::Joined(Joined { you, peers, max_frame_bytes, .. }) => {
                    println!("joined {} as {}", options.room, you.name);
                    return Ok(Self {
                        options,
                        socket,
                        started: time::Instant::now(),
                        you,
                        peers,
                        signal_limit: (max_frame_bytes as usize).saturating_sub(FRAME_OVERHEAD),
                        rings: Rings::default(),
                        call: None,
                    });
                }
                ServerMessage::Error(ServerError { code, message, .. }) => {
                    return Err(format!("signaling server rejected join: {code}: {message}").into());
                }
                _ => {}
            }
        }
    }

    /// Accepts and starts calls until the program is interrupted or the server closes the socket.
    pub async fn run(mut self) -> Result {
        self.call_if_present().await?;
        loop {
            let call = &mut self.call;
            let wake = async {
                match call {
                    Some(call) => call.wait().await,
                    None => std::future::pending().await,
                }
            };
            select! {
                frame = self.socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.receive(ServerMessage::from_json(&text)?).await?,
                    Some(Ok(Message::Close(_))) | None => return Err("the server has closed the socket".into()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                },
                wake = wake => self.advance(wake?).await?,
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted?;
                    self.hang_up(EndReason::HungUp).await?;
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
                if let Some(call) = self.call.as_mut().filter(|call| call.state.peer().id == id) {
                    call.state.peer_left(&reason);
                    self.settle().await?;
                }
            }
            ServerMessage::Signal(SignalFrom { from, data, .. }) => {
                // Messages of unknown peers, and of later versions, are ignored.
                let peer = self.peers.iter().find(|peer| peer.id == from).cloned();
                if let (Some(peer), Ok(PeerMessage::Call(message))) = (peer, PeerMessage::from_data(&data)) {
                    self.receive_call_message(peer, message).await?;
                }
            }
            ServerMessage::Error(ServerError { code, message, .. }) => eprintln!("signaling server: {code}: {message}"),
            _ => {}
        }
        Ok(())
    }

    async fn receive_call_message(&mut self, from: Peer, CallMessage { call: id, signal }: CallMessage) -> Result {
        if let CallSignal::Ring(ring) = signal {
            return self.receive_ring(from, id, ring).await;
        }
        let is_from = |call: &&mut Call| *call.state.id() == id && call.state.peer().id == from.id;
        let Some(call) = self.call.as_mut().filter(is_from) else { return Ok(()) };
        if let Some(signal) = call.state.receive(signal)
            && let Some(session) = &mut call.session
        {
            let update = session.receive(signal).await?;
            return self.update(update).await;
        }
        self.settle().await
    }

    /// Accepts a call, or declines it during another call.
    async fn receive_ring(&mut self, from: Peer, id: CallId, ring: Ring) -> Result {
        let now = self.started.elapsed().as_secs_f64() * 1_000.0;
        let calls = self.call.as_mut().map(|call| &mut call.state);
        match self.rings.receive(now, &self.you.id, from.clone(), id.clone(), ring, calls) {
            RingOutcome::Ignored => return Ok(()),
            RingOutcome::Declined(signal) => return self.signal(&from.id, &id, signal).await,
            RingOutcome::Incoming(mut state) if self.call.is_some() => {
                let busy = state.decline(DeclineReason::Busy);
                return self.signal(&from.id, &id, busy).await;
            }
            RingOutcome::Incoming(mut state) => {
                println!("{} is calling", from.name);
                let _ = state.reserve();
                self.call = Some(Call::new(state));
            }
            // Both ring each other, and the peer's call continues.
            RingOutcome::Joined { former, .. } => {
                if let Some(former) = former {
                    let hang_up = CallSignal::HangUp { reason: HangUpReason::HungUp };
                    self.signal(&from.id, &former, hang_up).await?;
                }
            }
        }
        let accept = self.call.as_mut().and_then(|call| call.state.accept());
        self.signal(&from.id, &id, accept).await?;
        self.settle().await
    }

    /// Rings the peer of the option `--call`, if it is in the room.
    async fn call_if_present(&mut self) -> Result {
        let Some(peer) = self.peers.iter().find(|peer| Some(&peer.name) == self.options.call.as_ref()).cloned() else {
            return Ok(());
        };
        if self.call.is_none() {
            println!("calling {}", peer.name);
            let id = CallId::from_random(random_bits()?);
            self.rings.remember(&peer.id, &id);
            let mut state = CallState::outgoing(id.clone(), peer.clone());
            let ring = state.ring();
            self.call = Some(Call::new(state));
            self.signal(&peer.id, &id, ring).await?;
        }
        Ok(())
    }

    async fn advance(&mut self, wake: Wake) -> Result {
        match self.call.as_mut().map(|call| &mut call.session) {
            Some(Some(session)) => {
                let update = session.advance(wake).await?;
                self.update(update).await
            }
            _ => self.hang_up(EndReason::Unanswered).await,
        }
    }

    async fn update(&mut self, update: Update) -> Result {
        let Some(Call { state, .. }) = &mut self.call else { return Ok(()) };
        match update {
            Update::Nothing => {}
            // The session resends lost signals.
            Update::Signals(_) if state.is_peer_lost() => {}
            Update::Signals(signals) => {
                let (peer, id) = (state.peer().id.clone(), state.id().clone());
                for signal in signals {
                    self.signal(&peer, &id, signal).await?;
                }
            }
            Update::Connection(connection) => {
                let has_changed = state.is_connected() != (connection == ConnectionState::Connected);
                if has_changed {
                    println!("{connection} to {}", state.peer().name);
                }
                state.connection_changed(&connection);
            }
            Update::Moved(id) => {
                // A peer cannot pass the call on to a peer with another name.
                let is_other = |peer: &Peer| peer.id == id && peer.name != state.peer().name;
                if id.as_str().len() <= MAX_ID_BYTES && !self.peers.iter().any(is_other) {
                    state.peer_id_changed(id);
                }
            }
            Update::Ended(EndReason::PeerHungUp) => state.end(EndReason::PeerHungUp),
            Update::Ended(reason) => return self.hang_up(reason).await,
        }
        self.settle().await
    }

    /// Ends the current call, if any.
    async fn hang_up(&mut self, reason: EndReason) -> Result {
        if let Some(Call { state, .. }) = &mut self.call {
            let (peer, id) = (state.peer().id.clone(), state.id().clone());
            let hang_up = state.hang_up(reason);
            self.signal(&peer, &id, hang_up).await?;
        }
        self.settle().await
    }

    /// Starts the session of a call that has become active, and closes that of a call that has ended.
    async fn settle(&mut self) -> Result {
        let Some(call) = &mut self.call else { return Ok(()) };
        match call.state.phase() {
            Phase::Active if call.session.is_none() => {
                println!("call with {} has started", call.state.peer().name);
                let mut session = Session::new(call.state.role(), &self.options.channel, self.signal_limit).await?;
                let update = session.start().await?;
                call.session = Some(Box::new(session));
                Box::pin(self.update(update)).await
            }
            Phase::Ended(reason) => {
                let (peer, id) = (call.state.peer().clone(), call.state.id().clone());
                println!("call with {} has ended: {reason}", peer.name);
                if let Some(session) = self.call.take().and_then(|call| call.session) {
                    let goodbye = session.close().await?;
                    if self.peers.contains(&peer) {
                        for signal in goodbye {
                            self.signal(&peer.id, &id, signal).await?;
                        }
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn signal(&mut self, to: &PeerId, call: &CallId, signal: impl Into<Option<CallSignal>>) -> Result {
        let Some(signal) = signal.into() else { return Ok(()) };
        let data = PeerMessage::Call(CallMessage { call: call.clone(), signal }).to_data();
        self.send(&ClientMessage::Signal(SignalTo::new(to.clone(), data))).await
    }

    async fn send(&mut self, message: &ClientMessage) -> Result {
        Ok(self.socket.send(Message::text(message.to_json())).await?)
    }
}
