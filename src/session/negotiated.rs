//! What the two sides have agreed on so far.

use super::browser_quirks::{Setup, is_of_firefox};
use crate::{
    negotiation::Operation,
    peer::{PeerConnection, SdpType, SessionDescription, SignalingState},
};

#[derive(Debug, Default)]
pub(super) struct Negotiated {
    /// The operation that runs is about a description.
    is_describing: bool,
    /// The generations of ICE of both sides.
    ours: Option<String>,
    theirs: Option<String>,
    setup: Option<Setup>,
    is_with_firefox: bool,
}

/// What an agreement does to ICE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IceRestart {
    None,
    /// Both sides have restarted it.
    Agreed,
    /// Our offer did, and the peer's answer has the credentials of before.
    Ignored,
}

impl Negotiated {
    pub(super) fn operation_begins(&mut self, operation: &Operation) {
        self.is_describing = !matches!(operation, Operation::AddIceCandidate(_) | Operation::CreateOffer);
        // The connection tells it in words of its own.
        if let Operation::SetRemoteDescription(description) = operation {
            self.is_with_firefox = is_of_firefox(description);
        }
    }

    /// Returns what an agreement, where there is one now, does to ICE. The description is the one that we are to send.
    pub(super) fn operation_done(&mut self, pc: &PeerConnection, ours: Option<&mut SessionDescription>) -> IceRestart {
        if !self.is_describing || pc.signaling_state() != SignalingState::Stable {
            return IceRestart::None;
        }
        let Some((local, remote)) = pc.local_description().zip(pc.remote_description()) else {
            return IceRestart::None;
        };
        let setup = *self.setup.get_or_insert_with(|| Setup::agreed(&local, &remote));
        if let Some(ours) = ours {
            setup.keep(ours);
        }
        let fragment = |of: &SessionDescription| of.values("a=ice-ufrag:").next().map(str::to_owned);
        let ours = (self.ours.take(), fragment(&local));
        let theirs = (self.theirs.take(), fragment(&remote));
        let has_restarted = |(before, now): &(Option<String>, Option<String>)| before.is_some() && before != now;
        let restart = if has_restarted(&theirs) {
            IceRestart::Agreed
        } else if has_restarted(&ours) && local.kind == SdpType::Offer {
            IceRestart::Ignored
        } else {
            IceRestart::None
        };
        (self.ours, self.theirs) = (ours.1, theirs.1);
        restart
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
