//! A chat between all peers of a room over data channels, without media.

use std::{cell::RefCell, rc::Rc};

use browser_rtc::{
    EventStream, Listener, Result,
    channel::{DataChannel, Message},
    room::{Call, Join, Room, RoomEvent},
    signaling,
};
use futures::StreamExt;
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlButtonElement, HtmlInputElement};

/// The open channels, one to each peer.
type Channels = Rc<RefCell<Vec<DataChannel>>>;

#[wasm_bindgen(start)]
async fn start() {
    let join: HtmlButtonElement = element("join");
    let mut joins = EventStream::listen(&join, "click", |_| Some(()));
    join.set_disabled(false);
    while joins.next().await.is_some() {
        join.set_disabled(true);
        if let Err(error) = chat().await {
            show_status(&error.to_string());
        }
        join.set_disabled(false);
    }
}

/// Joins the room, and connects to each peer: a new peer calls the peers that are already there.
async fn chat() -> Result<()> {
    let name = element::<HtmlInputElement>("name").value();
    let room = Room::join(&signaling::url_of_this_page()?, Join::new("lobby", name)).await?;
    show_status("You are in the room");
    let channels = Channels::default();
    let _sending = Listener::new(&element("send"), "click", {
        let channels = channels.clone();
        move |_| send_line(&channels.borrow())
    });
    for peer in room.peers() {
        let room = room.clone();
        connect(&channels, async move { room.call(&peer.id, None).await });
    }
    let mut events = room.events();
    while let Some(event) = events.next().await {
        match event {
            RoomEvent::Incoming(call) => connect(&channels, async move { call.accept(None).await }),
            RoomEvent::Lost { reason, .. } => return Err(reason),
            _ => {}
        }
    }
    Ok(())
}

/// Starts a task for the call with one peer.
fn connect(channels: &Channels, call: impl Future<Output = Result<Call>> + 'static) {
    let channels = channels.clone();
    spawn_local(async move {
        if let Err(error) = talk(&channels, call).await {
            show_status(&error.to_string());
        }
    });
}

/// Receives the lines of one peer until that peer leaves.
async fn talk(channels: &Channels, call: impl Future<Output = Result<Call>>) -> Result<()> {
    let call = call.await?;
    let name = call.peer().name;
    let mut channel = call.channel("chat").await?;
    channels.borrow_mut().push(channel.clone());
    show_status(&format!("Connected to {name}"));
    while let Some(Ok(message)) = channel.next().await {
        if let Message::Text(line) = message {
            show_line(&name, &line);
        }
    }
    channels.borrow_mut().retain(|other| *other != channel);
    show_status(&format!("{name} has left"));
    Ok(())
}

fn send_line(channels: &[DataChannel]) {
    let line: HtmlInputElement = element("line");
    for channel in channels {
        if let Err(error) = channel.try_send(line.value()) {
            show_status(&error.to_string());
        }
    }
    show_line("You", &line.value());
    line.set_value("");
}

fn show_line(name: &str, line: &str) {
    element::<Element>("messages").append_with_str_1(&format!("{name}: {line}\n")).unwrap();
}

fn show_status(text: &str) {
    element::<Element>("status").set_text_content(Some(text));
}

/// Returns an element of `index.html`.
fn element<T: JsCast>(id: &str) -> T {
    let document = web_sys::window().unwrap().document().unwrap();
    document.get_element_by_id(id).unwrap().unchecked_into()
}
