//! A model of the negotiation in a browser: valid calls, their effects, and the negotiation-needed flag.

use std::collections::VecDeque;

use crate::sdp::{IceCandidate, SdpType, SessionDescription, SignalingState};

/// Number of changes of each side in a description.
pub type Terms = [u8; 2];

/// The modelled content of an offer or an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text {
    /// The number of the offer. An answer has the number of its offer.
    number: u8,
    offered_by: usize,
    terms: Terms,
    /// The generation of the candidates of the describing side.
    pub fragment: u8,
}

impl Text {
    fn describe(&self, kind: SdpType) -> SessionDescription {
        let Self { number, offered_by, terms: [first, second], fragment } = self;
        SessionDescription {
            kind,
            sdp: format!("{number} {offered_by}\r\nm={first} {second}\r\na=ice-ufrag:{fragment}\r\n"),
        }
    }

    fn read(description: &SessionDescription) -> Self {
        let numbers: Vec<u8> =
            description.sdp.split([' ', ':', '=', '\r', '\n']).filter_map(|word| word.parse().ok()).collect();
        let [number, offered_by, first, second, fragment] = numbers[..] else { panic!("{description:?}") };
        Self { number, offered_by: offered_by.into(), terms: [first, second], fragment }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Signaling {
    Stable,
    /// A local offer, with the fragment and the restart that a rollback restores.
    HaveLocalOffer(Text, u8, bool),
    HaveRemoteOffer(Text),
}

/// The description of a problem: an invalid call, a wrong report, or an end without agreement.
pub type Problem = String;

/// A model of one connection by the rules of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Browser {
    side: usize,
    pub signaling: Signaling,
    /// Number of local changes, which need a local offer.
    pub made: u8,
    pub restart_wanted: bool,
    pub agreed: Option<(u8, usize, Terms)>,
    offers: u8,
    /// The generation of the local candidates, 0 before the first description.
    pub fragment: u8,
    fragments: u8,
    pub remote_fragment: u8,
    /// The negotiation-needed flag. `needed` is true while its event is queued.
    flagged: bool,
    pub needed: bool,
    /// Fragments of candidates that were gathered and not reported yet.
    pub found: VecDeque<u8>,
    /// Fragments of the remote candidates that were added.
    pub added: Vec<u8>,
}

impl Browser {
    pub fn new(side: usize) -> Self {
        Self {
            side,
            signaling: Signaling::Stable,
            made: 0,
            restart_wanted: false,
            agreed: None,
            offers: 0,
            fragment: 0,
            fragments: 0,
            remote_fragment: 0,
            flagged: false,
            needed: false,
            found: VecDeque::new(),
            added: Vec::new(),
        }
    }

    fn terms(&self) -> Terms {
        self.agreed.map_or([0, 0], |(_, _, terms)| terms)
    }

    pub fn offer_is_due(&self) -> bool {
        self.made > self.terms()[self.side] || self.restart_wanted
    }

    pub fn update_negotiation_needed(&mut self) {
        if self.signaling == Signaling::Stable {
            // The event fires once until the state returns to stable.
            let due = self.offer_is_due();
            self.needed |= due && !self.flagged;
            self.flagged = due;
        }
    }

    fn return_to_stable(&mut self) {
        self.signaling = Signaling::Stable;
        self.flagged = false;
    }

    fn new_fragment(&mut self) {
        self.fragments += 1;
        self.fragment = self.fragments;
        self.restart_wanted = false;
        self.found.push_back(self.fragment);
    }

    /// Creates an offer, without a change of the state.
    pub fn create_offer(&self) -> Result<SessionDescription, Problem> {
        self.clone().set_local_description()
    }

    pub fn set_local_description(&mut self) -> Result<SessionDescription, Problem> {
        match self.signaling.clone() {
            Signaling::Stable => {
                let before = (self.fragment, self.restart_wanted);
                if self.fragment == 0 || self.restart_wanted {
                    self.new_fragment();
                }
                let mut terms = self.terms();
                terms[self.side] = self.made;
                self.offers += 1;
                let offer = Text { number: self.offers, offered_by: self.side, terms, fragment: self.fragment };
                let description = offer.describe(SdpType::Offer);
                self.signaling = Signaling::HaveLocalOffer(offer, before.0, before.1);
                Ok(description)
            }
            Signaling::HaveRemoteOffer(offer) => {
                if self.fragment == 0 || offer.fragment != self.remote_fragment {
                    self.new_fragment();
                }
                self.remote_fragment = offer.fragment;
                let answer = Text { fragment: self.fragment, ..offer };
                self.agree(&answer);
                Ok(answer.describe(SdpType::Answer))
            }
            Signaling::HaveLocalOffer(..) => Err("an offer was set while a local offer is pending".into()),
        }
    }

    pub fn set_remote_description(&mut self, description: &SessionDescription) -> Result<(), Problem> {
        let text = Text::read(description);
        match (&description.kind, self.signaling.clone()) {
            (SdpType::Offer, Signaling::Stable) => self.signaling = Signaling::HaveRemoteOffer(text),
            (SdpType::Offer, Signaling::HaveLocalOffer(_, fragment, restart_wanted)) => {
                self.fragment = fragment;
                self.restart_wanted = restart_wanted;
                self.signaling = Signaling::HaveRemoteOffer(text);
            }
            (SdpType::Answer, Signaling::HaveLocalOffer(offer, ..))
                if (offer.number, offer.offered_by) == (text.number, text.offered_by) =>
            {
                self.remote_fragment = text.fragment;
                self.agree(&text);
            }
            (kind, state) => return Err(format!("a remote {kind} {text:?} was set in {state:?}")),
        }
        Ok(())
    }

    pub fn roll_back_local_offer(&mut self) -> Result<(), Problem> {
        let Signaling::HaveLocalOffer(_, fragment, restart_wanted) = self.signaling else {
            return Err(format!("a local rollback was requested in {:?}", self.signaling));
        };
        (self.fragment, self.restart_wanted) = (fragment, restart_wanted);
        self.return_to_stable();
        Ok(())
    }

    pub fn roll_back_remote_offer(&mut self) -> Result<(), Problem> {
        let Signaling::HaveRemoteOffer(_) = self.signaling else {
            return Err(format!("a remote rollback was requested in {:?}", self.signaling));
        };
        self.return_to_stable();
        Ok(())
    }

    pub fn state(&self) -> SignalingState {
        match self.signaling {
            Signaling::Stable => SignalingState::Stable,
            Signaling::HaveLocalOffer(..) => SignalingState::HaveLocalOffer,
            Signaling::HaveRemoteOffer(_) => SignalingState::HaveRemoteOffer,
        }
    }

    fn agree(&mut self, answer: &Text) {
        self.agreed = Some((answer.number, answer.offered_by, answer.terms));
        self.return_to_stable();
    }

    /// Returns whether the candidate belongs to a description of the peer.
    pub fn add_ice_candidate(&mut self, candidate: &IceCandidate) -> Result<bool, Problem> {
        let pending = match &self.signaling {
            Signaling::HaveRemoteOffer(offer) => Some(offer.fragment),
            _ => None,
        };
        if self.remote_fragment == 0 && pending.is_none() {
            return Err("a candidate was added before its description".into());
        }
        let fragment: u8 = candidate.username_fragment.as_deref().unwrap().parse().unwrap();
        let fits = fragment == self.remote_fragment || Some(fragment) == pending;
        if fits && !self.added.contains(&fragment) {
            self.added.push(fragment);
        }
        Ok(fits)
    }
}
