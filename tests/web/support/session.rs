//! Two sessions in one page.

use std::time::Duration;

use browser_rtc::{
    Error,
    channel::ChannelInit,
    negotiation::{Politeness, Signal},
    peer::{Configuration, PeerConnection},
    session::{MemoryLink, Session, SessionEvent, SessionOptions},
};
use futures::{Sink, Stream, StreamExt, future::join};

use super::{Within, sleep};

pub fn session<L>(options: impl Into<SessionOptions>, link: L) -> Session
where
    L: Stream<Item = Signal> + Sink<Signal> + 'static,
    L::Error: Into<Error>,
{
    Session::new(&Configuration::new(), options, link).unwrap()
}

/// Returns two linked sessions, of which the first is polite.
pub fn sessions() -> (Session, Session) {
    let (a_link, b_link) = MemoryLink::pair();
    (session(Politeness::Polite, a_link), session(Politeness::Impolite, b_link))
}

/// Returns the line with the ICE user name fragment of the local description.
pub fn ice_ufrag(pc: &PeerConnection) -> String {
    let sdp = pc.local_description().unwrap().sdp;
    sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).unwrap().to_owned()
}

/// Sends a message in each direction, each over a new channel that its sender creates.
pub async fn exchange_messages(a: &Session, b: &Session) {
    join(exchange_message(a, b, "from a"), exchange_message(b, a, "from b")).await;
}

/// Sends a message over a new channel, and waits until it is received.
pub async fn exchange_message(from: &Session, to: &Session, text: &str) {
    let mut channels = to.connection().data_channels();
    let channel = from.connection().create_data_channel(text, &ChannelInit::new()).unwrap();
    let mut other_end = loop {
        let incoming = channels.next().await.unwrap();
        if incoming.label() == text {
            break incoming;
        }
    };
    channel.opened().await.unwrap();
    channel.send(text).await.unwrap();
    assert_eq!(other_end.next().await.unwrap().unwrap().as_text(), Some(text));
}

/// Waits until both sessions have `count` transceivers with a negotiated direction.
pub async fn wait_until_negotiated(sessions: [&Session; 2], count: usize) {
    let negotiated = |session: &&Session| {
        let transceivers = session.connection().transceivers();
        transceivers.len() == count && transceivers.iter().all(|one| one.current_direction().is_some())
    };
    let all_negotiated = async {
        while !sessions.iter().all(negotiated) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    all_negotiated.within_minutes("the end of the negotiation").await;
}

/// Formats an event for a comparison. Of an error, only the operation is included.
pub fn describe_event(event: &SessionEvent) -> String {
    match event {
        SessionEvent::Failed(error) => format!("{} failed", error.operation()),
        event => format!("{event:?}"),
    }
}
