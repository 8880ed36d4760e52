//! The failures of a negotiation that have been reported.

/// Number of failures after which an offer is not made again until it changes.
const MAX_FAILURES: u8 = 6;

/// What has failed and been reported, so that it is reported once. Offers are told apart by their
/// [shape](crate::sdp::SessionDescription::shape), as each attempt has credentials of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Failures {
    /// The shapes of the latest offers.
    pub(super) our_offer: u64,
    pub(super) their_offer: u64,
    /// Our offer that did not become an agreement, and how often.
    pub(super) ours: Option<(u64, u8)>,
    /// The peer's offer that could not be applied or answered.
    pub(super) theirs: Option<u64>,
    /// Our offer that does not fit into the limit.
    pub(super) too_large: Option<u64>,
    /// An offer could not even be made.
    pub(super) making: bool,
    /// A candidate of ours does not fit into the limit.
    pub(super) candidate: bool,
}

impl Failures {
    /// Our pending offer did not become an agreement: returns whether this is news.
    pub(super) fn ours_failed(&mut self) -> bool {
        let (is_known, count) = match self.ours {
            Some((shape, count)) if shape == self.our_offer => (true, count),
            _ => (false, 0),
        };
        self.ours = Some((self.our_offer, count.saturating_add(1)));
        !is_known
    }

    /// The peer's pending offer could not be applied or answered: returns whether this is news.
    pub(super) fn theirs_failed(&mut self) -> bool {
        self.theirs.replace(self.their_offer) != Some(self.their_offer)
    }

    /// Returns whether an offer has failed too often to be made again, or any has where none is given.
    pub(super) fn has_given_up(&self, offer: Option<u64>) -> bool {
        self.ours.is_some_and(|(shape, count)| count >= MAX_FAILURES && offer.is_none_or(|offer| offer == shape))
    }
}
