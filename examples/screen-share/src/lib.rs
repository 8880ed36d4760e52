//! Screen sharing in a call. Either peer can share its screen, and stop with the page's button or with the browser's.

use browser_rtc::{
    EventStream, Result,
    media::{self, DisplayMediaOptions},
    room::{Call, EndReason, Join, Room},
    signaling,
};
use futures::{StreamExt, future};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use web_sys::{Element, HtmlButtonElement, HtmlInputElement};

#[wasm_bindgen(start)]
async fn start() {
    let join: HtmlButtonElement = element("join");
    let mut joins = EventStream::listen(&join, "click", |_| Some(()));
    join.set_disabled(false);
    while joins.next().await.is_some() {
        join.set_disabled(true);
        match call().await {
            Ok(reason) => show_status(&format!("The call has ended: {reason}")),
            Err(error) => show_status(&error.to_string()),
        }
        join.set_disabled(false);
    }
}

async fn call() -> Result<EndReason> {
    let name = element::<HtmlInputElement>("name").value();
    let room = Room::join(&signaling::url_of_this_page()?, Join::new("lobby", name)).await?;
    let call = if let Some(peer) = room.peers().first() {
        show_status(&format!("Calling {}", peer.name));
        room.call(&peer.id, None).await?
    } else {
        show_status("Waiting for a call");
        room.next_call().await?.accept(None).await?
    };
    show_status(&format!("In a call with {}", call.peer().name));
    future::try_join(share(&call), watch(&call)).await?;
    Ok(call.ended().await)
}

/// Shares the screen after each click on the button, until the next click or the end of the call.
async fn share(call: &Call) -> Result<()> {
    let button: HtmlButtonElement = element("share");
    let mut clicks = EventStream::listen(&button, "click", |_| Some(())).take_until(call.ended());
    while clicks.next().await.is_some() {
        let screen = match media::get_display_media(&DisplayMediaOptions::new()).await {
            Ok(screen) => screen,
            // The user closed the browser's dialog, or the system does not permit it.
            Err(error) => {
                show_status(&error.to_string());
                continue;
            }
        };
        let _local = media::show(&element("local"), &screen)?;
        for track in screen.video_tracks() {
            let sender = call.connection().add_track(&track, &[&screen])?;
            button.set_text_content(Some("Stop sharing"));
            // The track ends when the user stops sharing with the browser's own button.
            future::select(track.ended(), clicks.next()).await;
            button.set_text_content(Some("Share the screen"));
            // This fails if the call has ended.
            let _ = call.connection().remove_track(&sender);
        }
    }
    Ok(())
}

/// Shows each screen that the peer shares, until the peer stops or the call ends.
async fn watch(call: &Call) -> Result<()> {
    let mut tracks = call.connection().tracks();
    while let Some(event) = tracks.next().await {
        for stream in &event.streams {
            let _remote = media::show(&element("remote"), stream)?;
            let mut removed = stream.removed_tracks().take_until(call.ended());
            removed.next().await;
        }
    }
    Ok(())
}

fn show_status(text: &str) {
    element::<Element>("status").set_text_content(Some(text));
}

/// Returns an element of `index.html`.
fn element<T: JsCast>(id: &str) -> T {
    let document = web_sys::window().unwrap().document().unwrap();
    document.get_element_by_id(id).unwrap().unchecked_into()
}
