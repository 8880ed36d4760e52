//! Many connections in one page, each of which carries a message, and all of which are closed at the end.

use std::{cell::Cell, fmt::Display};

use browser_rtc::{
    Result,
    channel::{ChannelInit, Message},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
};
use futures::{StreamExt, TryStreamExt, stream};
use js_sys::Date;

/// The number of pairs that connect at the same time.
const AT_ONCE: usize = 8;

/// Opens this many connections, two for each pair, keeps all of them open, and closes them.
pub async fn run(connections: u32, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (started, open) = (Date::now(), Cell::new(0));
    let pairs: Vec<_> = stream::iter(0..connections / 2)
        .map(connect)
        .buffer_unordered(AT_ONCE)
        .inspect_ok(|_pair| {
            open.set(open.get() + 2);
            show("Open connections", &open.get());
        })
        .try_collect()
        .await?;
    let opened = Date::now();
    show("Messages received", &pairs.len());
    show("Time to open", &format_args!("{:.0} ms", opened - started));
    show("Time for each", &format_args!("{:.1} ms", (opened - started) / f64::from(connections.max(1))));

    // The last handle closes a connection.
    drop(pairs);
    show("Open connections", &0);
    show("Time to close", &format_args!("{:.0} ms", Date::now() - opened));
    Ok(())
}

/// Connects two sessions, and sends a message from one to the other.
async fn connect(number: u32) -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    let peer = Session::new(&Configuration::new(), Politeness::Polite, other_link)?;
    let negotiated = ChannelInit::new().negotiated(1);
    let sender = session.connection().create_data_channel("", &negotiated)?;
    let mut receiver = peer.connection().create_data_channel("", &negotiated)?;

    let text = number.to_string();
    sender.send(&*text).await?;
    match receiver.next().await.transpose()? {
        Some(Message::Text(received)) if received == text => Ok((session, peer)),
        other => Err(browser_rtc::Error::other("receive", format!("expected {text}, received {other:?}"))),
    }
}
