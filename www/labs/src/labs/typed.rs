//! Typed messages as JSON and as Postcard, and many small ones packed into one frame.

use std::fmt::Display;

use browser_rtc::{
    Result,
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
    let channels = async |id| {
        let init = ChannelInit::new().negotiated(id);
        let (sender, receiver) = (a.create_data_channel("", &init)?, b.create_data_channel("", &init)?);
        sender.opened().await?;
        Ok::<_, browser_rtc::Error>((sender, receiver))
    };

    let (sender, receiver) = channels(1).await?;
    exchange(Typed::<Move, Json>::new(sender), Typed::new(receiver), count, "JSON", &show).await?;
    cost(a, 1, count, "JSON", &show).await?;
    let (sender, receiver) = channels(2).await?;
    exchange(Typed::<Move, Postcard>::new(sender), Typed::new(receiver), count, "Postcard", &show).await?;
    cost(a, 2, count, "Postcard", &show).await?;

    let packed = |(sender, receiver): (DataChannel, DataChannel)| (Packed::new(sender), Packed::new(receiver));
    let (sender, receiver) = packed(channels(3).await?);
    exchange(Typed::<Move, Json, _, _>::new(sender), Typed::new(receiver), count, "JSON, packed", &show).await?;
    cost(a, 3, count, "JSON, packed", &show).await?;
    let (sender, receiver) = packed(channels(4).await?);
    exchange(Typed::<Move, Postcard, _, _>::new(sender), Typed::new(receiver), count, "Postcard, packed", &show)
        .await?;
    cost(a, 4, count, "Postcard, packed", &show).await
}

/// Sends moves from one end to the other, and a last word.
async fn exchange<C: Codec, S: Carrier>(
    sender: Typed<Move, C, Move, S>,
    mut receiver: Typed<Move, C, Move, S>,
    count: u32,
    name: &str,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let started = Date::now();
    let send = async {
        for player in 0..count {
            sender.send(&Move::Step { player, x: -1, y: 1000 }).await?;
        }
        sender.send(&Move::Say("done".into())).await
    };
    let receive = async {
        let mut steps = 0;
        while let Some(received) = receiver.next().await.transpose()? {
            match received {
                Move::Step { player, .. } if player == steps => steps += 1,
                Move::Step { player, .. } => show(name, &format_args!("move {player} instead of {steps}")),
                Move::Say(_) => break,
            }
        }
        Ok(steps)
    };
    let ((), steps) = try_join(send, receive).await?;
    show(name, &format_args!("{steps} moves in {:.0} ms", Date::now() - started));
    Ok(())
}

/// Shows the messages and the bytes that the browser has counted for a channel.
async fn cost(pc: &PeerConnection, id: u32, count: u32, name: &str, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let report = pc.stats().await?;
    for channel in report.of_type::<Channel>().filter(|channel| channel.data_channel_identifier == Some(id)) {
        let (messages, bytes) = (channel.messages_sent.unwrap_or(0), channel.bytes_sent.unwrap_or(0));
        let each = bytes as f64 / f64::from(count.max(1));
        show(&format!("{name}, cost"), &format_args!("{messages} messages, {each:.1} bytes a move"));
    }
    Ok(())
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
