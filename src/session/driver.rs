//! The background task of a session, which connects a [`Negotiator`] and a [`PathMonitor`] to a connection, a link and
//! timers.

use std::{cell::Cell, future::Future, option, rc::Rc};

use browser_rtc_proto::recovery::{Actions, Connection, Observation, PathMonitor, Timer, Traffic};
use futures::{
    FutureExt, Sink, SinkExt, Stream, StreamExt,
    channel::mpsc::{self, UnboundedSender},
    future::{Fuse, FusedFuture, LocalBoxFuture},
    select_biased,
    stream::{self, LocalBoxStream},
};

use super::{
    browser_quirks::is_firefox,
    events::{self, LostReason, SessionEvent},
    evidence::{Evidence, EvidenceSource},
    negotiated::{IceRestart, Negotiated},
    options::SessionOptions,
    sdp_transform::{self, Failure, SdpTransform},
    traffic,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream, Queue},
    log::{Variant, log},
    negotiation::{Action, Input, Negotiator, Operation, SessionId, Signal},
    peer::{ConnectionState, IceCandidate, IceConnectionState, PeerConnection, SdpType, SessionDescription},
    random,
    timer::Sleep,
    wake::{CloseSignal, CloseWait},
};

/// Interval of the negotiator's timeouts.
const TICK_MS: u32 = 1_000;

/// Time that sending the last signals may take after the session has ended.
const LAST_SIGNALS_TIMEOUT_MS: u32 = 5_000;

/// The outcome of an operation on the connection: the local description, if one is to be sent.
type Outcome = std::result::Result<Option<SessionDescription>, Failure>;

/// The decision between continuing and ending the session.
#[derive(Debug, PartialEq, Eq)]
enum Flow {
    Continue,
    End,
}

/// The options of a session, and the handles that it shares with its driver.
pub(super) struct SessionParts {
    pub(super) pc: PeerConnection,
    pub(super) options: SessionOptions,
    pub(super) signal_limit: Rc<Cell<usize>>,
    pub(super) events: Broadcast<SessionEvent>,
    pub(super) link_checks: Queue<()>,
    pub(super) closing: CloseSignal,
    pub(super) ended: CloseSignal,
}

/// The received signals. Their stream and the sink of the link are boxed, so that the driver is compiled once.
type Signals = stream::Fuse<LocalBoxStream<'static, Signal>>;

/// The task that sends the outgoing signals.
type Sending = Fuse<LocalBoxFuture<'static, Result<()>>>;

/// Runs a session until it has ended and its last signals are sent.
pub(super) fn run<L>(parts: SessionParts, link: L) -> impl Future<Output = ()>
where
    L: Stream<Item = Signal> + Sink<Signal> + 'static,
    L::Error: Into<Error>,
{
    let (sink, signals) = link.split();
    let (outgoing, queue) = mpsc::unbounded();
    let sending = queue.map(Ok).forward(sink.sink_map_err(Into::into));
    run_until_sent(parts, outgoing, signals.boxed_local().fuse(), sending.boxed_local().fuse())
}

async fn run_until_sent(
    parts: SessionParts,
    outgoing: UnboundedSender<Signal>,
    mut signals: Signals,
    mut sending: Sending,
) {
    let (pc, ended) = (parts.pc.clone(), parts.ended.clone());
    SessionDriver::new(parts, outgoing).run(&mut signals, &mut sending).await;
    pc.close();
    ended.set();
    if !sending.is_terminated() {
        select_biased! {
            _sent = sending => {}
            () = Sleep::new(LAST_SIGNALS_TIMEOUT_MS).fuse() => {}
        }
    }
}

/// Negotiates and recovers one connection.
struct SessionDriver {
    pc: PeerConnection,
    negotiator: Negotiator,
    path: PathMonitor,
    negotiated: Negotiated,
    sdp_transform: Option<SdpTransform>,
    signal_limit: Rc<Cell<usize>>,
    events: Broadcast<SessionEvent>,
    link_checks: Queue<()>,
    outgoing: UnboundedSender<Signal>,
    negotiation_needed: stream::Chain<stream::Iter<option::IntoIter<()>>, EventStream<()>>,
    candidates: EventStream<IceCandidate>,
    states: EventStream<ConnectionState>,
    closing: Fuse<CloseWait>,
    /// The running operation. The negotiator starts the next operation when this one is done.
    operation: Fuse<LocalBoxFuture<'static, Outcome>>,
    /// The error of the last failed operation, until it is emitted.
    failure: Option<Error>,
    tick: Fuse<Sleep>,
    /// The timer of the path monitor. It resolves to the traffic that was observed while it ran.
    timer: Fuse<LocalBoxFuture<'static, Traffic>>,
    evidence: EvidenceSource,
}

