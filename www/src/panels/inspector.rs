//! The four states of the connection, as the page shows them.

use browser_rtc::{EventStream, peer::PeerConnection};
use futures::{StreamExt, join};
use web_sys::Element;

use crate::dom::{Dom, MissingElement};

pub struct States {
    connection: Element,
    ice_connection: Element,
    ice_gathering: Element,
    signaling: Element,
}

impl States {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let find = |name: &str| dom.select(&format!("#states [data-state=\"{name}\"]"));
        Ok(Self {
            connection: find("connection")?,
            ice_connection: find("ice-connection")?,
            ice_gathering: find("ice-gathering")?,
            signaling: find("signaling")?,
        })
    }
}

/// Shows the states until the connection closes.
pub async fn run(states: &States, connection: &PeerConnection) {
    join!(
        follow(&states.connection, connection.connection_states()),
        follow(&states.ice_connection, connection.ice_connection_states()),
        follow(&states.ice_gathering, connection.ice_gathering_states()),
        follow(&states.signaling, connection.signaling_states()),
    );
}

async fn follow<S: ToString>(element: &Element, mut states: EventStream<S>) {
    while let Some(state) = states.next().await {
        element.set_text_content(Some(&state.to_string()));
    }
}
