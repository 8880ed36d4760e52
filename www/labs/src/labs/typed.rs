//! Typed messages as JSON and as Postcard, and many small ones packed into one frame.

use std::fmt::Display;

use browser_rtc::{
    Error, Result,
    channel::{Carrier, ChannelInit, Codec, DataChannel, Json, Packed, Postcard, Typed},
    negotiation::Politeness,
    peer::{Configuration, PeerConnection},
    session::{MemoryLink, Session},
    stats::Channel,
};
use futures::{StreamExt, future::try_join};
use js_sys::Date;
use serde::{Deserialize, Serialize};

/// A message of a game. Any type of `serde` is possible.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Move {
    Step { player: u32, x: i32, y: i32 },
    Say(String),
}

/// Sends the same moves in four ways, and shows what each costs.
pub async fn run(count: u32, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (session, peer) = sessions()?;
    let (a, b) = (session.connection(), peer.connection());

    let (sender, receiver) = channel(a, b).await?;
    exchange::<Json, _>(a, sender, receiver, count, "JSON", &show).await?;
    let (sender, receiver) = channel(a, b).await?;
    exchange::<Postcard, _>(a, sender, receiver, count, "Postcard", &show).await?;
    let (sender, receiver) = channel(a, b).await?;
    exchange::<Json, _>(a, Packed::new(sender), Packed::new(receiver), count, "JSON, packed", &show).await?;
    let (sender, receiver) = channel(a, b).await?;
    exchange::<Postcard, _>(a, Packed::new(sender), Packed::new(receiver), count, "Postcard, packed", &show).await
}

/// Sends moves and a final message over a carrier, and shows the time and the cost.
async fn exchange<C: Codec + Default, S: Carrier>(
    pc: &PeerConnection,
    sender: S,
    receiver: S,
    count: u32,
    name: &str,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let sender = Typed::<Move, C, Move, S>::new(sender);
    let mut receiver = Typed::<Move, C, Move, S>::new(receiver);
    let started = Date::now();
    let send = async {
        for player in 0..count {
            sender.send(&Move::Step { player, x: -1, y: 1000 }).await?;
        }
        sender.send(&Move::Say("done".into())).await
    };
    let receive = async {
        let mut steps = 0;
        while let Some(Move::Step { player, .. }) = receiver.next().await.transpose()? {
            steps += u32::from(player == steps); // in order
        }
        Ok(steps)
    };
    let ((), steps) = try_join(send, receive).await?;
    show(name, &format_args!("{steps} moves in {:.0} ms", Date::now() - started));

    let report = pc.stats().await?;
    let id = sender.channel().id().map(u32::from);
    for channel in report.of_type::<Channel>().filter(|channel| channel.data_channel_identifier == id) {
        let (messages, bytes) = (channel.messages_sent.unwrap_or(0), channel.bytes_sent.unwrap_or(0));
        let each = bytes as f64 / f64::from(count.max(1));
        show(&format!("{name}, cost"), &format_args!("{each:.1} bytes a move, {messages} messages"));
    }
    Ok(())
}

/// Returns both ends of a new channel.
async fn channel(a: &PeerConnection, b: &PeerConnection) -> Result<(DataChannel, DataChannel)> {
    let mut incoming = b.data_channels();
    let sender = a.create_data_channel("moves", &ChannelInit::new())?;
    let receiver = incoming.next().await.ok_or_else(|| Error::other("receive", "the connection is closed"))?;
    Ok((sender, receiver))
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
