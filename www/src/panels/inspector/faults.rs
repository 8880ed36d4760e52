//! Buttons that disturb the connection, to see how the library recovers.

use browser_rtc::{Result, peer::PeerConnection};
use futures::{FutureExt, StreamExt, select_biased};
use web_sys::{Event, HtmlButtonElement};

use super::timeline::Timeline;
use crate::{
    dom::{self, Dom, MissingElement},
    texts::inspector as texts,
};

pub struct Faults {
    drop_socket: HtmlButtonElement,
    restart_ice: HtmlButtonElement,
    stop_sending: HtmlButtonElement,
}

impl Faults {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            drop_socket: dom.get("drop-socket")?,
            restart_ice: dom.get("restart-ice")?,
            stop_sending: dom.get("stop-sending")?,
        })
    }
}

/// Performs the faults that the user asks for, until the connection closes.
pub async fn run(faults: &Faults, timeline: &Timeline, connection: &PeerConnection) {
    let mut drops = dom::clicks(&faults.drop_socket).fuse();
    let mut restarts = dom::clicks(&faults.restart_ice).fuse();
    let mut stops = dom::clicks(&faults.stop_sending).fuse();
    let mut closed = Box::pin(connection.connection_states().for_each(|_| async {}).fuse());
    let mut sends = true;
    loop {
        dom::set_attribute(&faults.stop_sending, "aria-pressed", if sends { "false" } else { "true" });
        select_biased! {
            () = closed => return,
            () = drops.select_next_some() => drop_socket(timeline),
            () = restarts.select_next_some() => note(timeline, texts::RESTART, &connection.restart_ice()),
            () = stops.select_next_some() => {
                sends = !sends;
                let text = if sends { texts::SENDING } else { texts::NOT_SENDING };
                note(timeline, text, &send(connection, sends).await);
            }
        }
    }
}

/// Closes the signaling socket as if the network had failed: `start.js` closes it with the code that keeps the seat.
fn drop_socket(timeline: &Timeline) {
    if let Ok(event) = Event::new("drop-socket") {
        let _not_cancelled = timeline.document.dispatch_event(&event);
    }
}

/// Pauses or resumes all encodings. The tracks stay, and nothing is negotiated.
async fn send(connection: &PeerConnection, active: bool) -> Result<()> {
    for sender in connection.senders() {
        let mut parameters = sender.parameters()?;
        for encoding in &mut parameters.encodings {
            encoding.active = active;
        }
        sender.set_parameters(&parameters).await?;
    }
    Ok(())
}

fn note(timeline: &Timeline, text: &str, outcome: &Result<()>) {
    match outcome {
        Ok(()) => timeline.add(texts::YOU, text),
        Err(error) => timeline.add(texts::YOU, &format!("{text}: {}", error.message())),
    }
}
