//! The presence of a room: its peers, and whether the server is reachable.

use std::cell::{Cell, RefCell};

use crate::{
    event::Queue,
    signaling::{Peer, PeerId},
};

/// Maximum length of a peer's id, in bytes. Servers assign shorter ids.
pub(super) const MAX_ID_BYTES: usize = 128;

/// Maximum length of a peer's name, in bytes. Servers accept shorter names.
const MAX_NAME_BYTES: usize = 4_096;

/// Maximum number of other peers in a room. Further peers are not listed.
pub(super) const MAX_PEERS: usize = 65_536;

/// Returns whether the peer's id and name have valid lengths.
pub(super) fn is_valid(peer: &Peer) -> bool {
    (1..=MAX_ID_BYTES).contains(&peer.id.as_str().len()) && peer.name.len() <= MAX_NAME_BYTES
}

/// The presence of one room, shared with its calls.
pub(super) struct Presence {
    me: RefCell<Peer>,
    peers: RefCell<Vec<Peer>>,
    is_online: Cell<bool>,
    health_checks: Queue<()>,
}

impl Presence {
    pub(super) fn new(me: Peer, peers: Vec<Peer>) -> Self {
        Self { me: me.into(), peers: peers.into(), is_online: true.into(), health_checks: Queue::default() }
    }

    /// Returns the local peer.
    pub(super) fn me(&self) -> Peer {
        self.me.borrow().clone()
    }

    pub(super) fn set_me(&self, me: Peer) {
        self.me.replace(me);
    }

    /// Returns the other peers.
    pub(super) fn peers(&self) -> Vec<Peer> {
        self.peers.borrow().clone()
    }

    pub(super) fn peer(&self, id: &PeerId) -> Option<Peer> {
        self.peers.borrow().iter().find(|peer| peer.id == *id).cloned()
    }

    /// Returns the current id of a peer, which is in the room under its id or its name.
    pub(super) fn find(&self, peer: &Peer) -> Option<PeerId> {
        let peers = self.peers.borrow();
        let found = |is_peer: &dyn Fn(&Peer) -> bool| peers.iter().find(|other| is_peer(other));
        let same = found(&|other| other.id == peer.id).or_else(|| found(&|other| other.name == peer.name));
        same.map(|peer| peer.id.clone())
    }

    /// Adds a peer. Returns false if there are too many peers, or the peer is not [valid](is_valid).
    pub(super) fn add(&self, peer: Peer) -> bool {
        let mut peers = self.peers.borrow_mut();
        let is_accepted = peers.len() < MAX_PEERS && is_valid(&peer);
        if is_accepted {
            peers.push(peer);
        }
        is_accepted
    }

    pub(super) fn remove(&self, id: &PeerId) -> Option<Peer> {
        let mut peers = self.peers.borrow_mut();
        let position = peers.iter().position(|peer| peer.id == *id)?;
        Some(peers.remove(position))
    }

    /// Returns whether the connection to the server is up. A broken connection may not have been detected yet.
    pub(super) fn is_online(&self) -> bool {
        self.is_online.get()
    }

    pub(super) fn set_online(&self, is_online: bool) {
        self.is_online.set(is_online);
    }

    /// Requests a check whether the server is reachable.
    pub(super) fn check_health(&self) {
        if self.health_checks.len() == 0 {
            self.health_checks.push(());
        }
    }

    /// Returns the queue of requested health checks.
    pub(super) fn health_checks(&self) -> Queue<()> {
        self.health_checks.clone()
    }
}
