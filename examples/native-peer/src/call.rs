//! A call with one peer: a `Negotiator` and the connection that it negotiates.

use std::{collections::VecDeque, mem, time::Duration};

use browser_rtc_proto::{
    call::{CallId, CallSignal, EndReason, NewId},
    negotiation::{Action, Input, Negotiator, Politeness, SessionId, Signal},
    sdp::SdpType,
    signaling::{Peer, PeerId},
};
use tokio::{select, time};

use crate::{
    Result,
    connection::{Connection, Event},
    random_id,
};

/// The negotiator's clock.
const TICK: Duration = Duration::from_secs(1);
/// How long the first connection may take, and how long a path that is broken may take to recover.
const CONNECTING: Duration = Duration::from_secs(45);

/// Something for a call to deal with.
#[derive(Debug)]
pub enum Wake {
    Connection(Event),
    /// The negotiator's second is over.
    Tick,
    /// The connection was not made, or has not recovered, in time.
    Deadline,
}

/// Something for the room to do for a call.
#[derive(Debug)]
pub enum Update {
    Nothing,
    /// Send these to the peer, in this order.
    Signals(Vec<CallSignal>),
    /// The peer states another id, by which it is known in the room from now on.
    Moved(PeerId),
    /// The call is over.
    Ended(EndReason),
}

/// A call that both sides have agreed to.
#[derive(Debug)]
pub struct Call {
    pub id: CallId,
    pub peer: Peer,
    negotiator: Negotiator,
    connection: Connection,
    /// When the negotiator's second is over, while it has something to wait for.
    tick: Option<time::Instant>,
    /// When the connection is given up.
    deadline: Option<time::Instant>,
    is_connected: bool,
}

impl Call {
    /// Starts a call. The caller is impolite, opens the channel and makes the first offer.
    pub async fn new(id: CallId, peer: Peer, role: Politeness, channel: &str) -> Result<Self> {
        let is_caller = role == Politeness::Impolite;
        Ok(Self {
            id,
            peer,
            negotiator: Negotiator::new(SessionId::new(random_id()?), role),
            connection: Connection::new(is_caller.then_some(channel)).await?,
            tick: None,
            deadline: Some(time::Instant::now() + CONNECTING),
            is_connected: false,
        })
    }

    /// Returns whether the two peers are connected.
    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Starts negotiation.
    pub async fn start(&mut self) -> Result<Update> {
        self.handle([Input::LinkOpened, Input::NegotiationNeeded]).await
    }

    /// Takes a signal of the peer.
    pub async fn receive(&mut self, signal: Signal) -> Result<Update> {
        self.handle([Input::Received(signal)]).await
    }

    /// Sets the limit of one signal, in bytes.
    pub fn set_signal_limit(&mut self, bytes: usize) {
        self.negotiator.set_signal_limit(bytes);
    }

    /// Runs the connection until there is something to [deal with](Self::advance). Cancel safe.
    pub async fn wait(&mut self) -> Result<Wake> {
        select! {
            event = self.connection.next_event() => event.map(Wake::Connection),
            () = sleep_until(self.tick) => Ok(Wake::Tick),
            () = sleep_until(self.deadline) => Ok(Wake::Deadline),
        }
    }

    /// Deals with what the call has waited for.
    pub async fn advance(&mut self, wake: Wake) -> Result<Update> {
        let name = &self.peer.name;
        match wake {
            Wake::Tick => {
                self.tick = None;
                return self.handle([Input::Timeout]).await;
            }
            Wake::Deadline => return Ok(Update::Ended(EndReason::ConnectionFailed)),
            Wake::Connection(Event::Closed) => return Ok(Update::Ended(EndReason::PeerHungUp)),
            Wake::Connection(Event::OwnChannel(text)) => {
                // A message that cannot be read is ignored: it may be of a later version.
                return Ok(serde_json::from_slice(&text).map_or(Update::Nothing, |NewId { me }| Update::Moved(me)));
            }
            Wake::Connection(Event::Connected) => {
                if !mem::replace(&mut self.is_connected, true) {
                    println!("connected to {name}");
                }
                self.deadline = None;
            }
            Wake::Connection(Event::Disconnected) => {
                println!("disconnected from {name}");
                (self.is_connected, self.deadline) = (false, Some(time::Instant::now() + CONNECTING));
            }
            Wake::Connection(Event::ChannelOpen(label)) => println!("channel {label:?} is open"),
            Wake::Connection(Event::Media(mid, kind)) => println!("receiving {kind} {mid}"),
        }
        Ok(Update::Nothing)
    }

    /// Closes the connection. Returns the id, the peer, and the last signals for the peer.
    pub async fn close(mut self) -> Result<(CallId, Peer, Vec<CallSignal>)> {
        let goodbye = match self.handle([Input::Closing]).await? {
            Update::Signals(signals) => signals,
            _ => Vec::new(),
        };
        for (mid, count) in self.connection.close().await? {
            println!("received {count} frames of {mid}");
        }
        Ok((self.id, self.peer, goodbye))
    }

    /// Gives the negotiator inputs, and does what it asks for: operations lead to further inputs.
    async fn handle<const N: usize>(&mut self, inputs: [Input; N]) -> Result<Update> {
        let is_closing = inputs.contains(&Input::Closing);
        let mut inputs = VecDeque::from(inputs);
        let mut signals = Vec::new();
        let mut failure = None;
        while let Some(input) = inputs.pop_front() {
            for action in self.negotiator.handle(input) {
                match action {
                    Action::Send(signal) => signals.push(CallSignal::Negotiation(signal)),
                    Action::Perform(_) if is_closing => {}
                    Action::Perform(operation) => match self.connection.perform(operation).await {
                        Ok(local) => {
                            let has_answered = local.as_ref().is_some_and(|local| local.kind == SdpType::Answer);
                            inputs.push_back(Input::Done(local));
                            // Some changes may not be part of the answer.
                            if has_answered && self.connection.needs_negotiation() {
                                inputs.push_back(Input::NegotiationNeeded);
                            }
                        }
                        Err(error) => {
                            failure = Some(error);
                            inputs.push_back(Input::Failed(self.connection.signaling_state()));
                        }
                    },
                    Action::RestartIce => {
                        self.connection.restart_ice();
                        inputs.push_back(Input::NegotiationNeeded);
                    }
                    Action::ReportFailure => {
                        if let Some(error) = failure.take() {
                            eprintln!("negotiation failed: {error}");
                        }
                    }
                    Action::ReportRefusal => eprintln!("the peer could not accept our offer"),
                    Action::ReportTooLarge { size, limit } => {
                        eprintln!("a signal of {size} bytes exceeds the limit of {limit} bytes");
                    }
                    Action::PeerClosed => return Ok(Update::Ended(EndReason::PeerHungUp)),
                    Action::PeerRestarted => return Ok(Update::Ended(EndReason::PeerLeft)),
                }
            }
        }
        if self.negotiator.wants_timeout() {
            self.tick.get_or_insert_with(|| time::Instant::now() + TICK);
        }
        Ok(Update::Signals(signals))
    }
}

async fn sleep_until(deadline: Option<time::Instant>) {
    match deadline {
        Some(deadline) => time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