impl SessionDriver {
    fn new(parts: SessionParts, outgoing: UnboundedSender<Signal>) -> Self {
        let SessionParts { pc, options, signal_limit, events, link_checks, closing, .. } = parts;
        let mut negotiator = if options.plain_peer {
            Negotiator::plain(options.politeness)
        } else {
            Negotiator::new(SessionId::new(random::id()), options.politeness)
        };
        let mut path = PathMonitor::new(options.recovery);
        if options.answer_only {
            negotiator = negotiator.answer_only();
            path.disable_restarts();
        }
        // The browser does not repeat an event that it has fired before the session existed.
        let needed_before = pc.has_media_or_channels().then_some(());
        Self {
            negotiator,
            path,
            negotiated: Negotiated::default(),
            sdp_transform: options.sdp_transform,
            signal_limit,
            events,
            link_checks,
            outgoing,
            negotiation_needed: stream::iter(needed_before).chain(pc.negotiation_needed()),
            candidates: pc.ice_candidates(),
            states: pc.connection_states(),
            closing: closing.wait().fuse(),
            operation: Fuse::terminated(),
            failure: None,
            tick: Fuse::terminated(),
            timer: Fuse::terminated(),
            evidence: EvidenceSource::new(),
            pc,
        }
    }

    /// Runs until the session ends. `sending` is the future that sends the outgoing signals.
    async fn run(mut self, signals: &mut Signals, sending: &mut Sending) {
        let mut input = Input::LinkOpened;
        while self.handle(input) == Flow::Continue {
            input = loop {
                if let Some(input) = self.next_event(signals, sending).await {
                    break input;
                }
            };
        }
    }

    /// Waits for the next event. Returns the negotiator's input, if the event has one.
    async fn next_event(&mut self, signals: &mut Signals, sending: &mut Sending) -> Option<Input> {
        if let Some(interval) = self.path.sample_interval() {
            self.evidence.sample_after(&self.pc, interval);
        }
        select_biased! {
            () = &mut self.closing => Some(Input::Closing),
            outcome = &mut self.operation => Some(self.operation_ended(outcome).await),
            candidate = self.candidates.next() => Some(candidate.map_or(Input::Closing, Input::LocalCandidate)),
            signal = signals.select_next_some() => Some(Input::Received(signal)),
            needed = self.negotiation_needed.next() => Some(needed.map_or(Input::Closing, |()| Input::NegotiationNeeded)),
            () = &mut self.tick => Some(Input::Timeout),
            state = self.states.select_next_some() => self.state_changed(&state).await,
            traffic = &mut self.timer => self.timer_expired(traffic).await,
            evidence = self.evidence.next().boxed_local().fuse() => self.evidence_found(evidence).await,
            outcome = &mut *sending => self.link_ended(outcome),
        }
    }

    /// Passes an input to the negotiator, and performs the resulting actions.
    fn handle(&mut self, input: Input) -> Flow {
        match &input {
            Input::Received(signal) => log!(debug, "received {}", Variant(&signal.content)),
            Input::Timeout => {}
            input => log!(debug, "input {}", Variant(input)),
        }
        let is_last = input == Input::Closing;
        self.negotiator.set_signal_limit(self.signal_limit.get());
        for action in self.negotiator.handle(input) {
            if is_last && matches!(action, Action::Perform(_)) {
                continue;
            }
            if self.act(action) == Flow::End {
                return Flow::End;
            }
        }
        if self.negotiator.wants_timeout() && self.tick.is_terminated() {
            self.tick = Sleep::new(TICK_MS).fuse();
        }
        if is_last { Flow::End } else { Flow::Continue }
    }

    fn act(&mut self, action: Action) -> Flow {
        match action {
            Action::Perform(operation) => self.start(operation),
            Action::RestartIce => self.restart_ice(),
            Action::Send(signal) => {
                log!(debug, "sends {}", Variant(&signal.content));
                // This fails if the link has ended, which `link_ended` reports.
                let _ = self.outgoing.unbounded_send(signal);
            }
            Action::ReportFailure => {
                if let Some(error) = self.failure.take() {
                    self.report(error);
                }
            }
            Action::ReportRefusal => {
                self.report(Error::new("offer", ErrorKind::Operation, "the peer could not apply the local offer"));
            }
            Action::ReportTooLarge { size, limit } => self.report_too_large(size, limit),
            Action::PeerClosed => return self.lose(LostReason::PeerClosed),
            Action::PeerRestarted => return self.lose(LostReason::PeerRestarted),
        }
        Flow::Continue
    }

    fn start(&mut self, operation: Operation) {
        debug_assert!(self.operation.is_terminated());
        log!(debug, "starts {}", Variant(&operation));
        self.negotiated.operation_started(&operation);
        self.operation = perform(self.pc.clone(), operation, self.sdp_transform.clone()).boxed_local().fuse();
    }

    fn restart_ice(&mut self) {
        let is_left_to_peer = self.path.is_odd_attempt() && self.negotiated.prefers_remote_restart(&self.pc);
        if self.path.is_broken()
            && !is_left_to_peer
            && let Err(error) = self.pc.restart_ice()
        {
            self.report(error);
        }
    }

