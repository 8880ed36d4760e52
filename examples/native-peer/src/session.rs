//! The session of a call: a `Negotiator` and the connection that it negotiates.

use std::{collections::VecDeque, time::Duration};

use browser_rtc_proto::{
    call::{CallSignal, EndReason, NewId, Role},
    negotiation::{Action, Input, Negotiator, Politeness, SessionId, Signal},
    sdp::{ConnectionState, SdpType},
    signaling::PeerId,
};
use tokio::{select, time};

use crate::{
    Result,
    connection::{Connection, Event},
    random_id,
};

/// The interval of the negotiator's timeouts.
const TICK: Duration = Duration::from_secs(1);
/// Time for the first connection, and for the recovery of a broken path.
const CONNECTING: Duration = Duration::from_secs(45);

/// An event for a session.
#[derive(Debug)]
pub enum Wake {
    Connection(Event),
    /// The interval of the negotiator has elapsed.
    Tick,
    /// The connection was not established, or has not recovered, in time.
    Deadline,
}

/// An action that a session requests from the room.
#[derive(Debug)]
pub enum Update {
    Nothing,
    /// Send these to the peer, in this order.
    Signals(Vec<CallSignal>),
    /// The state of the connection has changed.
    Connection(ConnectionState),
    /// The peer has a new id in the room.
    Moved(PeerId),
    /// The call is over.
    Ended(EndReason),
}

/// A connection to a peer, and its negotiation.
#[derive(Debug)]
pub struct Session {
    negotiator: Negotiator,
    connection: Connection,
    /// The time of the negotiator's next timeout, if it needs one.
    tick: Option<time::Instant>,
    /// The time at which the connection is given up.
    deadline: Option<time::Instant>,
}

impl Session {
    /// Creates a session. The caller is impolite, opens the channel and makes the first offer.
    pub async fn new(role: Role, channel: &str, signal_limit: usize) -> Result<Self> {
        let (politeness, channel) = match role {
            Role::Caller => (Politeness::Impolite, Some(channel)),
            Role::Callee => (Politeness::Polite, None),
        };
        let mut negotiator = Negotiator::new(SessionId::new(random_id()?), politeness);
        negotiator.set_signal_limit(signal_limit);
        Ok(Self {
            negotiator,
            connection: Connection::new(channel).await?,
            tick: None,
            deadline: Some(time::Instant::now() + CONNECTING),
        })
    }

    /// Starts negotiation.
    pub async fn start(&mut self) -> Result<Update> {
        self.handle([Input::LinkOpened, Input::NegotiationNeeded]).await
    }

    /// Handles a signal from the peer.
    pub async fn receive(&mut self, signal: Signal) -> Result<Update> {
        self.handle([Input::Received(signal)]).await
    }

    /// Runs the connection until the next event, which is to be passed to [`advance`](Self::advance). Cancel safe.
    pub async fn wait(&mut self) -> Result<Wake> {
        select! {
            event = self.connection.next_event() => event.map(Wake::Connection),
            () = sleep_until(self.tick) => Ok(Wake::Tick),
            () = sleep_until(self.deadline) => Ok(Wake::Deadline),
        }
    }

    /// Handles an event that [`wait`](Self::wait) has returned.
    pub async fn advance(&mut self, wake: Wake) -> Result<Update> {
        Ok(match wake {
            Wake::Tick => {
                self.tick = None;
                self.handle([Input::Timeout]).await?
            }
            Wake::Deadline => Update::Ended(EndReason::ConnectionFailed),
            Wake::Connection(Event::Connected) => {
                self.deadline = None;
                Update::Connection(ConnectionState::Connected)
            }
            Wake::Connection(Event::Disconnected) => {
                self.deadline = Some(time::Instant::now() + CONNECTING);
                Update::Connection(ConnectionState::Disconnected)
            }
            Wake::Connection(Event::Closed) => Update::Ended(EndReason::PeerHungUp),
            Wake::Connection(Event::OwnChannel(text)) => {
                // A message that cannot be read is ignored: it may be of a later version.
                let new_id = str::from_utf8(&text).ok().and_then(|text| NewId::from_json(text).ok());
                new_id.map_or(Update::Nothing, |NewId { me }| Update::Moved(me))
            }
            Wake::Connection(Event::ChannelOpen(label)) => {
                println!("channel {label:?} is open");
                Update::Nothing
            }
            Wake::Connection(Event::Media(mid, kind)) => {
                println!("receiving {kind} {mid}");
                Update::Nothing
            }
        })
    }

    /// Closes the connection. Returns the last signals for the peer.
    pub async fn close(mut self) -> Result<Vec<CallSignal>> {
        let goodbye = match self.handle([Input::Closing]).await? {
            Update::Signals(signals) => signals,
            _ => Vec::new(),
        };
        for (mid, count) in self.connection.close().await? {
            println!("received {count} frames of {mid}");
        }
        Ok(goodbye)
    }

    /// Passes inputs to the negotiator, and performs the actions that it requests. The outcome of an operation is the
    /// next input.
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
                    Action::ReportRefusal => eprintln!("the peer could not accept the offer"),
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
