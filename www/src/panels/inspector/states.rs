//! The four states of the connection, and the timeline of all that happens to it.

use std::pin::pin;

use browser_rtc::{EventStream, room::Call, session::SessionEvent};
use futures::{Stream, StreamExt, join};
use wasm_bindgen::JsCast;
use web_sys::{CustomEvent, Element};

use super::timeline::Timeline;
use crate::{
    dom::{Dom, MissingElement},
    texts::inspector as texts,
};

pub struct States {
    connection: Element,
    ice_connection: Element,
    ice_gathering: Element,
    signaling: Element,
}

impl States {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let find = |name: &str| dom.select(&format!("#states [data-state=\"{name}\"]"));
        Ok(Self {
            connection: find("connection")?,
            ice_connection: find("ice-connection")?,
            ice_gathering: find("ice-gathering")?,
            signaling: find("signaling")?,
        })
    }

    /// Returns the states as lines of text.
    pub fn text(&self) -> String {
        let text = |element: &Element| element.text_content().unwrap_or_default();
        let Self { connection, ice_connection, ice_gathering, signaling } = self;
        format!(
            "connection: {}\nICE: {}\ngathering: {}\nsignaling: {}\n",
            text(connection),
            text(ice_connection),
            text(ice_gathering),
            text(signaling)
        )
    }
}

/// Shows the states, and adds each event to the timeline, until the connection closes.
pub async fn follow(states: &States, timeline: &Timeline, call: &Call) {
    let connection = call.connection();
    // The events of start.js, which knows the socket, do not end with the call.
    let sockets = EventStream::listen(&timeline.document, "signaling-socket", |event| {
        event.dyn_into::<CustomEvent>().ok()?.detail().as_string()
    });
    let closed = connection.connection_states().for_each(|_| async {});
    join!(
        show(timeline, texts::CONNECTION, &states.connection, connection.connection_states()),
        show(timeline, texts::ICE, &states.ice_connection, connection.ice_connection_states()),
        show(timeline, texts::GATHERING, &states.ice_gathering, connection.ice_gathering_states()),
        show(timeline, texts::SIGNALING, &states.signaling, connection.signaling_states()),
        add(timeline, texts::RECOVERY, call.events(), |event| session_event(&event)),
        add(timeline, texts::ICE_SERVER, connection.ice_candidate_errors(), |error| {
            format!("{} {} {}", error.url, error.code, error.text)
        }),
        add(timeline, texts::SOCKET, sockets.take_until(closed), |event| event),
    );
}

async fn show<S: ToString>(timeline: &Timeline, name: &str, element: &Element, mut states: EventStream<S>) {
    while let Some(state) = states.next().await {
        let state = state.to_string();
        element.set_text_content(Some(&state));
        timeline.add(name, &state);
    }
}

async fn add<E>(timeline: &Timeline, name: &str, events: impl Stream<Item = E>, text: impl Fn(E) -> String) {
    let mut events = pin!(events);
    while let Some(event) = events.next().await {
        timeline.add(name, &text(event));
    }
}

fn session_event(event: &SessionEvent) -> String {
    match event {
        SessionEvent::Reconnecting { attempt, .. } => format!("reconnecting, attempt {attempt}"),
        SessionEvent::Recovered => "recovered".into(),
        SessionEvent::Lost { reason, .. } => format!("lost: {reason}"),
        SessionEvent::Failed(error) => error.to_string(),
        _ => String::new(),
    }
}
