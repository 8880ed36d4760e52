//! A video call with a chat, in Leptos.
//!
//! The handles of browser-rtc are not `Send`, so signals that hold them have local storage (`RwSignal::new_local`). When a
//! component is unmounted, Leptos drops its signals and the tasks that it has spawned. Dropping the handles in
//! them hangs up, declines a call that rings, stops the camera and leaves the room.

use browser_rtc::{
    Error, Result,
    channel::{DataChannel, Message},
    media::{self, Constraints, MediaStream},
    room::{Call, IncomingCall, Join, Room, RoomEvent},
    signaling::{self, Peer},
};
use futures::{StreamExt, try_join};
use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local_scoped_with_cancellation as spawn};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
pub fn start() {
    mount_to_body(App);
}

/// The message for the user, including errors.
type StatusSignal = RwSignal<String>;
type PhoneSignal = RwSignal<Phone, LocalStorage>;

/// The state of the one call that this page can have.
#[derive(Clone, PartialEq)]
enum Phone {
    Idle,
    Calling(Peer),
    Ringing(IncomingCall),
    InCall(Call),
}

#[component]
fn App() -> impl IntoView {
    let status = StatusSignal::new("Enter a name and join the room.".to_owned());
    let name = RwSignal::new(String::new());
    let join = Action::new_local(move |name: &String| {
        let joined = join(name.clone());
        async move { joined.await.inspect_err(|error| status.set(error.to_string())).ok() }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        join.dispatch_local(name.get_untracked());
    };
    let joined = join.value();
    let leave = move |_| {
        joined.set(None);
        status.set("You have left the room.".to_owned());
    };
    view! {
        <p id="status" role="status">{status}</p>
        {move || match joined.get().flatten() {
            Some((room, camera)) => view! {
                <Lobby room camera status/>
                <button id="leave" on:click=leave>"Leave"</button>
            }
            .into_any(),
            None => view! {
                <form on:submit=submit>
                    <label>"Your name " <input id="name" required bind:value=name/></label>
                    <button id="join" disabled=join.pending()>"Join"</button>
                </form>
            }
            .into_any(),
        }}
    }
}

async fn join(name: String) -> Result<(Room, MediaStream)> {
    let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let url = signaling::url_of_this_page()?;
    let room = Room::join(&url, Join::new("lobby", name)).await?;
    Ok((room, camera))
}

/// The peers in the room, and a call with one of them.
#[component]
fn Lobby(room: Room, camera: MediaStream, status: StatusSignal) -> impl IntoView {
    let peers = RwSignal::new(room.peers());
    let phone = RwSignal::new_local(Phone::Idle);
    status.set(format!("You are in the room as {}.", room.me().name));

    let mut events = room.events();
    spawn({
        let room = room.clone();
        async move {
            while let Some(event) = events.next().await {
                peers.set(room.peers());
                match event {
                    // One call at a time: others are dropped, which declines them.
                    RoomEvent::Incoming(call) if *phone.read_untracked() == Phone::Idle => {
                        phone.set(Phone::Ringing(call));
                    }
                    RoomEvent::Lost { reason, .. } => status.set(reason.to_string()),
                    _ => {}
                }
            }
        }
    });

    let (room, camera) = (StoredValue::new_local(room), StoredValue::new_local(camera));
    view! {
        <Video id="local" stream=camera.get_value() muted=true/>
        <ul id="peers">
            <For each=move || peers.get() key=|peer| peer.id.clone() let(peer)>
                <li>
                    {peer.name.clone()} " "
                    <button
                        disabled=move || *phone.read() != Phone::Idle
                        on:click=move |_| phone.set(Phone::Calling(peer.clone()))
                    >
                        "Call"
                    </button>
                </li>
            </For>
        </ul>
        {move || match phone.get() {
            Phone::Idle => ().into_any(),
            Phone::Calling(peer) => {
                view! { <Calling room=room.get_value() camera=camera.get_value() peer phone status/> }.into_any()
            }
            Phone::Ringing(call) => view! { <Ringing call camera=camera.get_value() phone status/> }.into_any(),
            Phone::InCall(call) => view! { <InCall call phone status/> }.into_any(),
        }}
    }
}

/// An outgoing call that rings. Unmounting the component drops the call, which stops the ringing.
#[component]
fn Calling(room: Room, camera: MediaStream, peer: Peer, phone: PhoneSignal, status: StatusSignal) -> impl IntoView {
    status.set(format!("Calling {}.", peer.name));
    spawn(async move {
        match room.call(&peer.id, &camera).await {
            Ok(call) => phone.set(Phone::InCall(call)),
            Err(error) => {
                status.set(error.to_string());
                phone.set(Phone::Idle);
            }
        }
    });
    view! { <button id="cancel" on:click=move |_| phone.set(Phone::Idle)>"Cancel"</button> }
}

/// An incoming call that rings.
#[component]
fn Ringing(call: IncomingCall, camera: MediaStream, phone: PhoneSignal, status: StatusSignal) -> impl IntoView {
    status.set(format!("{} is calling.", call.peer().name));
    let ended = call.ended();
    spawn(async move {
        status.set(format!("The call has ended: {}.", ended.await));
        phone.set(Phone::Idle);
    });
    let accept = move |_| {
        let (call, camera) = (call.clone(), camera.clone());
        spawn(async move {
            match call.accept(&camera).await {
                Ok(call) => phone.set(Phone::InCall(call)),
                Err(error) => status.set(error.to_string()),
            }
        });
    };
    view! {
        <button id="accept" on:click=accept>"Accept"</button>
        // Dropping the last handle of the call declines it.
        <button id="decline" on:click=move |_| phone.set(Phone::Idle)>"Decline"</button>
    }
}

/// An accepted call, with the remote video and the chat.
#[component]
fn InCall(call: Call, phone: PhoneSignal, status: StatusSignal) -> impl IntoView {
    let stream = RwSignal::new_local(None::<MediaStream>);
    let chat = RwSignal::new_local(None::<DataChannel>);
    let messages = RwSignal::new(Vec::<String>::new());
    let line = RwSignal::new(String::new());
    let peer = call.peer().name;
    status.set(format!("You are in a call with {peer}."));

    spawn({
        let call = call.clone();
        async move {
            let video = async {
                stream.set(Some(call.remote_stream().await?));
                Ok(())
            };
            let text = async {
                let mut channel = call.channel("chat").await?;
                chat.set(Some(channel.clone()));
                while let Some(message) = channel.next().await {
                    if let Message::Text(text) = message? {
                        messages.write().push(format!("{peer}: {text}"));
                    }
                }
                Ok::<_, Error>(())
            };
            if let Err(error) = try_join!(video, text) {
                status.set(error.to_string());
            }
            status.set(format!("The call has ended: {}.", call.ended().await));
            phone.set(Phone::Idle);
        }
    });
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(chat) = chat.get_untracked() else { return };
        spawn(async move {
            let text = std::mem::take(&mut *line.write());
            match chat.send(&text).await {
                Ok(()) => messages.write().push(format!("You: {text}")),
                Err(error) => status.set(error.to_string()),
            }
        });
    };
    view! {
        {move || stream.get().map(|stream| view! { <Video id="remote" stream/> })}
        <button id="hang-up" on:click=move |_| call.hang_up()>"Hang up"</button>
        <ul id="messages">{move || messages.get().into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
        <form on:submit=send>
            <input id="line" placeholder="Message" bind:value=line/>
            <button id="send" disabled=move || chat.read().is_none()>"Send"</button>
        </form>
    }
}

/// A `<video>` element that shows a stream.
#[component]
fn Video(id: &'static str, stream: MediaStream, #[prop(optional)] muted: bool) -> impl IntoView {
    let element = NodeRef::<html::Video>::new();
    // The effect keeps the attachment until the component is unmounted.
    Effect::new(move |_| element.get().map(|element| media::show(&element, &stream)));
    view! { <video id=id node_ref=element prop:muted=muted playsinline=true></video> }
}
