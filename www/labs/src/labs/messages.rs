//! Messages of each kind, empty ones and the largest one, and a close that loses nothing.

use std::fmt::Display;

use browser_rtc::{
    Result,
    channel::{BinaryType, ChannelInit, DataChannel, Message},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
};
use futures::{StreamExt, future::try_join};
use web_sys::Blob;

/// The number of messages that are sent right before the channel is closed.
const LAST: usize = 100;

/// Sends messages from one end of a channel to the other, and closes it.
pub async fn run(text: &str, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (session, peer) = sessions()?;
    let init = ChannelInit::new().negotiated(1);
    let sender = session.connection().create_data_channel("messages", &init)?;
    let receiver = peer.connection().create_data_channel("messages", &init)?;
    sender.opened().await?;
    let largest = sender.max_message_size().unwrap_or(65_536).min(1 << 20);
    show("Largest message", &format_args!("{largest} bytes"));

    // A blob arrives as a blob where the browser has them, and as bytes otherwise.
    receiver.set_binary_type(&BinaryType::ArrayBuffer);
    try_join(send(sender, text, largest as usize), receive(receiver, show)).await?;
    Ok(())
}

/// Sends one message of each kind, then many at once. Dropping the last handle closes the channel.
async fn send(channel: DataChannel, text: &str, largest: usize) -> Result<()> {
    channel.send(text).await?;
    channel.send("").await?;
    channel.send(&[1, 2, 3]).await?;
    let parts = js_sys::Array::of1(&text.into());
    if let Ok(blob) = Blob::new_with_str_sequence(&parts) {
        channel.send(&blob).await?;
    }
    channel.send(&vec![7; largest][..]).await?;
    for number in 0..LAST {
        channel.send(&*number.to_string()).await?;
    }
    channel.close();
    Ok(())
}

/// Shows what arrives, in order, until the channel closes.
async fn receive(mut channel: DataChannel, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut count = 0;
    while let Some(message) = channel.next().await.transpose()? {
        count += 1;
        let name = format!("Message {count}");
        match message {
            _ if count > 5 => show("Messages before the close", &format_args!("{} of {LAST}", count - 5)),
            Message::Text(text) if text.is_empty() => show(&name, &"empty text"),
            Message::Text(text) => show(&name, &format_args!("text “{text}”")),
            Message::Binary(bytes) => show(&name, &format_args!("{} bytes", bytes.len())),
            Message::Blob(blob) => show(&name, &format_args!("blob of {} bytes", blob.size())),
        }
    }
    show("Channel", &channel.state());
    Ok(())
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
