//! A video call with a chat, in Dioxus.
//!
//! The handles of browser-rtc are `Clone` and compare by identity, so props and signals hold them as they are. When a
//! component is unmounted, Dioxus drops its signals and its tasks. Dropping the handles in them hangs up, declines a call
//! that rings, stops the camera and leaves the room.

use browser_rtc::{
    Error, Result,
    channel::{DataChannel, Message},
    media::{self, Attachment, Constraints, MediaStream},
    room::{Call, IncomingCall, Join, Room, RoomEvent},
    signaling::{self, Peer},
};
use dioxus::{prelude::*, web::WebEventExt};
use futures::{StreamExt, try_join};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use web_sys::HtmlVideoElement;

#[wasm_bindgen(start)]
pub fn start() {
    dioxus::launch(App);
}

/// The state of the one call that this page can have.
#[derive(Clone, PartialEq)]
enum Phone {
    Idle,
    Calling(Peer),
    Ringing(IncomingCall),
    InCall(Call),
}

#[component]
fn App() -> Element {
    let mut status = use_signal(|| "Enter a name and join the room.".to_owned());
    let mut joined = use_signal(|| None::<(Room, MediaStream)>);
    let mut name = use_signal(String::new);
    let mut is_joining = use_signal(|| false);
    let submit = move |event: FormEvent| async move {
        event.prevent_default();
        is_joining.set(true);
        match join(name()).await {
            Ok(room) => joined.set(Some(room)),
            Err(error) => status.set(error.to_string()),
        }
        is_joining.set(false);
    };
    let leave = move |_| {
        joined.set(None);
        status.set("You have left the room.".to_owned());
    };
    rsx! {
        p { id: "status", role: "status", "{status}" }
        if let Some((room, camera)) = joined() {
            Lobby { room, camera, status }
            button { id: "leave", onclick: leave, "Leave" }
        } else {
            form { onsubmit: submit,
                label {
                    "Your name "
                    input { id: "name", required: true, value: name, oninput: move |event| name.set(event.value()) }
                }
                button { id: "join", disabled: is_joining, "Join" }
            }
        }
    }
}

async fn join(name: String) -> Result<(Room, MediaStream)> {
    let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let url = signaling::url_of_this_page()?;
    let room = Room::join(&url, Join::new("lobby", name)).await?;
    Ok((room, camera))
}

/// The peers in the room, and a call with one of them. Messages for the user are written to `status`, including errors.
#[component]
fn Lobby(room: Room, camera: MediaStream, mut status: Signal<String>) -> Element {
    let mut peers = use_signal(|| room.peers());
    let mut phone = use_signal(|| Phone::Idle);
    use_hook(|| {
        let room = room.clone();
        spawn(async move {
            status.set(format!("You are in the room as {}.", room.me().name));
            let mut events = room.events();
            while let Some(event) = events.next().await {
                peers.set(room.peers());
                match event {
                    // One call at a time: others are dropped, which declines them.
                    RoomEvent::Incoming(call) if *phone.peek() == Phone::Idle => phone.set(Phone::Ringing(call)),
                    RoomEvent::Lost { reason, .. } => status.set(reason.to_string()),
                    _ => {}
                }
            }
        })
    });
    rsx! {
        Video { id: "local", stream: camera.clone(), muted: true }
        ul { id: "peers",
            for peer in peers() {
                li { key: "{peer.id}",
                    "{peer.name} "
                    button {
                        disabled: phone() != Phone::Idle,
                        onclick: move |_| phone.set(Phone::Calling(peer.clone())),
                        "Call"
                    }
                }
            }
        }
        match phone() {
            Phone::Idle => rsx! {},
            Phone::Calling(peer) => rsx! { Calling { room, camera, peer, phone, status } },
            Phone::Ringing(call) => rsx! { Ringing { call, camera, phone, status } },
            Phone::InCall(call) => rsx! { InCall { call, phone, status } },
        }
    }
}

