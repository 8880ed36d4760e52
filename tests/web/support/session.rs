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

/// The first is polite.
pub fn sessions() -> (Session, Session) {
    let (a_link, b_link) = MemoryLink::pair();
    (session(Politeness::Polite, a_link), session(Politeness::Impolite, b_link))
}

/// Of its candidates.
pub fn fragment(pc: &PeerConnection) -> String {
    let sdp = pc.local_description().unwrap().sdp;
    sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).unwrap().to_owned()
}

/// A channel of each side's making, and a message over each.
pub async fn talk(a: &Session, b: &Session) {
    join(say(a, b, "from a"), say(b, a, "from b")).await;
}

/// A channel of one side's making, and a message over it.
pub async fn say(from: &Session, to: &Session, text: &str) {
    let mut arriving = to.connection().data_channels();
    let channel = from.connection().create_data_channel(text, &ChannelInit::new()).unwrap();
    let mut other_end = loop {
        let arrived = arriving.next().await.unwrap();
        if arrived.label() == text {
            break arrived;
        }
    };
    channel.opened().await.unwrap();
    channel.send(text).await.unwrap();
    assert_eq!(other_end.next().await.unwrap().unwrap().as_text(), Some(text));
}

/// Waits until both have this many transceivers, all of them agreed.
pub async fn agreed(sessions: [&Session; 2], count: usize) {
    let agree = async {
        loop {
            let agreed = |session: &&Session| {
                let transceivers = session.connection().transceivers();
                transceivers.len() == count && transceivers.iter().all(|one| one.current_direction().is_some())
            };
            if sessions.iter().all(agreed) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    agree.in_time("an agreement").await;
}

/// To compare: what happened, or which operation failed.
pub fn told(event: &SessionEvent) -> String {
    match event {
        SessionEvent::Failed(error) => format!("{} failed", error.operation()),
        event => format!("{event:?}"),
    }
}
