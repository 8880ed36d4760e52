//! Detection of offers that are repeated without a change.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::sdp::{SdpType, SessionDescription};

/// Maximum number of timeouts before an unchanged offer is repeated.
const MAX_PAUSE: u8 = 8;

/// The number of equal offers in a row. Some browsers request the same offer repeatedly, for example for a
/// transceiver that was stopped before its first offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Repetition {
    /// Hash of the latest local offer.
    last_offer: Option<u64>,
    count: u8,
    /// Hash of the sections that send, according to the latest local description. If an answer has changed them in
    /// between, the same offer is not a repetition.
    last_sending: u64,
}

impl Repetition {
    /// Handles a local description.
    pub(super) fn local_description_set(&mut self, description: &SessionDescription) {
        let sending = sending(description);
        if description.kind == SdpType::Offer {
            let offer = Some(hash(description));
            self.count = if self.last_offer == offer { self.count.saturating_add(1) } else { 0 };
            self.last_offer = offer;
        } else if self.last_sending != sending {
            (self.last_offer, self.count) = (None, 0);
        }
        self.last_sending = sending;
    }

    /// Returns the number of timeouts until the next offer.
    pub(super) fn pause(&self) -> u8 {
        if self.count < 2 { 0 } else { self.count.min(MAX_PAUSE) }
    }
}

/// Hashes the directions of the sections of a description, by whether they send.
fn sending(description: &SessionDescription) -> u64 {
    let mut hasher = DefaultHasher::new();
    for line in description.sdp.lines() {
        match line {
            "a=sendrecv" | "a=sendonly" => true.hash(&mut hasher),
            "a=recvonly" | "a=inactive" => false.hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}

/// Hashes all lines except the one with the version.
fn hash(description: &SessionDescription) -> u64 {
    let mut hasher = DefaultHasher::new();
    for line in description.sdp.lines().filter(|line| !line.starts_with("o=")) {
        line.hash(&mut hasher);
    }
    hasher.finish()
}
