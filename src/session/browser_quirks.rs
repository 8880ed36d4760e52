//! Where a browser departs from the specifications in what a session rests on.

use crate::peer::{SdpType, SessionDescription};

const ACTIVE: &str = "a=setup:active";
const PASSIVE: &str = "a=setup:passive";

/// As the first agreement has it, and whoever offers: our part in DTLS stays for as long as the connection does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup(&'static str);

impl Setup {
    pub(super) fn agreed(ours: &SessionDescription, theirs: &SessionDescription) -> Self {
        let is_ours = ours.kind == SdpType::Answer;
        let answer = if is_ours { ours } else { theirs };
        Self(if answer.sdp.contains(ACTIVE) == is_ours { ACTIVE } else { PASSIVE })
    }

    /// Firefox wants to be the client whenever it answers a restart of ICE, also as the server, and stays what it is
    /// all the same. A Chromium takes it at its word, fails, and cannot even roll its offer back.
    pub(super) fn keep(self, description: &mut SessionDescription) {
        if description.kind == SdpType::Answer && is_of_firefox(description) {
            let other = if self.0 == ACTIVE { PASSIVE } else { ACTIVE };
            description.sdp = description.sdp.replace(other, self.0);
        }
    }
}

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
    fn a_firefox_stays_the_server_or_the_client_that_it_is() {
        let server = Setup::agreed(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "active"));
        let client = Setup::agreed(&firefox(SdpType::Answer, "active"), &chromium(SdpType::Offer, "actpass"));
        let other_client = Setup::agreed(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "passive"));
        for (setup, expected) in [(server, "passive"), (client, "active"), (other_client, "active")] {
            for said in ["active", "passive"] {
                let mut answer = firefox(SdpType::Answer, said);
                setup.keep(&mut answer);
                assert_eq!(answer, firefox(SdpType::Answer, expected), "{setup:?}");
            }
        }
    }

    #[test]
    fn offers_and_other_browsers_say_what_they_say() {
        let server = Setup::agreed(&firefox(SdpType::Offer, "actpass"), &chromium(SdpType::Answer, "active"));
        for said in [firefox(SdpType::Offer, "actpass"), chromium(SdpType::Answer, "active")] {
            let mut sent = said.clone();
            server.keep(&mut sent);
            assert_eq!(sent, said);
        }
    }
}
