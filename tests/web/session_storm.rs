//! Simultaneous changes on both sides of a session, over hundreds of rounds.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use browser_rtc::{
    channel::{ChannelInit, DataChannel},
    media::{self, TrackKind},
    negotiation::Politeness,
    peer::{ConnectionState, PeerConnection, SignalingState, TransceiverDirection, TransceiverInit},
    session::{MemoryLink, Session, SessionEvent, SessionOptions},
};
use futures::{StreamExt, future::join};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::support::{
    Within,
    js::is_firefox,
    media::{Element, camera},
    pair::reached,
    rng::Rng,
    session::{ice_ufrag, session},
    sleep, watched,
};

const ROUNDS: u32 = 300;

/// The maximum of live transceivers of each side. Each is a section of every description.
const TRANSCEIVERS: usize = 5;

#[derive(Clone, Copy)]
enum Change {
    Add,
    Stop,
    Channel,
    Restart,
}

/// One side of the session, which makes random changes.
struct Side<'a> {
    pc: &'a PeerConnection,
    rng: Rng,
    kinds: &'a [Change],
    transceivers: RefCell<Vec<browser_rtc::peer::RtpTransceiver>>,
    channels: RefCell<Vec<DataChannel>>,
    restarts: Cell<u32>,
}

impl<'a> Side<'a> {
    fn new(session: &'a Session, seed: u32, kinds: &'a [Change]) -> Self {
        Self {
            pc: session.connection(),
            rng: Rng::new(seed),
            kinds,
            transceivers: RefCell::default(),
            channels: RefCell::default(),
            restarts: Cell::default(),
        }
    }

    async fn make_change(&self) {
        sleep(Duration::from_millis(self.rng.below(30).into())).await;
        match self.rng.choose(self.kinds) {
            Change::Add => self.add_transceiver(),
            Change::Stop => self.stop_transceiver(),
            Change::Channel => {
                let mut channels = self.channels.borrow_mut();
                channels.push(self.pc.create_data_channel("storm", &ChannelInit::new()).unwrap());
                if channels.len() > 3 {
                    channels.remove(0).close();
                }
            }
            Change::Restart => {
                self.restarts.set(self.restarts.get() + 1);
                self.pc.restart_ice().unwrap();
            }
        }
    }

    fn add_transceiver(&self) {
        if self.transceivers.borrow().len() == TRANSCEIVERS {
            return self.stop_transceiver();
        }
        let kind = if self.rng.below(2) == 0 { TrackKind::Audio } else { TrackKind::Video };
        let direction =
            [TransceiverDirection::SendRecv, TransceiverDirection::SendOnly, TransceiverDirection::RecvOnly]
                [self.rng.below(3) as usize]
                .clone();
        let added = self.pc.add_transceiver(kind, &TransceiverInit::new().direction(direction)).unwrap();
        self.transceivers.borrow_mut().push(added);
    }

    fn stop_transceiver(&self) {
        let mut transceivers = self.transceivers.borrow_mut();
        if !transceivers.is_empty() {
            let chosen = self.rng.below(u32::try_from(transceivers.len()).unwrap()) as usize;
            transceivers.remove(chosen).stop().unwrap();
        }
    }

    /// Returns the negotiated direction of each live transceiver by its mid.
    fn directions(&self) -> BTreeMap<String, Option<TransceiverDirection>> {
        let live = self.pc.transceivers().into_iter().filter(|one| one.direction() != TransceiverDirection::Stopped);
        live.filter_map(|one| Some((one.mid()?, one.current_direction()))).collect()
    }
}

/// Returns the direction at the remote peer.
fn mirrored(direction: TransceiverDirection) -> TransceiverDirection {
    match direction {
        TransceiverDirection::SendOnly => TransceiverDirection::RecvOnly,
        TransceiverDirection::RecvOnly => TransceiverDirection::SendOnly,
        same => same,
    }
}

