//! The candidates of both sides, each with the description it belongs to.

use std::collections::VecDeque;

use crate::sdp::{IceCandidate, SdpType, SessionDescription};

/// Ours until they can be sent, theirs until they can be added.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Candidates {
    /// Ours, while their description is not sent yet.
    unsent: Vec<IceCandidate>,
    /// Theirs that are to be added, some without a description yet.
    waiting: VecDeque<Waiting>,
    /// Theirs belong to a description that is still to come.
    wait: bool,
    /// Their latest offer was not taken, and what comes may belong to it.
    may_fail: bool,
    /// The one that is being added may fail.
    is_forgiven: bool,
    /// The generations of our latest candidate and of their latest description: the end of candidates is of one too.
    our_fragment: Option<String>,
    their_fragments: Vec<String>,
    /// Those of all their descriptions, taken or not, the latest last.
    known_fragments: VecDeque<String>,
    /// The sections that share the transport of another, by the latest answer.
    bundled: Vec<String>,
}

/// Maximum number of the peer's candidates that wait for their description.
const MAX_WAITING: usize = 1_024;

/// How many generations are told from what makes no sense.
const KNOWN: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Waiting {
    candidate: IceCandidate,
    may_fail: bool,
}

impl Candidates {
    pub(super) fn new() -> Self {
        Self {
            unsent: Vec::new(),
            waiting: VecDeque::new(),
            wait: true,
            may_fail: false,
            is_forgiven: false,
            our_fragment: None,
            their_fragments: Vec::new(),
            known_fragments: VecDeque::new(),
            bundled: Vec::new(),
        }
    }

    /// We have found one. It is to be sent, unless a description of ours is just being set.
    pub(super) fn found(&mut self, mut candidate: IceCandidate, is_describing: bool) -> Option<IceCandidate> {
        // A browser may leave out of which generation it tells the end.
        match &candidate.username_fragment {
            Some(fragment) => self.our_fragment = Some(fragment.clone()),
            None => candidate.username_fragment.clone_from(&self.our_fragment),
        }
        if is_describing {
            self.unsent.push(candidate);
            return None;
        }
        Some(candidate)
    }

    /// Those that waited for our description: of before a restart, which are to be sent before it, and its own.
    pub(super) fn described(&mut self, description: &SessionDescription) -> (Vec<IceCandidate>, Vec<IceCandidate>) {
        self.answered(description);
        self.unsent.drain(..).partition(|candidate| {
            let fragment = candidate.username_fragment.as_deref();
            fragment.is_some_and(|fragment| fragments(description).all(|described| described != fragment))
        })
    }

    /// Those that waited for a description of ours that could not be set.
    pub(super) fn take_unsent(&mut self) -> Vec<IceCandidate> {
        std::mem::take(&mut self.unsent)
    }

    /// One of theirs has arrived. Those that exceed the limit are ignored.
    pub(super) fn arrived(&mut self, candidate: IceCandidate) {
        if self.waiting.len() >= MAX_WAITING {
            return;
        }
        self.waiting.push_back(Waiting { candidate, may_fail: self.may_fail });
    }

    /// The next one that can be added.
    pub(super) fn next(&mut self) -> Option<IceCandidate> {
        if self.wait {
            return None;
        }
        loop {
            let Waiting { mut candidate, may_fail } = self.waiting.pop_front()?;
            if !self.is_of_another_generation(&candidate) && !self.is_bundled(&candidate) {
                if candidate.is_end_of_candidates() {
                    // Firefox does not know it by its generation, where it names no section.
                    candidate.username_fragment = None;
                }
                self.is_forgiven = may_fail;
                return Some(candidate);
            }
        }
    }

    /// One of before a restart, or of an offer that was not taken, is late and of no use. An end of candidates would be
    /// taken for that of now.
    fn is_of_another_generation(&self, candidate: &IceCandidate) -> bool {
        let Some(fragment) = &candidate.username_fragment else { return false };
        let is_known = candidate.is_end_of_candidates() || self.known_fragments.contains(fragment);
        is_known && !self.their_fragments.contains(fragment)
    }

    /// One of a transport that is not used. A Firefox that offers a restart finds some for each section, and one that
    /// answers takes them for some of the transport that they share: they answer its checks, and nobody is there.
    fn is_bundled(&self, candidate: &IceCandidate) -> bool {
        candidate.sdp_mid.as_ref().is_some_and(|mid| self.bundled.contains(mid))
    }

    /// Whether the one that was to be added last may fail.
    pub(super) fn is_forgiven(&self) -> bool {
        self.is_forgiven
    }

    /// Their description is set.
    pub(super) fn remote_description_set(&mut self, description: &SessionDescription) {
        self.may_fail = false;
        self.wait = false;
        self.their_fragments = fragments(description).map(str::to_owned).collect();
        self.answered(description);
    }

    fn answered(&mut self, description: &SessionDescription) {
        if description.kind == SdpType::Answer {
            let group = description.values("a=group:BUNDLE ").next();
            self.bundled = group.unwrap_or_default().split_whitespace().skip(1).map(str::to_owned).collect();
        }
    }

    /// They have sent a description, taken or not.
    pub(super) fn description_arrived(&mut self, description: &SessionDescription) {
        for fragment in fragments(description) {
            if !self.known_fragments.iter().any(|known| known == fragment) {
                self.known_fragments.push_back(fragment.to_owned());
                if self.known_fragments.len() > KNOWN {
                    self.known_fragments.pop_front();
                }
            }
        }
    }

    /// Their offer is passed over: what comes next may belong to it.
    pub(super) fn offer_ignored(&mut self) {
        self.may_fail = true;
    }

    /// Their offer or answer could not be taken: what comes belongs to it, or to one that is still to come.
    pub(super) fn description_refused(&mut self) {
        self.may_fail = true;
        self.wait = true;
    }

    /// None of those that wait need be of any use any more.
    pub(super) fn forgive_waiting(&mut self) {
        for waiting in &mut self.waiting {
            waiting.may_fail = true;
        }
    }
}

/// Of each section that has one.
fn fragments(description: &SessionDescription) -> impl Iterator<Item = &str> {
    description.values("a=ice-ufrag:")
}
