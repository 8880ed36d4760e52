//! The chat of a call, over a data channel. The other page acknowledges each message, so that the author sees which
//! messages have arrived.

mod view;

use browser_rtc::{
    ErrorKind, Result,
    channel::{DataChannel, Message},
    room::Call,
};
use futures::{FutureExt, StreamExt, select_biased};

pub use self::view::Chat;
use crate::{dom, page::Page, texts::chat as texts};

/// The largest message in bytes of UTF-8, which every browser accepts.
const MAX_BYTES: usize = 256 * 1024;

/// Runs the chat of a call until the channel closes, at the latest with the call.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let (chat, name) = (&page.chat, call.peer().name);
    chat.clear();
    let mut submits = dom::submits(chat.form());
    let mut channel = call.channel("chat").await?;
    let _open = chat.open();
    let mut received = 0;
    loop {
        select_biased! {
            message = channel.next().fuse() => match message.transpose()? {
                Some(Message::Text(text)) => {
                    chat.add_received(&name, &text);
                    page.panels.add_news("chat");
                    received += 1;
                    channel.send(&acknowledgement(received)).await?;
                }
                // Messages arrive in order, so that the count says which of them have arrived.
                Some(Message::Binary(bytes)) => chat.mark_received(acknowledged(&bytes)),
                Some(Message::Blob(_)) => {}
                None => return Ok(()),
            },
            () = submits.select_next_some() => if let Some(text) = chat.entered() {
                chat.problem().report(send(chat, &channel, &text).await);
            },
        }
    }
}

/// Sends a message. If that fails, the text stays in the field, and the sentence is about it.
async fn send(chat: &Chat, channel: &DataChannel, text: &str) -> std::result::Result<(), String> {
    if text.len() > MAX_BYTES {
        return Err(texts::too_large(text.len(), MAX_BYTES as u64));
    }
    match channel.send(text).await {
        Ok(()) => {
            chat.add_unacknowledged(text);
            chat.empty_field();
            Ok(())
        }
        Err(error) => Err(match error.kind() {
            ErrorKind::TooLarge { limit } => texts::too_large(text.len(), *limit),
            ErrorKind::Closed => texts::ENDED.into(),
            _ => texts::not_sent(&error),
        }),
    }
}

/// The acknowledgement of the first `count` messages. Text messages are text, so that it cannot be one of them.
fn acknowledgement(count: u32) -> [u8; 4] {
    count.to_be_bytes()
}

/// Returns the number of messages that have arrived; 0 for bytes of another program.
fn acknowledged(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_be_bytes)
}