/// Waits until the directions of both sides match. This may take long where the browser delays negotiationneeded.
async fn wait_for_matching_directions(a: &Side<'_>, b: &Side<'_>) -> BTreeMap<String, Option<TransceiverDirection>> {
    for _ in 0..2_400 {
        let expected: BTreeMap<_, _> =
            b.directions().into_iter().map(|(mid, direction)| (mid, direction.map(mirrored))).collect();
        if a.directions() == expected {
            return expected;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?} and {:?}", a.directions(), b.directions());
}

/// Collects failures and losses of the session.
fn failures(session: &Session) -> Rc<RefCell<Vec<String>>> {
    let failures = Rc::<RefCell<Vec<String>>>::default();
    let mut events = session.events();
    let collected = failures.clone();
    spawn_local(async move {
        while let Some(event) = events.next().await {
            if matches!(event, SessionEvent::Failed(_) | SessionEvent::Lost { .. }) {
                collected.borrow_mut().push(format!("{event:?}"));
            }
        }
    });
    failures
}

/// Waits until both sides have been stable for half a second.
async fn wait_until_settled(a: &PeerConnection, b: &PeerConnection, failures: &[Rc<RefCell<Vec<String>>>; 2]) {
    let mut still = 0;
    for _ in 0..1_200 {
        sleep(Duration::from_millis(50)).await;
        let stable = [a, b].iter().all(|pc| pc.signaling_state() == SignalingState::Stable);
        still = if stable { still + 1 } else { 0 };
        if still == 10 {
            break;
        }
    }
    assert_eq!(*failures.each_ref().map(|failures| failures.borrow().clone()).concat(), [""; 0]);
    assert_eq!(still, 10, "{} and {}", a.signaling_state(), b.signaling_state());
}

/// Firefox 153 sometimes treats DTLS as closed when data is written during an ICE restart, for example by a channel
/// that opens. One of the two connections then fails, also in plain JavaScript. In Firefox,
/// channels therefore open in one storm, and ICE restarts in another.
#[wasm_bindgen_test]
async fn glare_300_rounds() {
    use Change::{Add, Channel, Restart, Stop};
    if is_firefox() {
        storm(&[Add, Add, Add, Stop, Stop, Channel, Channel]).await;
        storm(&[Add, Add, Add, Stop, Stop, Restart]).await;
    } else {
        storm(&[Add, Add, Add, Stop, Stop, Channel, Channel, Restart]).await;
    }
}

async fn storm(kinds: &[Change]) {
    watched(async {
        // A limit, as in a room, makes the session check each offer before it is sent.
        let limited = |politeness| SessionOptions::new(politeness).signal_limit(63 * 1024);
        let (a_link, b_link) = MemoryLink::pair();
        let a_session = session(limited(Politeness::Polite), a_link);
        let b_session = session(limited(Politeness::Impolite), b_link);
        let failures = [failures(&a_session), failures(&b_session)];
        let (a, b) = (Side::new(&a_session, 1, kinds), Side::new(&b_session, 2, kinds));
        let (camera, video) = (camera().await, Element::new("video"));
        let mut tracks = b.pc.tracks();
        a.pc.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let negotiated = ChannelInit::new().negotiated(0);
        let chat = a.pc.create_data_channel("chat", &negotiated).unwrap();
        let mut other_end = b.pc.create_data_channel("chat", &negotiated).unwrap();
        let picture = loop {
            if let Some(stream) = tracks.next().within("the track").await.unwrap().streams.into_iter().next() {
                break stream;
            }
        };
        let _shown = media::show(&video, &picture).unwrap();
        chat.opened().within("an open channel").await.unwrap();

        let rounds = Rc::new(Cell::new(0));
        let counted = rounds.clone();
        let mut states = a.pc.signaling_states();
        spawn_local(async move {
            while let Some(state) = states.next().await {
                counted.set(counted.get() + u32::from(state == SignalingState::Stable));
            }
        });
        for round in 0..ROUNDS {
            join(a.make_change(), b.make_change()).await;
            if round % 10 == 9 {
                wait_until_settled(a.pc, b.pc, &failures).await;
            }
        }
        wait_until_settled(a.pc, b.pc, &failures).await;
        let directions = wait_for_matching_directions(&a, &b).await;
        assert!(!directions.is_empty());
        assert_ne!(ice_ufrag(a.pc), ice_ufrag(b.pc));
        join(
            reached(a.pc.connection_states(), ConnectionState::Connected),
            reached(b.pc.connection_states(), ConnectionState::Connected),
        )
        .await;
        chat.send("still here").within("send").await.unwrap();
        // After many restarts, Firefox 153 may lose its path for a while. The session recovers it.
        assert_eq!(other_end.next().within_minutes("a message").await.unwrap().unwrap().as_text(), Some("still here"));
        video.frames(5).await;
        console_log!(
            "{ROUNDS} rounds: {} negotiations, {} ICE restarts requested, {} sections at the end",
            rounds.get(),
            a.restarts.get() + b.restarts.get(),
            directions.len()
        );
    })
    .await;
}
