//! The failures of a negotiation that have been reported.

/// Number of failures after which an offer is not repeated until it changes.
const MAX_FAILURES: u8 = 6;

/// The failures that were reported, so that each is reported once. Offers are compared by their
/// [shape](crate::sdp::SessionDescription::shape), as each attempt has other credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Failures {
    /// Shapes of the latest offers.
    pub(super) local_offer: u64,
    pub(super) remote_offer: u64,
    /// Shape of the local offer that failed, and how often.
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

    /// Notes that the pending remote offer could not be applied or answered. Returns whether that is new.
    pub(super) fn remote_offer_failed(&mut self) -> bool {
        self.remote.replace(self.remote_offer) != Some(self.remote_offer)
    }

    /// Returns whether an offer has failed too often to be repeated, or any offer if none is given.
    pub(super) fn has_given_up(&self, offer: Option<u64>) -> bool {
        self.local.is_some_and(|(shape, count)| count >= MAX_FAILURES && offer.is_none_or(|offer| offer == shape))
    }
}
