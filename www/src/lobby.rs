//! The room view: people, messages and calls.

use std::pin::pin;

use browser_rtc::{
    room::{DeclineReason, IncomingCall, Room, RoomEvent},
    signaling::{ErrorCode, Peer},
};
use futures::{
    FutureExt, StreamExt,
    future::{Fuse, FusedFuture},
    select_biased,
    stream::FuturesUnordered,
};

use crate::{
    call::talk,
    dom,
    notices::{Code, Note},
    page::Page,
    panels::chat::RoomChat,
    people::People,
    ringing, texts,
};

/// A call that is about to ring.
enum Ring {
    Out(Peer),
    In(IncomingCall),
}

/// Runs until the user leaves, or until the server is lost and there is no call.
pub async fn stay(page: &Page, room: Room) -> Note {
    let mut events = room.events();
    let mut people = People::new(&page.people, room.peers());
    let mut devices = pin!(page.settings.follow_devices().fuse());
    let mut leave = dom::clicks(&page.leave);
    let mut chat = RoomChat::open(&page.room_chat);
    // One call at a time, from the ring to its end, which runs concurrently with the room.
    let mut phone = pin!(Fuse::terminated());
    let mut deliveries = FuturesUnordered::new();
    let mut lost = None;
    // The connection to the server, as the status shows it.
    let mut _server = None;
    loop {
        select_biased! {
            note = phone => {
                people.end_call();
                if let Some(lost) = lost {
                    return lost;
                }
                page.notices.show(note);
            }
            event = events.next() => match event {
                Some(RoomEvent::Incoming(call)) if phone.is_terminated() => {
                    people.begin_call(&call.peer());
                    phone.set(one_call(page, &room, Ring::In(call)).fuse());
                }
                Some(RoomEvent::Incoming(call)) => ringing::decline_call(&call, DeclineReason::Busy),
                Some(RoomEvent::PeerJoined(peer)) => people.add(peer),
                Some(RoomEvent::PeerLeft(peer, _)) => people.remove(&peer),
                Some(RoomEvent::Said { from, data, .. }) => chat.add_received(&from, &data),
                // The peer has just left, which is reported by another event.
                Some(RoomEvent::Refused(error)) if error.signaling_code() == Some(ErrorCode::UnknownPeer) => {}
                Some(RoomEvent::Refused(error)) => page.notices.fail(texts::server_failure(&error)),
                Some(RoomEvent::Lagged { .. }) => {
                    people.clear();
                    for peer in room.peers() {
                        people.add(peer);
                    }
                }
                // Only the first attempt is shown. Calls and the list of people work without the server.
                Some(RoomEvent::Reconnecting { attempt: 1, .. }) => _server = Some(page.notices.hold(Note::new(
                    Code::Reconnecting,
                    "The connection to the server is lost. Reconnecting…",
                ))),
                Some(RoomEvent::Recovered) => {
                    _server = None;
                    page.notices.show(Note::new(Code::Recovered, "The connection to the server is restored."));
                }
                Some(RoomEvent::Lost { reason, .. }) => {
                    people.clear();
                    let note = Note::new(Code::Disconnected, texts::lost(&reason));
                    if phone.is_terminated() {
                        return note;
                    }
                    // A call needs no server, so that it continues.
                    _server = Some(page.notices.hold(Note::new(
                        Code::Disconnected,
                        "The connection to the server is lost. This call continues without it.",
                    )));
                    lost = Some(note);
                }
                _ => {}
            },
            () = devices => {}
            peer = people.called() => if phone.is_terminated() && lost.is_none() {
                people.begin_call(&peer);
                phone.set(one_call(page, &room, Ring::Out(peer)).fuse());
            },
            () = chat.submits.select_next_some() => match chat.say(&room) {
                Ok(delivery) => deliveries.extend(delivery),
                Err(error) => page.notices.fail_unless_closed(&error),
            },
            delivered = deliveries.select_next_some() => if let Err(error) = delivered {
                page.notices.fail_unless_closed(&error);
            },
            () = leave.select_next_some() => {
                room.leave();
                return Note::new(Code::Left, "You have left the room.");
            }
        }
    }
}

/// Runs a call from the ring to its end, and returns the notice of its end.
async fn one_call(page: &Page, room: &Room, ring: Ring) -> Note {
    let answered = match ring {
        Ring::Out(peer) => ringing::outgoing(page, room, peer).await,
        Ring::In(incoming) => ringing::incoming(page, incoming).await,
    };
    match answered {
        Ok((call, camera)) => talk(page, &call, &camera).await,
        Err(note) => note,
    }
}
