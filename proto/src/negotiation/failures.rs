//! A memory of the failures of a negotiation.

/// Number of failures after which an offer is not repeated until it changes.
const MAX_FAILURES: u8 = 6;

/// The reported failures, so that each is reported once. Offers are compared by their
/// [shape](crate::sdp::SessionDescription::shape), because each attempt has different credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Failures {
    /// Shapes of the latest local and remote offer.
    pub(super) local_offer: u64,
    pub(super) remote_offer: u64,
    /// Shape of the failed local offer, and the number of its failures.
    pub(super) local: Option<(u64, u8)>,
    /// Shape of the remote offer that could not be applied or answered.
    pub(super) remote: Option<u64>,
    /// Shape of the local offer that exceeds the limit.
    pub(super) too_large: Option<u64>,
    /// True if creating an offer has failed.
    pub(super) creating: bool,
    /// True if a local candidate exceeded the limit.
    pub(super) candidate: bool,
}

impl Failures {
    /// Counts a failure of the pending local offer. Returns whether it is new.
    pub(super) fn local_offer_failed(&mut self) -> bool {
        let (is_known, count) = match self.local {
            Some((shape, count)) if shape == self.local_offer => (true, count),
            _ => (false, 0),
        };
        self.local = Some((self.local_offer, count.saturating_add(1)));
        !is_known
    }

    /// Records that the pending remote offer could not be applied or answered. Returns whether that is new.
    pub(super) fn remote_offer_failed(&mut self) -> bool {
        self.remote.replace(self.remote_offer) != Some(self.remote_offer)
    }

    /// Returns whether an offer, or any offer if none is given, has failed too often to be repeated.
    pub(super) fn has_given_up(&self, offer: Option<u64>) -> bool {
        self.local.is_some_and(|(shape, count)| count >= MAX_FAILURES && offer.is_none_or(|offer| offer == shape))
    }
}
