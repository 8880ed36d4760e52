//! Browser quirks that a session corrects.

use crate::peer::{SdpType, SessionDescription};

const ACTIVE: &str = "a=setup:active";
const PASSIVE: &str = "a=setup:passive";

/// The local DTLS role. The first answer decides it for the lifetime of the connection, independent of later offerers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup(&'static str);

impl Setup {
    pub(super) fn new(local: &SessionDescription, remote: &SessionDescription) -> Self {
        let is_answerer = local.kind == SdpType::Answer;
        let answer = if is_answerer { local } else { remote };
        Self(if answer.values(ACTIVE).next().is_some() == is_answerer { ACTIVE } else { PASSIVE })
    }

    /// Corrects the role in an answer of Firefox.
    ///
    /// In its answer to an ICE restart, Firefox always declares itself the DTLS client, although it keeps its actual
    /// role. Chromium then changes its own role, fails, and cannot roll back its offer.
    pub(super) fn correct(self, description: &mut SessionDescription) {
        if description.kind == SdpType::Answer && is_firefox(description) {
            let other = if self.0 == ACTIVE { PASSIVE } else { ACTIVE };
            // `str::replace` has 2 kB of code.
            let lines = description.sdp.split_inclusive('\n');
            let corrected = lines.flat_map(|line| line.strip_prefix(other).map_or(["", line], |rest| [self.0, rest]));
            description.sdp = corrected.collect();
        }
    }
}

/// Returns whether Firefox created the description.
pub(super) fn is_firefox(description: &SessionDescription) -> bool {
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
    fn firefox_answers_keep_dtls_role() {
        let server = Setup::new(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "active"));
        let answering_client = Setup::new(&firefox(SdpType::Answer, "active"), &chromium(SdpType::Offer, "actpass"));
        let offering_client = Setup::new(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "passive"));
        for (setup, expected) in [(server, "passive"), (answering_client, "active"), (offering_client, "active")] {
            for stated in ["active", "passive"] {
                let mut answer = firefox(SdpType::Answer, stated);
                setup.correct(&mut answer);
                assert_eq!(answer, firefox(SdpType::Answer, expected), "{setup:?}");
            }
        }
    }

    #[test]
    fn offers_and_chromium_answers_are_unchanged() {
        let server = Setup::new(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "active"));
        for original in [firefox(SdpType::Offer, "actpass"), chromium(SdpType::Answer, "active")] {
            let mut description = original.clone();
            server.correct(&mut description);
            assert_eq!(description, original);
        }
    }
}
