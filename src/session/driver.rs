//! A [`Negotiator`] and a [`PathMonitor`] with a real connection, a real link and a clock.

use std::{
    cell::Cell,
    pin::{Pin, pin},
    rc::Rc,
};

use browser_rtc_proto::recovery::{Actions, Connection, Observation, PathMonitor, Timer, Traffic};
use futures::{
    FutureExt, Sink, SinkExt, Stream, StreamExt,
    channel::mpsc::{self, UnboundedSender},
    future::{Fuse, FusedFuture, LocalBoxFuture},
    select_biased,
    stream::{self, FusedStream},
};
use gloo_timers::future::TimeoutFuture;

use super::{
    LostReason, SessionEvent, SessionOptions,
    browser_quirks::is_of_firefox,
    events,
    negotiated::{IceRestart, Negotiated},
    traffic,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::Queue,
    negotiation::{Action, Input, Negotiator, Operation, SessionId, Signal},
    peer::{ConnectionState, IceConnectionState, PeerConnection, SdpType, SessionDescription},
    random,
    wake::CloseSignal,
};

/// Of the negotiator's clock.
const TICK_MS: u32 = 1_000;

/// How long the last words may take.
const GOODBYE_MS: u32 = 5_000;

/// What runs a session.
pub(super) struct Task {
    pub(super) pc: PeerConnection,
    pub(super) options: SessionOptions,
    pub(super) signal_limit: Rc<Cell<usize>>,
    pub(super) events: Queue<SessionEvent>,
    pub(super) closing: CloseSignal,
    pub(super) ended: CloseSignal,
}

/// Runs until the recovery's clock has run down, and tells what was heard meanwhile.
type Patience<'a> = Fuse<LocalBoxFuture<'a, Traffic>>;

/// Whether the session goes on.
#[derive(Debug, PartialEq, Eq)]
enum Flow {
    GoOn,
    End,
}

impl Task {
    pub(super) async fn run<L>(self, link: L)
    where
        L: Stream<Item = Signal> + Sink<Signal>,
        L::Error: Into<Error>,
    {
        let (sink, signals) = link.split();
        let (outgoing, queue) = mpsc::unbounded();
        let mut writing = pin!(queue.map(Ok).forward(sink.sink_map_err(Into::into)).fuse());
        self.negotiate(signals.fuse(), &outgoing, writing.as_mut()).await;
        self.pc.close();
        self.ended.set();
        outgoing.close_channel();
        if !writing.is_terminated() {
            select_biased! {
                _written = writing => {}
                () = TimeoutFuture::new(GOODBYE_MS).fuse() => {}
            }
        }
    }

    /// Until the session ends.
    async fn negotiate(
        &self,
        signals: impl FusedStream<Item = Signal>,
        outgoing: &UnboundedSender<Signal>,
        mut writing: Pin<&mut Fuse<impl Future<Output = Result<()>>>>,
    ) {
        let Self { pc, options, .. } = self;
        let mut negotiator = if options.plain_peer {
            Negotiator::plain(options.politeness)
        } else {
            Negotiator::new(SessionId::new(random::id()), options.politeness)
        };
        let mut path = PathMonitor::new(options.recovery.clone());
        if options.answer_only {
            negotiator = negotiator.answer_only();
            path.disable_restarts();
        }
        let mut signals = pin!(signals);
        // What was there before is told of anew by nobody.
        let needed_before = pc.has_media_or_channels().then_some(());
        let mut needed = stream::iter(needed_before).chain(pc.negotiation_needed());
        let mut candidates = pc.ice_candidates();
        let mut states = pc.connection_states();
        let mut closing = self.closing.wait().fuse();
        let mut running = pin!(Fuse::terminated());
        let mut negotiated = Negotiated::default();
        let mut tick = Fuse::<TimeoutFuture>::terminated();
        let mut patience = Patience::terminated();
        let mut input = Input::LinkOpened;
        let mut failure = None;
        loop {
            let is_last = input == Input::Closing;
            negotiator.set_signal_limit(self.signal_limit.get());
            for action in negotiator.handle(input) {
                match action {
                    Action::Perform(_) if is_last => {}
                    Action::Perform(operation) => {
                        negotiated.operation_begins(&operation);
                        start(running.as_mut(), perform(pc, operation));
                    }
                    Action::RestartIce => {
                        if path.is_broken()
                            && !(path.is_odd_attempt() && negotiated.leaves_restarts(pc))
                            && let Err(error) = pc.restart_ice()
                        {
                            events::push(&self.events, SessionEvent::Failed(error));
                        }
                    }
                    action => {
                        if self.act(action, outgoing, &mut failure) == Flow::End {
                            return;
                        }
                    }
                }
            }
            if is_last {
                return;
            }
            if negotiator.wants_timeout() && tick.is_terminated() {
                tick = TimeoutFuture::new(TICK_MS).fuse();
            }
            input = loop {
                let actions = select_biased! {
                    () = closing => break Input::Closing,
                    done = running => match done {
                        Ok(mut ours) => {
                            if ours.as_ref().is_some_and(is_of_firefox) {
                                negotiator.look_ahead();
                            }
                            match negotiated.operation_done(pc, ours.as_mut()) {
                                IceRestart::None => {}
                                IceRestart::Agreed => {
                                    let is_connected = connection(pc) == Connection::Connected;
                                    self.follow(path.ice_restarted(is_connected), &mut patience);
                                }
                                IceRestart::Ignored if path.disable_restarts() => self.report_ignored_restart(),
                                IceRestart::Ignored => {}
                            }
                            break Input::Done(ours);
                        }
                        Err(error) if *Error::kind(&error) == ErrorKind::Closed => break Input::Closing,
                        Err(error) => {
                            failure = Some(error);
                            break Input::Failed(pc.signaling_state());
                        }
                    },
                    candidate = candidates.next() => break candidate.map_or(Input::Closing, Input::LocalCandidate),
                    signal = signals.select_next_some() => break Input::Received(signal),
                    needed = needed.next() => break needed.map_or(Input::Closing, |()| Input::NegotiationNeeded),
                    () = tick => break Input::Timeout,
                    state = states.select_next_some() => path.state_changed(&state),
                    traffic = patience => path.timeout(Observation { connection: connection(pc), traffic }),
                    // The session goes on without its link for as long as the network holds.
                    written = writing => {
                        if let Err(error) = written {
                            events::push(&self.events, SessionEvent::Failed(error));
                        }
                        continue;
                    }
                };
                let (is_lost, restart_ice) = (actions.is_lost(), actions.restart_ice);
                self.follow(actions, &mut patience);
                if is_lost {
                    // Who is told of it may have more to say to the other side than goodbye, and says it first.
                    TimeoutFuture::new(0).await;
                    break Input::Closing;
                }
                if restart_ice {
                    break Input::PathBroken;
                }
            };
        }
    }