    async fn operation_ended(&mut self, outcome: Outcome) -> Input {
        match outcome {
            Ok(local) => self.operation_done(local),
            Err(Failure::Transform(error)) => {
                self.report(error);
                events::push(&self.events, SessionEvent::Lost { reason: LostReason::SdpTransformFailed });
                last_messages_sent().await;
                Input::Closing
            }
            Err(Failure::Browser(error)) if *error.kind() == ErrorKind::Closed => Input::Closing,
            Err(Failure::Browser(error)) => {
                self.failure = Some(error);
                Input::Failed(self.pc.signaling_state())
            }
        }
    }

    fn operation_done(&mut self, mut local: Option<SessionDescription>) -> Input {
        if local.as_ref().is_some_and(is_firefox) {
            self.negotiator.look_ahead();
        }
        match self.negotiated.operation_done(&self.pc, local.as_mut()) {
            IceRestart::First => {
                let actions = self.path.ice_started();
                self.apply(&actions);
            }
            IceRestart::Agreed => {
                let is_connected = connection(&self.pc) == Connection::Connected;
                let actions = self.path.ice_restarted(is_connected);
                self.apply(&actions);
            }
            IceRestart::Ignored if self.path.disable_restarts() => {
                let message = "the peer does not restart ICE: its answer has the previous ICE credentials";
                self.report(Error::new("restartIce", ErrorKind::Operation, message));
            }
            IceRestart::None | IceRestart::Ignored => {}
        }
        Input::Done(local)
    }

    async fn state_changed(&mut self, state: &ConnectionState) -> Option<Input> {
        log!(info, "connection is {state}");
        let actions = self.path.state_changed(state);
        self.path_changed(actions).await
    }

    async fn timer_expired(&mut self, traffic: Traffic) -> Option<Input> {
        let actions = self.path.timeout(Observation { connection: connection(&self.pc), traffic });
        self.path_changed(actions).await
    }

    async fn evidence_found(&mut self, evidence: Option<Evidence>) -> Option<Input> {
        let actions = match evidence? {
            Evidence::Sample(sample) => self.path.sampled(&sample, connection(&self.pc)),
            Evidence::NetworkChanged => self.path.network_changed(),
        };
        self.path_changed(actions).await
    }

    async fn path_changed(&mut self, actions: Actions) -> Option<Input> {
        let (is_lost, restart_ice) = (actions.is_lost(), actions.restart_ice);
        self.apply(&actions);
        if is_lost {
            last_messages_sent().await;
            return Some(Input::Closing);
        }
        restart_ice.then_some(Input::PathBroken)
    }

    /// Applies the path monitor's actions to the timer, and emits its event.
    fn apply(&mut self, actions: &Actions) {
        match actions.timer {
            Timer::Keep => {}
            Timer::Stop => self.timer = Fuse::terminated(),
            Timer::Start(time) => self.timer = traffic::observe(self.pc.clone(), time).boxed_local().fuse(),
        }
        if actions.check_link && self.link_checks.len() == 0 {
            self.link_checks.push(());
        }
        if actions.send_key_frames {
            self.pc.send_key_frames();
        }
        if let Some(event) = actions.event {
            events::push(&self.events, event.into());
        }
    }

    /// Emits the failure of the link. The session continues without a link until the network fails.
    fn link_ended(&self, outcome: Result<()>) -> Option<Input> {
        if let Err(error) = outcome {
            self.report(error);
        }
        None
    }

    fn report(&self, error: Error) {
        events::push(&self.events, SessionEvent::Failed(error));
    }

    fn report_too_large(&self, size: usize, limit: usize) {
        let message = format!("a signal of {size} bytes exceeds the link's limit of {limit} bytes");
        self.report(Error::new("signal", ErrorKind::TooLarge { limit: limit as u64 }, message));
    }

    fn lose(&self, reason: LostReason) -> Flow {
        events::push(&self.events, SessionEvent::Lost { reason });
        Flow::End
    }
}

/// Waits for the subscribers of `Lost`, which may send a message of their own to the peer, such as `hang_up`, before the
/// session sends `bye`.
async fn last_messages_sent() {
    Sleep::new(0).await;
}

async fn perform(pc: PeerConnection, operation: Operation, transform: Option<SdpTransform>) -> Outcome {
    match operation {
        Operation::CreateOffer => return sdp_transform::create_offer(&pc, transform.as_ref()).await.map(Some),
        Operation::SetLocalDescription => {
            sdp_transform::set_local_description(&pc, transform.as_ref()).await?;
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
    let has_ice_path =
        matches!(pc.ice_connection_state(), IceConnectionState::Connected | IceConnectionState::Completed);
    match pc.connection_state() {
        ConnectionState::Connected => Connection::Connected,
        ConnectionState::Failed if has_ice_path => Connection::FailedAboveIce,
        _ => Connection::NotConnected,
    }
}

fn rollback() -> SessionDescription {
    SessionDescription { kind: SdpType::Rollback, sdp: String::new() }
}
