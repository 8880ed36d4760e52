//! A video call with a chat, in Yew.
//!
//! The handles of browser-rtc are `Clone` and compare by identity, so props, state and the dependencies of hooks hold them
//! as they are. When a component is unmounted, Yew drops its state, and `use_task` drops its tasks. Dropping the
//! handles in them hangs up, declines a call that rings, stops the camera and leaves the room.

use std::rc::Rc;

use browser_rtc::{
    Error, Result,
    channel::{DataChannel, Message},
    media::{self, Constraints, MediaStream},
    room::{Call, IncomingCall, Join, Room, RoomEvent},
    signaling::{self, Peer},
};
use futures::{FutureExt, StreamExt, future::abortable, try_join};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, HtmlVideoElement};
use yew::prelude::*;

#[wasm_bindgen(start)]
pub fn start() {
    yew::Renderer::<App>::new().render();
}

/// The state of the one call that this page can have.
#[derive(Clone, PartialEq)]
enum Phone {
    Idle,
    Calling(Peer),
    Ringing(IncomingCall),
    InCall(Call),
}

impl Reducible for Phone {
    type Action = Self;

    fn reduce(self: Rc<Self>, next: Self) -> Rc<Self> {
        match (&*self, &next) {
            (Self::Idle, _) | (_, Self::Idle | Self::InCall(_)) => next.into(),
            // One call at a time: dropping another one that rings declines it.
            _ => self,
        }
    }
}

/// Runs a task until the component is unmounted.
#[hook]
fn use_task(task: impl Future<Output = ()> + 'static) {
    use_effect_with((), move |()| {
        let (task, handle) = abortable(task);
        spawn_local(task.map(drop));
        move || handle.abort()
    });
}

#[component]
fn App() -> Html {
    let status = use_state(|| "Enter a name and join the room.".to_owned());
    let joined = use_state(|| None::<(Room, MediaStream)>);
    let is_joining = use_state(|| false);
    let name = use_node_ref();
    let submit = {
        let (status, joined, is_joining, name) = (status.setter(), joined.setter(), is_joining.setter(), name.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let Some(name) = name.cast::<HtmlInputElement>() else { return };
            let (status, joined, is_joining) = (status.clone(), joined.clone(), is_joining.clone());
            is_joining.set(true);
            spawn_local(async move {
                match join(name.value()).await {
                    Ok(room) => joined.set(Some(room)),
                    Err(error) => status.set(error.to_string()),
                }
                is_joining.set(false);
            });
        }
    };
    let leave = {
        let (status, joined) = (status.setter(), joined.setter());
        move |_| {
            joined.set(None);
            status.set("You have left the room.".to_owned());
        }
    };
    html! {
        <>
            <p id="status" role="status">{ &*status }</p>
            if let Some((room, camera)) = &*joined {
                <Lobby room={room.clone()} camera={camera.clone()} status={status.setter()} />
                <button id="leave" onclick={leave}>{ "Leave" }</button>
            } else {
                <form onsubmit={submit}>
                    <label>{ "Your name " }<input id="name" ref={name} required=true /></label>
                    <button id="join" disabled={*is_joining}>{ "Join" }</button>
                </form>
            }
        </>
    }
}

async fn join(name: String) -> Result<(Room, MediaStream)> {
    let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let url = signaling::url_of_this_page()?;
    let room = Room::join(&url, Join::new("lobby", name)).await?;
    Ok((room, camera))
}

#[derive(Clone, PartialEq, Properties)]
struct LobbyProps {
    room: Room,
    camera: MediaStream,
    /// Messages for the user, including errors.
    status: UseStateSetter<String>,
}

