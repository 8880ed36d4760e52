//! The state that the two peers have negotiated so far.

use super::browser_quirks::{Setup, is_of_firefox};
use crate::{
    negotiation::Operation,
    peer::{PeerConnection, SdpType, SessionDescription, SignalingState},
};

/// The negotiated state of a connection.
#[derive(Debug, Default)]
pub(super) struct Negotiated {
    /// The operation that runs sets a description.
    is_describing: bool,
    /// The ICE username fragments of both peers, which change with each restart.
    ours: Option<String>,
    theirs: Option<String>,
    setup: Option<Setup>,
    is_with_firefox: bool,
}

/// The effect of an answer on ICE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IceRestart {
    None,
    /// Both peers have restarted it.
    Agreed,
    /// The local offer did, and the peer's answer has its former credentials.
    Ignored,
}

impl Negotiated {
    pub(super) fn operation_begins(&mut self, operation: &Operation) {
        self.is_describing = !matches!(operation, Operation::AddIceCandidate(_) | Operation::CreateOffer);
        // The connection returns descriptions in its own format.
        if let Operation::SetRemoteDescription(description) = operation {
            self.is_with_firefox = is_of_firefox(description);
        }
    }

    /// Returns the effect on ICE, if an answer has been set. `ours` is the local description that is about to be sent.
    pub(super) fn operation_done(&mut self, pc: &PeerConnection, ours: Option<&mut SessionDescription>) -> IceRestart {
        if !self.is_describing || pc.signaling_state() != SignalingState::Stable {
            return IceRestart::None;
        }
        let Some((local, remote)) = pc.local_description().zip(pc.remote_description()) else {
            return IceRestart::None;
        };
        let setup = *self.setup.get_or_insert_with(|| Setup::new(&local, &remote));
        if let Some(ours) = ours {
            setup.keep(ours);
        }
        let fragment = |description: &SessionDescription| description.values("a=ice-ufrag:").next().map(str::to_owned);
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

    /// Returns whether the peer should rather offer an ICE restart.
    ///
    /// Firefox answers the connectivity checks of a restart before it has received the offer, at the former port, and
    /// drops everything else that arrives there. A Chromium that offers a restart takes that port for a valid path, and
    /// may keep it. As the answerer, it does not.
    pub(super) fn leaves_restarts(&self, pc: &PeerConnection) -> bool {
        self.is_with_firefox && !pc.local_description().as_ref().is_some_and(is_of_firefox)
    }
}
