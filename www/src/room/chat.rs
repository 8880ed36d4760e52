//! The chat of the room, whose messages go to everyone through the signaling server.

use browser_rtc::{
    Error,
    room::{Delivery, Room, RoomEvent},
    signaling::{Data, Peer},
};
use futures::{StreamExt, select_biased, stream::FuturesUnordered};
use web_sys::{HtmlButtonElement, HtmlFormElement, HtmlInputElement};

use crate::{
    dom::{self, Dom, MissingElement},
    messages::{self, Author, Log, Mark},
    texts::{chat, room as texts},
    ui::problem::Problem,
};

pub struct RoomChat {
    log: Log,
    form: HtmlFormElement,
    text: HtmlInputElement,
    send: HtmlButtonElement,
    problem: Problem,
}

/// Runs the chat until the room is left or lost.
pub async fn run(view: &RoomChat, room: &Room) {
    view.open();
    let mut submits = dom::submits(&view.form);
    let mut events = room.events();
    let mut deliveries = FuturesUnordered::new();
    loop {
        select_biased! {
            event = events.next() => match event {
                Some(RoomEvent::Said { from, data, .. }) => view.add_received(&from, &data),
                Some(_) => {}
                None => return view.send.set_disabled(true),
            },
            () = submits.select_next_some() => {
                let Some(text) = messages::entered(&view.text.value()) else { continue };
                view.problem.clear();
                match room.say(&text) {
                    Ok(delivery) => deliveries.push(follow(view.add_sent(&text), delivery)),
                    // The text stays in the field, where the user can shorten it.
                    Err(error) => view.problem.show(&texts::not_said(&error)),
                }
            }
            (mark, delivered) = deliveries.select_next_some() => view.report(mark, delivered),
        }
    }
}

/// Waits until the server has accepted or refused a message.
async fn follow(mark: Option<Mark>, delivery: Delivery) -> (Option<Mark>, Result<(), Error>) {
    let delivered = delivery.await;
    (mark, delivered)
}

impl RoomChat {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            log: Log::find(dom, "room-chat-log")?,
            form: dom.get("room-chat-form")?,
            text: dom.get("room-chat-text")?,
            send: dom.get("room-chat-send")?,
            problem: Problem::find(dom, "room-chat-problem")?,
        })
    }

    fn open(&self) {
        self.log.clear();
        self.text.set_value("");
        self.problem.clear();
        self.send.set_disabled(false);
    }

    fn add_sent(&self, text: &str) -> Option<Mark> {
        self.text.set_value("");
        let mark = self.log.add(&Author::Me, text)?;
        mark.set(chat::PENDING);
        Some(mark)
    }

    /// Adds a received message. Other programs may send messages that are not text, which are ignored.
    fn add_received(&self, from: &Peer, data: &Data) {
        if let Ok(text) = data.parse::<String>() {
            let _without_mark = self.log.add(&Author::Peer(&from.name), &text);
        }
    }

    /// Shows whether a message was delivered.
    fn report(&self, mark: Option<Mark>, delivered: Result<(), Error>) {
        if let Some(mark) = mark {
            mark.set(if delivered.is_ok() { chat::SENT } else { chat::NOT_SENT });
        }
        if let Err(error) = delivered {
            self.problem.show(&texts::not_said(&error));
        }
    }
}