/// The peers in the room, and a call with one of them.
#[component]
fn Lobby(props: &LobbyProps) -> Html {
    let LobbyProps { room, camera, status } = props.clone();
    let peers = use_state(|| room.peers());
    let phone = use_reducer(|| Phone::Idle);
    use_task({
        let (props, peers, phone) = (props.clone(), peers.setter(), phone.dispatcher());
        async move {
            let LobbyProps { room, status, .. } = props;
            status.set(format!("You are in the room as {}.", room.me().name));
            let mut events = room.events();
            while let Some(event) = events.next().await {
                peers.set(room.peers());
                match event {
                    RoomEvent::Incoming(call) => phone.dispatch(Phone::Ringing(call)),
                    RoomEvent::Lost { reason, .. } => status.set(reason.to_string()),
                    _ => {}
                }
            }
        }
    });
    let dispatcher = phone.dispatcher();
    let disabled = *phone != Phone::Idle;
    let item = |peer: &Peer| {
        let (phone, callee) = (dispatcher.clone(), peer.clone());
        let call = move |_| phone.dispatch(Phone::Calling(callee.clone()));
        html! { <li>{ &peer.name }{ " " }<button {disabled} onclick={call}>{ "Call" }</button></li> }
    };
    html! {
        <>
            <Video id="local" stream={camera.clone()} muted=true />
            <ul id="peers">{ for peers.iter().map(item) }</ul>
            {match (*phone).clone() {
                Phone::Idle => html! {},
                Phone::Calling(peer) => html! { <Calling {room} {camera} {peer} phone={dispatcher} {status} /> },
                Phone::Ringing(call) => html! { <Ringing {call} {camera} phone={dispatcher} {status} /> },
                Phone::InCall(call) => html! { <InCall {call} phone={dispatcher} {status} /> },
            }}
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct CallingProps {
    room: Room,
    camera: MediaStream,
    peer: Peer,
    phone: UseReducerDispatcher<Phone>,
    status: UseStateSetter<String>,
}

/// An outgoing call that rings. Unmounting the component drops the call, which stops the ringing.
#[component]
fn Calling(props: &CallingProps) -> Html {
    use_task({
        let CallingProps { room, camera, peer, phone, status } = props.clone();
        async move {
            status.set(format!("Calling {}.", peer.name));
            match room.call(&peer.id, &camera).await {
                Ok(call) => phone.dispatch(Phone::InCall(call)),
                Err(error) => {
                    status.set(error.to_string());
                    phone.dispatch(Phone::Idle);
                }
            }
        }
    });
    let phone = props.phone.clone();
    html! { <button id="cancel" onclick={move |_| phone.dispatch(Phone::Idle)}>{ "Cancel" }</button> }
}

#[derive(Clone, PartialEq, Properties)]
struct RingingProps {
    call: IncomingCall,
    camera: MediaStream,
    phone: UseReducerDispatcher<Phone>,
    status: UseStateSetter<String>,
}

/// An incoming call that rings.
#[component]
fn Ringing(props: &RingingProps) -> Html {
    use_task({
        let RingingProps { call, phone, status, .. } = props.clone();
        async move {
            status.set(format!("{} is calling.", call.peer().name));
            status.set(format!("The call has ended: {}.", call.ended().await));
            phone.dispatch(Phone::Idle);
        }
    });
    let accept = use_callback(props.clone(), |_, props| {
        let RingingProps { call, camera, phone, status } = props.clone();
        spawn_local(async move {
            match call.accept(&camera).await {
                Ok(call) => phone.dispatch(Phone::InCall(call)),
                Err(error) => status.set(error.to_string()),
            }
        });
    });
    // Dropping the last handle of the call declines it.
    let decline = use_callback(props.phone.clone(), |_, phone| phone.dispatch(Phone::Idle));
    html! {
        <>
            <button id="accept" onclick={accept}>{ "Accept" }</button>
            <button id="decline" onclick={decline}>{ "Decline" }</button>
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct InCallProps {
    call: Call,
    phone: UseReducerDispatcher<Phone>,
    status: UseStateSetter<String>,
}

/// An accepted call, with the remote video and the chat.
#[component]
fn InCall(props: &InCallProps) -> Html {
    let stream = use_state(|| None::<MediaStream>);
    let chat = use_state(|| None::<DataChannel>);
    let messages = use_reducer(Messages::default);
    let line = use_node_ref();
    use_task({
        let InCallProps { call, phone, status } = props.clone();
        let (stream, chat, messages) = (stream.setter(), chat.setter(), messages.dispatcher());
        async move {
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
                        messages.dispatch(format!("{peer}: {text}"));
                    }
                }
                Ok::<_, Error>(())
            };
            if let Err(error) = try_join!(video, text) {
                status.set(error.to_string());
            }
            status.set(format!("The call has ended: {}.", call.ended().await));
            phone.dispatch(Phone::Idle);
        }
    });
    let send = {
        let (chat, messages, line) = (chat.clone(), messages.dispatcher(), line.clone());
        let status = props.status.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let (Some(chat), Some(line)) = ((*chat).clone(), line.cast::<HtmlInputElement>()) else { return };
            let (messages, status, text) = (messages.clone(), status.clone(), line.value());
            line.set_value("");
            spawn_local(async move {
                match chat.send(&text).await {
                    Ok(()) => messages.dispatch(format!("You: {text}")),
                    Err(error) => status.set(error.to_string()),
                }
            });
        }
    };
    let hang_up = use_callback(props.call.clone(), |_, call| call.hang_up());
    html! {
        <>
            if let Some(stream) = &*stream {
                <Video id="remote" stream={stream.clone()} />
            }
            <button id="hang-up" onclick={hang_up}>{ "Hang up" }</button>
            <ul id="messages">{ for messages.0.iter().map(|text| html! { <li>{ text }</li> }) }</ul>
            <form onsubmit={send}>
                <input id="line" ref={line} placeholder="Message" />
                <button id="send" disabled={chat.is_none()}>{ "Send" }</button>
            </form>
        </>
    }
}

/// The lines of the chat.
#[derive(Default)]
struct Messages(Vec<String>);

impl Reducible for Messages {
    type Action = String;

    fn reduce(self: Rc<Self>, line: String) -> Rc<Self> {
        Self([&self.0[..], &[line]].concat()).into()
    }
}

#[derive(PartialEq, Properties)]
struct VideoProps {
    id: &'static str,
    stream: MediaStream,
    #[prop_or_default]
    muted: bool,
}

/// A `<video>` element that shows a stream.
#[component]
fn Video(VideoProps { id, stream, muted }: &VideoProps) -> Html {
    let element = use_node_ref();
    use_effect_with((element.clone(), stream.clone(), *muted), |(element, stream, muted)| {
        let shown = element.cast::<HtmlVideoElement>().map(|element| {
            // The attribute of this name has no effect on an element that a script has created.
            element.set_muted(*muted);
            media::show(&element, stream)
        });
        move || drop(shown)
    });
    html! { <video id={*id} ref={element} playsinline=true /> }
}
