//! The state that the two peers have negotiated.

use super::browser_quirks::{Setup, is_firefox};
use crate::{
    negotiation::Operation,
    peer::{PeerConnection, SdpType, SessionDescription, SignalingState},
};

/// The negotiated state of a connection.
#[derive(Debug, Default)]
pub(super) struct Negotiated {
    /// True while an operation sets a description.
    is_setting_description: bool,
    /// The ICE username fragment of the local peer. Both fragments change with each ICE restart.
    local_fragment: Option<String>,
    /// The ICE username fragment of the remote peer.
    remote_fragment: Option<String>,
    setup: Option<Setup>,
    is_peer_firefox: bool,
}

/// The effect of an answer on ICE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IceRestart {
    /// The answer does not restart ICE.
    None,
    /// The answer is the first one, with which ICE starts.
    First,
    /// Both peers have restarted ICE.
    Agreed,
    /// The local offer restarted ICE, and the answer has the previous credentials of the remote peer.
    Ignored,
}

impl Negotiated {
    pub(super) fn operation_started(&mut self, operation: &Operation) {
        self.is_setting_description = !matches!(operation, Operation::AddIceCandidate(_) | Operation::CreateOffer);
        // The browser can be detected in this description only: the connection returns it in the local browser's format.
        if let Operation::SetRemoteDescription(description) = operation {
            self.is_peer_firefox = is_firefox(description);
        }
    }

    /// Returns the effect on ICE if an answer has been set. `to_send` is the local description that is about to be sent.
    pub(super) fn operation_done(
        &mut self,
        pc: &PeerConnection,
        to_send: Option<&mut SessionDescription>,
    ) -> IceRestart {
        if !self.is_setting_description || pc.signaling_state() != SignalingState::Stable {
            return IceRestart::None;
        }
        let Some((local, remote)) = pc.local_description().zip(pc.remote_description()) else {
            return IceRestart::None;
        };
        let setup = *self.setup.get_or_insert_with(|| Setup::new(&local, &remote));
        if let Some(description) = to_send {
            setup.correct(description);
        }
        let fragment = |description: &SessionDescription| description.values("a=ice-ufrag:").next().map(str::to_owned);
        let local_fragments = (self.local_fragment.take(), fragment(&local));
        let remote_fragments = (self.remote_fragment.take(), fragment(&remote));
        let has_restarted = |(before, now): &(Option<String>, Option<String>)| before.is_some() && before != now;
        let restart = if remote_fragments.0.is_none() && remote_fragments.1.is_some() {
            IceRestart::First
        } else if has_restarted(&remote_fragments) {
            IceRestart::Agreed
        } else if has_restarted(&local_fragments) && local.kind == SdpType::Offer {
            IceRestart::Ignored
        } else {
            IceRestart::None
        };
        (self.local_fragment, self.remote_fragment) = (local_fragments.1, remote_fragments.1);
        restart
    }

    /// Returns whether the remote peer should offer ICE restarts rather than the local one.
    ///
    /// Firefox answers the connectivity checks of a restart before it has received the offer, on its previous port, and
    /// drops all other packets that arrive there. If Chromium has offered the restart, it considers that port a valid
    /// path and may keep using it. As the answerer, Chromium does not do so.
    pub(super) fn prefers_remote_restart(&self, pc: &PeerConnection) -> bool {
        self.is_peer_firefox && !pc.local_description().as_ref().is_some_and(is_firefox)
    }
}
