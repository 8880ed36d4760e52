//! The candidates of both sides, which are sent and added with the description that they belong to.

use std::collections::VecDeque;

use crate::sdp::{IceCandidate, SdpType, SessionDescription};

/// Local candidates until they can be sent, and remote ones until they can be added.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Candidates {
    /// Local candidates whose description is not sent yet.
    unsent: Vec<IceCandidate>,
    /// Remote candidates that are not added yet.
    waiting: VecDeque<Waiting>,
    /// True if remote candidates belong to a description that has not been set.
    awaits_description: bool,
    /// True if the latest remote offer was ignored or has failed, so that candidates may belong to it.
    may_fail: bool,
    /// True if the candidate that is being added may fail.
    last_may_fail: bool,
    /// Generation of the latest local candidate, and generations of the latest remote description. The end of candidates
    /// belongs to one as well.
    local_fragment: Option<String>,
    remote_fragments: Vec<String>,
    /// Generations of all remote descriptions, set or not, the latest last.
    known_fragments: VecDeque<String>,
    /// Sections that share the transport of another one, by the latest answer.
    bundled: Vec<String>,
}

/// Maximum number of the peer's candidates that wait for their description.
const MAX_WAITING: usize = 1_024;

/// Maximum number of remote generations that are recognized.
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

    /// Takes a local candidate. Returns it to be sent, unless a local description is being set.
    pub(super) fn gathered(&mut self, mut candidate: IceCandidate, sets_description: bool) -> Option<IceCandidate> {
        // Some browsers leave out the generation of the end of candidates.
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

    /// Takes a local description. Returns the candidates that waited for it: those of the generation before a restart,
    /// which are to be sent first, and its own.
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

    /// Takes the candidates that waited for a local description that failed.
    pub(super) fn take_unsent(&mut self) -> Vec<IceCandidate> {
        std::mem::take(&mut self.unsent)
    }

    /// Takes a remote candidate. Candidates that exceed the limit are ignored.
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
                    // Firefox does not accept its generation if it names no section.
                    candidate.username_fragment = None;
                }
                self.last_may_fail = may_fail;
                return Some(candidate);
            }
        }
    }

    /// Returns whether a candidate belongs to another generation, such as that before a restart or of an ignored offer. The
    /// end of candidates would otherwise end the current ones.
    fn is_of_another_generation(&self, candidate: &IceCandidate) -> bool {
        let Some(fragment) = &candidate.username_fragment else { return false };
        let is_known = candidate.is_end_of_candidates() || self.known_fragments.contains(fragment);
        is_known && !self.remote_fragments.contains(fragment)
    }

    /// Returns whether a candidate belongs to a transport that is not used. A Firefox that offers a restart gathers
    /// candidates for each section, and one that answers adds them to the shared transport: they answer its checks, and
    /// receive nothing else.
    fn is_bundled(&self, candidate: &IceCandidate) -> bool {
        candidate.sdp_mid.as_ref().is_some_and(|mid| self.bundled.contains(mid))
    }

    /// Returns whether the candidate that was returned last may fail.
    pub(super) fn failure_is_expected(&self) -> bool {
        self.last_may_fail
    }

    /// Takes a remote description that was set.
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

    /// Takes a remote description that was received, whether or not it will be set.
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

    /// Notes that a remote offer is ignored: the next candidates may belong to it.
    pub(super) fn remote_offer_ignored(&mut self) {
        self.may_fail = true;
    }

    /// Notes that a remote description has failed: the next candidates belong to it, or to a later one.
    pub(super) fn remote_description_refused(&mut self) {
        self.may_fail = true;
        self.awaits_description = true;
    }

    /// Lets all waiting candidates fail.
    pub(super) fn expect_failures(&mut self) {
        for waiting in &mut self.waiting {
            waiting.may_fail = true;
        }
    }
}

/// Returns the user name fragments of the sections.
fn fragments(description: &SessionDescription) -> impl Iterator<Item = &str> {
    description.values("a=ice-ufrag:")
}
