//! The order of ICE candidates: each is sent and added after its description.

use std::collections::VecDeque;

use crate::sdp::{IceCandidate, SdpType, SessionDescription};

/// Local candidates that cannot be sent yet, and remote candidates that cannot be added yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Candidates {
    /// Local candidates whose description was not sent yet.
    unsent: Vec<IceCandidate>,
    /// Remote candidates that were not added yet.
    waiting: VecDeque<Waiting>,
    /// True if remote candidates belong to a description that has not been set.
    awaits_description: bool,
    /// True if the latest remote offer was ignored or has failed, so that candidates may belong to it.
    may_fail: bool,
    /// True if the candidate that is being added may fail.
    last_may_fail: bool,
    /// Generation of the latest local candidate, for an end of candidates without one.
    local_fragment: Option<String>,
    /// Generations of the latest remote description.
    remote_fragments: Vec<String>,
    /// Generations of all remote descriptions, set or not, the latest last.
    known_fragments: VecDeque<String>,
    /// Sections that share the transport of another one, by the latest answer.
    bundled: Vec<String>,
}

/// Maximum number of remote candidates that wait for their description.
const MAX_WAITING: usize = 1_024;

/// Maximum number of remembered remote generations.
const MAX_FRAGMENTS: usize = 32;

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
            awaits_description: true,
            may_fail: false,
            last_may_fail: false,
            local_fragment: None,
            remote_fragments: Vec::new(),
            known_fragments: VecDeque::new(),
            bundled: Vec::new(),
        }
    }

    /// Handles a local candidate. Returns it for sending, unless a local description is being set.
    pub(super) fn gathered(&mut self, mut candidate: IceCandidate, sets_description: bool) -> Option<IceCandidate> {
        // Some browsers omit the generation of the end of candidates.
        match &candidate.username_fragment {
            Some(fragment) => self.local_fragment = Some(fragment.clone()),
            None => candidate.username_fragment.clone_from(&self.local_fragment),
        }
        if sets_description {
            self.unsent.push(candidate);
            return None;
        }
        Some(candidate)
    }

    /// Handles a local description. Returns the candidates to send before it, which belong to the generation before a
    /// restart, and its own candidates.
    pub(super) fn local_description_set(
        &mut self,
        description: &SessionDescription,
    ) -> (Vec<IceCandidate>, Vec<IceCandidate>) {
        self.read_bundle(description);
        self.unsent.drain(..).partition(|candidate| {
            let fragment = candidate.username_fragment.as_deref();
            fragment.is_some_and(|fragment| fragments(description).all(|described| described != fragment))
        })
    }

    /// Returns the candidates that waited for a local description that failed.
    pub(super) fn take_unsent(&mut self) -> Vec<IceCandidate> {
        std::mem::take(&mut self.unsent)
    }

    /// Handles a remote candidate. Candidates above the limit are ignored.
    pub(super) fn received(&mut self, candidate: IceCandidate) {
        if self.waiting.len() >= MAX_WAITING {
            return;
        }
        self.waiting.push_back(Waiting { candidate, may_fail: self.may_fail });
    }

    /// Returns the next remote candidate that can be added.
    pub(super) fn next(&mut self) -> Option<IceCandidate> {
        if self.awaits_description {
            return None;
        }
        loop {
            let Waiting { mut candidate, may_fail } = self.waiting.pop_front()?;
            if !self.is_of_another_generation(&candidate) && !self.is_bundled(&candidate) {
                if candidate.is_end_of_candidates() {
                    // Firefox rejects an end of candidates with a generation and without a media section.
                    candidate.username_fragment = None;
                }
                self.last_may_fail = may_fail;
                return Some(candidate);
            }
        }
    }

    /// Returns whether a candidate belongs to another generation, such as that before a restart or of an ignored offer.
    /// An end of candidates of another generation would end the current one.
    fn is_of_another_generation(&self, candidate: &IceCandidate) -> bool {
        let Some(fragment) = &candidate.username_fragment else { return false };
        let is_known = candidate.is_end_of_candidates() || self.known_fragments.contains(fragment);
        is_known && !self.remote_fragments.contains(fragment)
    }

    /// Returns whether a candidate belongs to an unused transport. An offering Firefox gathers candidates for each
    /// section at a restart, and an answering Firefox adds them to the shared transport. They would pass its
    /// connectivity checks, but receive nothing else.
    fn is_bundled(&self, candidate: &IceCandidate) -> bool {
        candidate.sdp_mid.as_ref().is_some_and(|mid| self.bundled.contains(mid))
    }

    /// Returns whether the candidate that was returned last may fail.
    pub(super) fn failure_is_expected(&self) -> bool {
        self.last_may_fail
    }

    /// Handles a remote description that was set.
    pub(super) fn remote_description_set(&mut self, description: &SessionDescription) {
        self.may_fail = false;
        self.awaits_description = false;
        self.remote_fragments = fragments(description).map(str::to_owned).collect();
        self.read_bundle(description);
    }

    fn read_bundle(&mut self, description: &SessionDescription) {
        if description.kind == SdpType::Answer {
            let group = description.values("a=group:BUNDLE ").next();
            self.bundled = group.unwrap_or_default().split_whitespace().skip(1).map(str::to_owned).collect();
        }
    }

    /// Handles a received remote description, whether or not it will be set.
    pub(super) fn remote_description_received(&mut self, description: &SessionDescription) {
        for fragment in fragments(description) {
            if !self.known_fragments.iter().any(|known| known == fragment) {
                self.known_fragments.push_back(fragment.to_owned());
                if self.known_fragments.len() > MAX_FRAGMENTS {
                    self.known_fragments.pop_front();
                }
            }
        }
    }

    /// Records that a remote offer is ignored. The next candidates may belong to it.
    pub(super) fn remote_offer_ignored(&mut self) {
        self.may_fail = true;
    }

    /// Records that a remote description has failed. The next candidates belong to it, or to a later one.
    pub(super) fn remote_description_refused(&mut self) {
        self.may_fail = true;
        self.awaits_description = true;
    }

    /// Marks all waiting candidates as ones that may fail.
    pub(super) fn expect_failures(&mut self) {
        for waiting in &mut self.waiting {
            waiting.may_fail = true;
        }
    }
}

/// Returns the user name fragments of all sections.
fn fragments(description: &SessionDescription) -> impl Iterator<Item = &str> {
    description.values("a=ice-ufrag:")
}