    /// As far as it concerns the clock and the user.
    fn follow<'a>(&'a self, actions: Actions, patience: &mut Patience<'a>) {
        match actions.timer {
            Timer::Keep => {}
            Timer::Stop => *patience = Fuse::terminated(),
            Timer::Start(time) => *patience = traffic::listen(&self.pc, time).boxed_local().fuse(),
        }
        if let Some(event) = actions.event {
            events::push(&self.events, event.into());
        }
    }

    fn act(&self, action: Action, outgoing: &UnboundedSender<Signal>, failure: &mut Option<Error>) -> Flow {
        match action {
            Action::Send(signal) => {
                // A link that is gone has been reported.
                let _gone = outgoing.unbounded_send(signal);
            }
            Action::ReportFailure => {
                if let Some(error) = failure.take() {
                    events::push(&self.events, SessionEvent::Failed(error));
                }
            }
            Action::ReportRefusal => {
                let refused = Error::new("offer", ErrorKind::Operation, "the peer could not accept our offer");
                events::push(&self.events, SessionEvent::Failed(refused));
            }
            Action::ReportTooLarge { size, limit } => {
                let message = format!("a signal of {size} bytes does not fit into the link's limit of {limit} bytes");
                let kind = ErrorKind::TooLarge { limit: limit as u64 };
                events::push(&self.events, SessionEvent::Failed(Error::new("signal", kind, message)));
            }
            Action::PeerClosed => return self.lose(LostReason::PeerClosed),
            Action::PeerRestarted => return self.lose(LostReason::PeerRestarted),
            Action::Perform(_) | Action::RestartIce => {}
        }
        Flow::GoOn
    }

    fn report_ignored_restart(&self) {
        let message = "the peer does not restart ICE: its answer has the ICE credentials of before";
        let error = Error::new("restartIce", ErrorKind::Operation, message);
        events::push(&self.events, SessionEvent::Failed(error));
    }

    fn lose(&self, reason: LostReason) -> Flow {
        events::push(&self.events, SessionEvent::Lost { reason });
        Flow::End
    }
}

/// One operation runs at a time: the negotiator asks for the next when this one is done.
fn start<F: Future>(mut running: Pin<&mut Fuse<F>>, operation: F) {
    debug_assert!(running.is_terminated());
    running.set(operation.fuse());
}

async fn perform(pc: &PeerConnection, operation: Operation) -> Result<Option<SessionDescription>> {
    match operation {
        Operation::CreateOffer => return pc.create_offer().await.map(Some),
        Operation::SetLocalDescription => {
            pc.set_local_description().await?;
            return Ok(pc.local_description());
        }
        Operation::SetRemoteDescription(description) => pc.set_remote_description(&description).await?,
        Operation::AddIceCandidate(candidate) => pc.add_ice_candidate(&candidate).await?,
        Operation::RollBackLocalOffer => pc.set_local_description_to(&rollback()).await?,
        Operation::RollBackRemoteOffer => pc.set_remote_description(&rollback()).await?,
    }
    Ok(None)
}

fn connection(pc: &PeerConnection) -> Connection {
    let ice_has_a_way =
        matches!(pc.ice_connection_state(), IceConnectionState::Connected | IceConnectionState::Completed);
    match pc.connection_state() {
        ConnectionState::Connected => Connection::Connected,
        ConnectionState::Failed if ice_has_a_way => Connection::FailedAboveIce,
        _ => Connection::NotConnected,
    }
}

fn rollback() -> SessionDescription {
    SessionDescription { kind: SdpType::Rollback, sdp: String::new() }
}
