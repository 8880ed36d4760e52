//! A chat between two tabs of a browser. A `BroadcastChannel` carries their signals, instead of a signaling server.

use browser_rtc::{
    Error, EventStream, Listener, Result,
    channel::{ChannelInit, DataChannel, Message},
    negotiation::Politeness,
    peer::Configuration,
    session::{Link, Session},
};
use futures::StreamExt;
use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{BroadcastChannel, Element, HtmlInputElement, MessageEvent};

#[wasm_bindgen(start)]
async fn start() {
    loop {
        show_status("Open this page in a second tab");
        match chat().await {
            // The other tab was closed or reloaded: a new session waits for the next one.
            Ok(()) => show_line("The other tab was closed"),
            Err(error) => return show_status(&error.to_string()),
        }
    }
}

/// Connects to the other tab, and chats until it is closed.
async fn chat() -> Result<()> {
    let session = connect()?;
    // Both tabs open the channel with the same id.
    let mut channel = session.connection().create_data_channel("chat", &ChannelInit::new().negotiated(1))?;
    let _sending = Listener::new(&element("send"), "click", {
        let channel = channel.clone();
        move |_| send_line(&channel)
    });
    if channel.opened().await.is_ok() {
        show_status("Connected to the other tab");
    }
    while let Some(message) = channel.next().await {
        if let Message::Text(line) = message? {
            show_line(&format!("Other tab: {line}"));
        }
    }
    Ok(())
}

/// Creates a session with the other tab, which runs the same code.
fn connect() -> Result<Session> {
    let tabs = BroadcastChannel::new("chat").map_err(|thrown| Error::from_js("BroadcastChannel", thrown))?;
    let signals = EventStream::listen(&tabs, "message", |event| {
        let message: MessageEvent = event.unchecked_into();
        message.data().as_string()?.parse().ok()
    });
    let link = Link::sending(signals, move |signal| {
        let text = signal.to_string();
        tabs.post_message(&text.into()).map_err(|thrown| Error::from_js("postMessage", thrown))
    });
    Session::new(&Configuration::new(), Politeness::Auto, link)
}

fn send_line(channel: &DataChannel) {
    let line: HtmlInputElement = element("line");
    match channel.try_send(line.value()) {
        Ok(()) => show_line(&format!("You: {}", line.value())),
        Err(error) => show_status(&error.to_string()),
    }
    line.set_value("");
}

fn show_line(line: &str) {
    element::<Element>("messages").append_with_str_1(&format!("{line}\n")).unwrap();
}

fn show_status(text: &str) {
    element::<Element>("status").set_text_content(Some(text));
}

/// Returns an element of `index.html`.
fn element<T: JsCast>(id: &str) -> T {
    let document = web_sys::window().unwrap().document().unwrap();
    document.get_element_by_id(id).unwrap().unchecked_into()
}
