//! The chat of the room, through the signaling server.

use browser_rtc::{
    EventStream, Result,
    room::{Delivery, Room},
    signaling::{Data, Peer},
};

use super::view::{Author, Chat, Open};
use crate::dom;

pub struct RoomChat<'a> {
    chat: &'a Chat,
    /// Submissions of the form.
    pub submits: EventStream<()>,
    _open: Open<'a>,
}

impl<'a> RoomChat<'a> {
    pub fn open(chat: &'a Chat) -> Self {
        chat.clear();
        Self { chat, submits: dom::submits(chat.form()), _open: chat.open() }
    }

    /// Sends the entered text, unless it is blank.
    pub fn say(&self, room: &Room) -> Result<Option<Delivery>> {
        let Some(text) = self.chat.entered() else { return Ok(None) };
        let delivery = room.say(&text)?;
        self.chat.add(&Author::Me, "", &text);
        self.chat.empty_field();
        Ok(Some(delivery))
    }

    /// Adds a received message. Other programs may send messages that are not text, which are ignored.
    pub fn add_received(&self, from: &Peer, data: &Data) {
        if let Ok(text) = data.parse::<String>() {
            self.chat.add(&Author::Them, &from.name, &text);
        }
    }
}
