//! What the two sides have agreed on so far.

use super::departures::{Setup, is_of_firefox};
use crate::{
    negotiation::Operation,
    peer::{PeerConnection, SessionDescription, SignalingState},
};

#[derive(Debug, Default)]
pub(super) struct Agreement {
    /// The operation that runs is about a description.
    is_describing: bool,
    /// Their generation of ICE.
    fragment: Option<String>,
    setup: Option<Setup>,
    is_with_firefox: bool,
}

impl Agreement {
    pub(super) fn operation_begins(&mut self, operation: &Operation) {
        self.is_describing = !matches!(operation, Operation::AddIceCandidate(_));
        // The connection tells it in words of its own.
        if let Operation::SetRemoteDescription(description) = operation {
            self.is_with_firefox = is_of_firefox(description);
        }
    }

    /// Tells whether both sides have now agreed on a restart of ICE. The description is the one that we are to send.
    pub(super) fn operation_done(&mut self, pc: &PeerConnection, ours: Option<&mut SessionDescription>) -> bool {
        if !self.is_describing || pc.signaling_state() != SignalingState::Stable {
            return false;
        }
        let Some((local, remote)) = pc.local_description().zip(pc.remote_description()) else { return false };
        let setup = *self.setup.get_or_insert_with(|| Setup::agreed(&local, &remote));
        ours.into_iter().for_each(|ours| setup.keep(ours));
        let fragment = remote.values("a=ice-ufrag:").next().map(str::to_owned);
        let has_restarted = self.fragment.is_some() && self.fragment != fragment;
        self.fragment = fragment;
        has_restarted
    }

    /// Whether the other side had better offer a restart of ICE.
    ///
    /// Firefox answers the checks of a restart that it has not heard of yet, at the port of before, and drops all else
    /// that comes there. A Chromium that offers it a restart takes that port for a way, and may stay with it. It does
    /// not as the one who answers.
    pub(super) fn leaves_restarts(&self, pc: &PeerConnection) -> bool {
        self.is_with_firefox && !pc.local_description().as_ref().is_some_and(is_of_firefox)
    }
}
