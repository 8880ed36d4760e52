//! The chat of the room, whose messages go to everyone through the signaling server.

use browser_rtc::{
    Error,
    room::{Delivery, Room, RoomEvent},
    signaling::{Data, Peer},
};
use futures::{StreamExt, select_biased, stream::FuturesUnordered};
use web_sys::{Element, HtmlButtonElement, HtmlFormElement, HtmlInputElement};

use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts::room as texts,
    ui::problem::Problem,
};

pub struct RoomChat {
    log: Element,
    form: HtmlFormElement,
    text: HtmlInputElement,
    send: HtmlButtonElement,
    line: Template,
    problem: Problem,
}

/// Runs the chat until the room is left or lost.
pub async fn run(chat: &RoomChat, room: &Room) {
    chat.open();
    let mut submits = dom::submits(&chat.form);
    let mut events = room.events();
    let mut deliveries = FuturesUnordered::new();
    loop {
        select_biased! {
            event = events.next() => match event {
                Some(RoomEvent::Said { from, data, .. }) => chat.add_received(&from, &data),
                Some(_) => {}
                None => return chat.send.set_disabled(true),
            },
            () = submits.select_next_some() => {
                let Some(text) = chat.entered() else { continue };
                chat.problem.clear();
                match room.say(&text) {
                    Ok(delivery) => deliveries.push(follow(chat.add_sent(&text), delivery)),
                    // The text stays in the field, where the user can shorten it.
                    Err(error) => chat.problem.show(&texts::not_said(&error)),
                }
            }
            (line, delivered) = deliveries.select_next_some() => chat.mark(line.as_ref(), delivered),
        }
    }
}

/// Waits until the server has accepted or refused the message of a line.
async fn follow(line: Option<Element>, delivery: Delivery) -> (Option<Element>, Result<(), Error>) {
    let delivered = delivery.await;
    (line, delivered)
}

impl RoomChat {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let found = Self {
            log: dom.get("room-chat-log")?,
            form: dom.get("room-chat-form")?,
            text: dom.get("room-chat-text")?,
            send: dom.get("room-chat-send")?,
            line: Template::find(dom, "room-line-template")?,
            problem: Problem::find(dom, "room-chat-problem")?,
        };
        found.line("me", "", "")?;
        Ok(found)
    }

    fn open(&self) {
        self.log.set_text_content(None);
        self.text.set_value("");
        self.problem.clear();
        self.send.set_disabled(false);
    }

    /// Returns the text that the user has entered, unless it is blank.
    fn entered(&self) -> Option<String> {
        Some(self.text.value()).filter(|text| !text.trim().is_empty())
    }

    fn add_sent(&self, text: &str) -> Option<Element> {
        self.text.set_value("");
        let line = self.add("me", texts::YOU, text)?;
        set_delivery(&line, "pending", texts::PENDING);
        Some(line)
    }

    /// Adds a received message. Other programs may send messages that are not text, which are ignored.
    fn add_received(&self, from: &Peer, data: &Data) {
        if let Ok(text) = data.parse::<String>() {
            self.add("them", &from.name, &text);
        }
    }

    fn mark(&self, line: Option<&Element>, delivered: Result<(), Error>) {
        let Some(line) = line else { return };
        match delivered {
            Ok(()) => set_delivery(line, "delivered", texts::DELIVERED),
            Err(error) => {
                set_delivery(line, "failed", texts::NOT_DELIVERED);
                self.problem.show(&texts::not_said(&error));
            }
        }
    }

    fn add(&self, from: &str, who: &str, text: &str) -> Option<Element> {
        // `find` has checked that the template has all parts.
        let line = self.line(from, who, text).ok()?;
        dom::append(&self.log, &line);
        Some(line)
    }

    /// Creates a line. Messages are inserted as text and never as HTML.
    fn line(&self, from: &str, who: &str, text: &str) -> Result<Element, MissingElement> {
        let line = self.line.copy()?;
        dom::set_attribute(&line, "data-from", from);
        dom::within::<Element>(&line, ".who")?.set_text_content(Some(who));
        dom::within::<Element>(&line, ".text")?.set_text_content(Some(text));
        dom::within::<Element>(&line, ".delivery")?.set_text_content(None);
        Ok(line)
    }
}

fn set_delivery(line: &Element, state: &str, text: &str) {
    dom::set_attribute(line, "data-delivery", state);
    if let Ok(delivery) = dom::within::<Element>(line, ".delivery") {
        delivery.set_text_content(Some(text));
    }
}
