//! A video call in a room of two: the first person waits, and the second one calls.

use std::pin::pin;

use browser_rtc::{
    EventStream, Result,
    media::{self, Constraints},
    room::{EndReason, Join, Room},
    signaling,
};
use futures::{
    StreamExt,
    future::{Either, select},
};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use web_sys::{HtmlButtonElement, HtmlInputElement};

#[wasm_bindgen(start)]
async fn start() {
    let join: HtmlButtonElement = element("join");
    let mut joins = EventStream::listen(&join, "click", |_| Some(()));
    join.set_disabled(false);
    while joins.next().await.is_some() {
        join.set_disabled(true);
        let mut hang_ups = EventStream::listen(&element("hang-up"), "click", |_| Some(()));
        // If the user hangs up, the call and the room are dropped, which ends both and releases the camera.
        match select(pin!(call()), hang_ups.next()).await {
            Either::Left((Ok(reason), _)) => show_status(&format!("The call has ended: {reason}")),
            Either::Left((Err(error), _)) => show_status(&error.to_string()),
            Either::Right(_) => show_status("You hung up"),
        }
        join.set_disabled(false);
    }
}

async fn call() -> Result<EndReason> {
    show_status("Opening the camera");
    let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let _local = media::show(&element("local"), &camera)?;

    let name = element::<HtmlInputElement>("name").value();
    let room = Room::join(&signaling::url_of_this_page()?, Join::new("lobby", name)).await?;
    let call = if let Some(peer) = room.peers().first() {
        show_status(&format!("Calling {}", peer.name));
        room.call(&peer.id, &camera).await?
    } else {
        show_status("Waiting for a call");
        room.next_call().await?.accept(&camera).await?
    };
    let _remote = media::show(&element("remote"), &call.remote_stream().await?)?;
    show_status(&format!("In a call with {}", call.peer().name));
    Ok(call.ended().await)
}

fn show_status(text: &str) {
    element::<web_sys::Element>("status").set_text_content(Some(text));
}

/// Returns an element of `index.html`.
fn element<T: JsCast>(id: &str) -> T {
    let document = web_sys::window().unwrap().document().unwrap();
    document.get_element_by_id(id).unwrap().unchecked_into()
}
