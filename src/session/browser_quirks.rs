//! Quirks of browsers that concern a session.

use crate::peer::{SdpType, SessionDescription};

const ACTIVE: &str = "a=setup:active";
const PASSIVE: &str = "a=setup:passive";

/// The local role in DTLS. The first answer decides it, and it stays for as long as the connection, also if the other
/// peer offers later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup(&'static str);

impl Setup {
    pub(super) fn new(ours: &SessionDescription, theirs: &SessionDescription) -> Self {
        let is_ours = ours.kind == SdpType::Answer;
        let answer = if is_ours { ours } else { theirs };
        Self(if answer.sdp.contains(ACTIVE) == is_ours { ACTIVE } else { PASSIVE })
    }

    /// Corrects an answer of Firefox, which states that it is the client when it answers an ICE restart, even if it is
    /// the server, and keeps its role nevertheless. A Chromium believes the answer, fails, and cannot even roll back its
    /// offer.
    pub(super) fn keep(self, description: &mut SessionDescription) {
        if description.kind == SdpType::Answer && is_of_firefox(description) {
            let other = if self.0 == ACTIVE { PASSIVE } else { ACTIVE };
            description.sdp = description.sdp.replace(other, self.0);
        }
    }
}

/// Returns whether Firefox created the description.
pub(super) fn is_of_firefox(description: &SessionDescription) -> bool {
    description.values("o=mozilla").next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(kind: SdpType, browser: &str, setup: &str) -> SessionDescription {
        SessionDescription { kind, sdp: format!("v=0\r\no={browser} 4 0 IN IP4 0.0.0.0\r\na=setup:{setup}\r\n") }
    }

    fn firefox(kind: SdpType, setup: &str) -> SessionDescription {
        description(kind, "mozilla...THIS_IS_SDPARTA-99.0", setup)
    }

    fn chromium(kind: SdpType, setup: &str) -> SessionDescription {
        description(kind, "-", setup)
    }

    #[test]
    fn answers_of_firefox_keep_its_role() {
        let server = Setup::new(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "active"));
        let client = Setup::new(&firefox(SdpType::Answer, "active"), &chromium(SdpType::Offer, "actpass"));
        let other_client = Setup::new(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "passive"));
        for (setup, expected) in [(server, "passive"), (client, "active"), (other_client, "active")] {
            for said in ["active", "passive"] {
                let mut answer = firefox(SdpType::Answer, said);
                setup.keep(&mut answer);
                assert_eq!(answer, firefox(SdpType::Answer, expected), "{setup:?}");
            }
        }
    }

    #[test]
    fn offers_and_other_browsers_are_unchanged() {
        let server = Setup::new(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "active"));
        for said in [firefox(SdpType::Offer, "actpass"), chromium(SdpType::Answer, "active")] {
            let mut sent = said.clone();
            server.keep(&mut sent);
            assert_eq!(sent, said);
        }
    }
}
