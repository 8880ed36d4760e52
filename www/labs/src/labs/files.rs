//! A file over a data channel: progress, a lost connection, and the rest over another one.

use std::{fmt::Display, pin::pin};

use browser_rtc::{
    Error, EventStream, Result,
    channel::ChannelInit,
    files::{Files, Incoming},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
};
use futures::{StreamExt, future::select};
use js_sys::{Array, Date, Uint8Array};
use web_sys::{Blob, HtmlProgressElement};

/// Sends a file, or 64 MB if there is none. Each item of `disconnect` closes the connection in the middle, and the
/// transfer resumes on another one.
pub async fn run(
    file: Option<Blob>,
    mut disconnect: EventStream<()>,
    progress: &HtmlProgressElement,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let file = file.or_else(generated).ok_or_else(|| Error::other("Blob", "there is no file"))?;
    let (started, mut connections) = (Date::now(), 1);
    let mut connection = Connection::new()?;
    let mut outgoing = connection.sender.offer(&file).await?;
    let Some(offer) = connection.receiver.next_offer().await else { return Ok(()) };
    show("File", &format_args!("{}, {} bytes", offer.name(), offer.size()));
    let mut incoming = offer.accept_to_blob()?;

    let received = loop {
        show("Connections", &connections);
        let session = &connection.session;
        let close = async {
            while disconnect.next().await.is_some() {
                session.close();
            }
        };
        select(pin!(follow(&incoming, progress, &show)), pin!(close)).await;
        match incoming.finished().await {
            Err(error) if error.is_closed() => {}
            finished => break finished?,
        }
        // The blocks that have arrived are kept, and only the others are sent.
        let Some(partial) = incoming.into_partial().await else { return Ok(()) };
        show("Kept after the loss", &format_args!("{} bytes", partial.progress().bytes));
        connection = Connection::new()?;
        connections += 1;
        outgoing = connection.sender.offer_again(&outgoing).await?;
        let Some(offer) = connection.receiver.next_offer().await else { return Ok(()) };
        incoming = offer.resume(&partial)?;
    };
    outgoing.finished().await?;
    show("Received", &format_args!("{} bytes, verified by their hashes", received.size()));
    show("Rate", &format_args!("{:.1} MB/s", received.size() / (Date::now() - started) / 1000.0));
    Ok(())
}

/// Shows the progress of a transfer until it is over.
async fn follow(incoming: &Incoming<Blob>, bar: &HtmlProgressElement, show: impl Fn(&str, &dyn Display)) {
    let mut progress = incoming.progress();
    while let Some(now) = progress.next().await {
        bar.set_value(now.fraction());
        show("Progress", &format_args!("{} of {} bytes", now.bytes, now.total));
    }
}

/// Two sessions of this page, with both ends of a channel for files.
struct Connection {
    session: Session,
    _peer: Session,
    sender: Files,
    receiver: Files,
}

impl Connection {
    fn new() -> Result<Self> {
        let (link, other_link) = MemoryLink::pair();
        let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
        let peer = Session::new(&Configuration::new(), Politeness::Polite, other_link)?;
        let init = ChannelInit::new().negotiated(1);
        let sender = Files::new(session.connection().create_data_channel("files", &init)?);
        let receiver = Files::new(peer.connection().create_data_channel("files", &init)?);
        Ok(Self { session, _peer: peer, sender, receiver })
    }
}

/// Returns 64 blocks of a million bytes, all different.
fn generated() -> Option<Blob> {
    let block = |number: u8| Uint8Array::new_with_length(1_000_000).fill(number, 0, 1_000_000);
    let blocks: Array = (0..64).map(block).collect();
    Blob::new_with_u8_array_sequence(&blocks).ok()
}
