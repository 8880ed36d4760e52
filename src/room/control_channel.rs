//! The control channel of a call, on which each peer announces its new id in the room.
//!
//! Signals are addressed by the ids of the signaling server. After a restart of the server, both peers have new ids, while
//! the connection of the call is still up. An id that arrives on the control channel is authentic, because only the
//! remote peer can send on it. The session then sends lost signals again, to the new id.

use std::rc::{Rc, Weak};

use browser_rtc_proto::call::{CONTROL_CHANNEL_ID, CONTROL_CHANNEL_LABEL, EndReason, NewId};
use futures::{FutureExt, StreamExt, future, select_biased};

use super::{
    presence::MAX_ID_BYTES,
    shared_call::{OwnId, SharedCall},
};
use crate::{
    channel::{ChannelInit, DataChannel, Message},
    error::Result,
    event::EventStream,
    peer::{ConnectionState, PeerConnection},
    signaling::PeerId,
    timer::Sleep,
};

/// Time that a `hang_up` or `bye` may take to arrive through the server after the channel has closed. The message
/// contains the reason.
const REASON_TIMEOUT_MS: u32 = 2_000;

/// The control channel of one call.
pub(super) struct ControlChannel {
    call: Weak<SharedCall>,
    channel: DataChannel,
    states: EventStream<ConnectionState>,
    own_id: Rc<OwnId>,
    is_connected: bool,
}

impl ControlChannel {
    pub(super) fn new(pc: &PeerConnection, call: &Rc<SharedCall>) -> Result<Self> {
        let channel =
            pc.create_data_channel(CONTROL_CHANNEL_LABEL, &ChannelInit::new().negotiated(CONTROL_CHANNEL_ID))?;
        let states = pc.connection_states();
        Ok(Self { call: Rc::downgrade(call), channel, states, own_id: call.own_id(), is_connected: false })
    }

    /// Runs until the call ends. Ends the call when the peer has closed the channel, and with it the connection.
    pub(super) async fn run(mut self) {
        let Some(end) = self.call.upgrade().map(|call| call.end_wait()) else { return };
        select_biased! {
            () = end.fuse() => {}
            () = self.run_until_closed().boxed_local().fuse() => {}
        }
    }

    async fn run_until_closed(&mut self) {
        while self.step().await {}
        let is_peer_lost = self.call.upgrade().is_some_and(|call| call.is_peer_lost());
        if is_peer_lost {
            self.end(EndReason::PeerLeft);
        } else if self.is_closed_by_peer().await {
            self.end(EndReason::PeerHungUp);
        }
    }

    /// Handles the next event. Returns false when the channel has closed.
    async fn step(&mut self) -> bool {
        let opened = self.channel.opened();
        let own_id = self.own_id.clone();
        let new_id = async move {
            match opened.await {
                Ok(()) => own_id.next().await,
                Err(_) => future::pending().await,
            }
        };
        select_biased! {
            state = self.states.select_next_some() => self.state_changed(&state),
            message = self.channel.next().fuse() => return self.receive(message.as_ref()),
            id = new_id.boxed_local().fuse() => self.send(id),
        }
        true
    }

    fn state_changed(&mut self, state: &ConnectionState) {
        self.is_connected = *state == ConnectionState::Connected;
        if let Some(call) = self.call.upgrade() {
            call.connection_changed(state);
        }
    }

    /// Handles a message. Returns false at the end of the channel. Malformed messages are ignored, because the peer may
    /// run another version or be malicious.
    fn receive(&self, message: Option<&Result<Message>>) -> bool {
        if let Some(Ok(Message::Text(text))) = message
            && let Ok(NewId { me: id, .. }) = NewId::from_json(text)
            && id.as_str().len() <= MAX_ID_BYTES
            && let Some(call) = self.call.upgrade()
        {
            call.peer_id_changed(id);
        }
        message.is_some()
    }

    fn send(&mut self, me: PeerId) {
        // This fails only if the channel has closed, which `step` handles next.
        let _ = self.channel.try_send(NewId { me }.to_json());
    }

    /// Waits for the reason to arrive, and returns whether the peer has closed the channel. The browser also closes the
    /// channel when the network has failed, in which case the session recovers or fails.
    async fn is_closed_by_peer(&mut self) -> bool {
        let is_online = self.call.upgrade().is_some_and(|call| call.presence().is_online());
        let mut timeout = Sleep::new(if is_online { REASON_TIMEOUT_MS } else { 0 }).fuse();
        let mut is_closed_by_peer = self.is_connected;
        loop {
            let state = select_biased! {
                state = self.states.select_next_some() => state,
                () = timeout => return is_closed_by_peer,
            };
            is_closed_by_peer &= matches!(state, ConnectionState::Connected | ConnectionState::Disconnected);
            self.state_changed(&state);
        }
    }

    fn end(&self, reason: EndReason) {
        if let Some(call) = self.call.upgrade() {
            call.end(reason);
        }
    }
}
