//! Offers, answers and candidates between two peers, whichever of them changes something, and also where both do at
//! once. [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)

mod driver;
#[cfg(test)]
mod model;
mod negotiator;
#[cfg(test)]
mod search;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    driver::negotiate,
    negotiator::{Action, Input, Negotiator, Operation, Politeness},
};
use crate::peer::{IceCandidate, SessionDescription};

/// What the two sides of a connection tell each other, in order and over whatever the user has.
///
/// In JSON: `{"kind":"description","type":"offer","sdp":"…"}` or `{"kind":"candidate","candidate":"…","sdpMid":"0"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Signal {
    /// An offer or an answer.
    Description(SessionDescription),
    /// A candidate.
    Candidate(IceCandidate),
}

impl From<SessionDescription> for Signal {
    fn from(description: SessionDescription) -> Self {
        Self::Description(description)
    }
}

impl From<IceCandidate> for Signal {
    fn from(candidate: IceCandidate) -> Self {
        Self::Candidate(candidate)
    }
}