/// An outgoing call that rings. Unmounting the component drops the call, which stops the ringing.
#[component]
fn Calling(
    room: Room,
    camera: MediaStream,
    peer: Peer,
    mut phone: Signal<Phone>,
    mut status: Signal<String>,
) -> Element {
    use_hook(|| {
        spawn(async move {
            status.set(format!("Calling {}.", peer.name));
            match room.call(&peer.id, &camera).await {
                Ok(call) => phone.set(Phone::InCall(call)),
                Err(error) => {
                    status.set(error.to_string());
                    phone.set(Phone::Idle);
                }
            }
        })
    });
    rsx! {
        button { id: "cancel", onclick: move |_| phone.set(Phone::Idle), "Cancel" }
    }
}

/// An incoming call that rings.
#[component]
fn Ringing(call: IncomingCall, camera: MediaStream, mut phone: Signal<Phone>, mut status: Signal<String>) -> Element {
    use_hook(|| {
        let call = call.clone();
        spawn(async move {
            status.set(format!("{} is calling.", call.peer().name));
            status.set(format!("The call has ended: {}.", call.ended().await));
            phone.set(Phone::Idle);
        })
    });
    let accept = move |_| {
        let (call, camera) = (call.clone(), camera.clone());
        async move {
            match call.accept(&camera).await {
                Ok(call) => phone.set(Phone::InCall(call)),
                Err(error) => status.set(error.to_string()),
            }
        }
    };
    rsx! {
        button { id: "accept", onclick: accept, "Accept" }
        // Dropping the last handle of the call declines it.
        button { id: "decline", onclick: move |_| phone.set(Phone::Idle), "Decline" }
    }
}

/// An accepted call, with the remote video and the chat.
#[component]
fn InCall(call: Call, mut phone: Signal<Phone>, mut status: Signal<String>) -> Element {
    let mut stream = use_signal(|| None::<MediaStream>);
    let mut chat = use_signal(|| None::<DataChannel>);
    let mut messages = use_signal(Vec::<String>::new);
    let mut line = use_signal(String::new);
    use_hook(|| {
        let call = call.clone();
        spawn(async move {
            let peer = call.peer().name;
            status.set(format!("You are in a call with {peer}."));
            let video = async {
                stream.set(Some(call.remote_stream().await?));
                Ok(())
            };
            let text = async {
                let mut channel = call.channel("chat").await?;
                chat.set(Some(channel.clone()));
                while let Some(message) = channel.next().await {
                    if let Message::Text(text) = message? {
                        messages.push(format!("{peer}: {text}"));
                    }
                }
                Ok::<_, Error>(())
            };
            if let Err(error) = try_join!(video, text) {
                status.set(error.to_string());
            }
            status.set(format!("The call has ended: {}.", call.ended().await));
            phone.set(Phone::Idle);
        })
    });
    let send = move |event: FormEvent| async move {
        event.prevent_default();
        let Some(chat) = chat() else { return };
        let text = line.take();
        match chat.send(&text).await {
            Ok(()) => messages.push(format!("You: {text}")),
            Err(error) => status.set(error.to_string()),
        }
    };
    rsx! {
        if let Some(stream) = stream() {
            Video { id: "remote", stream }
        }
        button { id: "hang-up", onclick: move |_| call.hang_up(), "Hang up" }
        ul { id: "messages",
            for text in messages() {
                li { "{text}" }
            }
        }
        form { onsubmit: send,
            input { id: "line", placeholder: "Message", value: line, oninput: move |event| line.set(event.value()) }
            button { id: "send", disabled: chat().is_none(), "Send" }
        }
    }
}

/// A `<video>` element that shows a stream.
#[component]
fn Video(id: String, stream: MediaStream, #[props(default)] muted: bool) -> Element {
    // The signal keeps the attachment until the component is unmounted.
    let mut shown = use_signal(|| None::<Attachment>);
    let show = move |event: MountedEvent| {
        let Ok(element) = event.as_web_event().dyn_into::<HtmlVideoElement>() else { return };
        // The attribute of this name has no effect on an element that a script has created.
        element.set_muted(muted);
        shown.set(media::show(&element, &stream).ok());
    };
    rsx! {
        video { id, playsinline: true, onmounted: show }
    }
}
