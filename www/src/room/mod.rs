//! The room view: people, messages and calls.

pub mod chat;
pub mod invite;
pub mod people;
mod qr;
mod search;

use std::pin::pin;

use browser_rtc::{
    room::{DeclineReason, IncomingCall, Room, RoomEvent},
    signaling::{ErrorCode, Peer},
};
use futures::{
    FutureExt, StreamExt,
    future::{Fuse, FusedFuture},
    select_biased,
};

use self::people::People;
use crate::{
    Joined,
    call::talk,
    dom,
    form::{self, address},
    notices::{Code, Note},
    page::Page,
    ringing, texts,
    ui::title::Title,
};

/// A call that is about to ring.
enum Ring {
    Out(Peer),
    In(IncomingCall),
}

/// Runs until the user leaves, or until the server is lost and there is no call.
pub async fn stay(page: &Page, Joined { room, name }: Joined) -> Note {
    let _title = Title::new(&texts::room::title(&name));
    let mut events = room.events();
    let mut people = People::new(&page.people, &room.me(), room.peers());
    page.settings.move_to(&page.lounge_devices);
    let mut settings = pin!(page.settings.run().fuse());
    let mut leave = dom::clicks(&page.leave);
    let mut address = address::changes().fuse();
    let mut chat = pin!(chat::run(&page.room_chat, &room).fuse());
    let mut invite = pin!(invite::run(&page.invite, &name).fuse());
    // One call at a time, from the ring to its end, which runs concurrently with the room.
    let mut phone = pin!(Fuse::terminated());
    let mut lost = None;
    // The connection to the server, as the status shows it.
    let mut _server = None;
    loop {
        select_biased! {
            note = phone => {
                people.end_call();
                settings.set(page.settings.run().fuse());
                if let Some(lost) = lost {
                    return lost;
                }
                page.notices.show(note);
            }
            event = events.next() => match event {
                Some(RoomEvent::Incoming(call)) if phone.is_terminated() => {
                    people.begin_call(&call.peer());
                    page.invite.close();
                    page.viewer.close();
                    settings.set(Fuse::terminated());
                    phone.set(one_call(page, &room, Ring::In(call)).fuse());
                }
                Some(RoomEvent::Incoming(call)) => ringing::decline_call(&call, DeclineReason::Busy),
                Some(RoomEvent::PeerJoined(peer)) => people.add(peer),
                Some(RoomEvent::PeerLeft(peer, _)) => people.remove(&peer),
                // The peer has just left, which is reported by another event.
                Some(RoomEvent::Refused(error)) if error.signaling_code() == Some(ErrorCode::UnknownPeer) => {}
                Some(RoomEvent::Refused(error)) => page.notices.fail(texts::server_failure(&error)),
                Some(RoomEvent::Lagged { .. }) => {
                    people.replace(room.peers());
                }
                // Only the first attempt is shown. Calls and the list of people work without the server.
                Some(RoomEvent::Reconnecting { attempt: 1, .. }) => _server = Some(page.notices.hold(Note::new(
                    Code::Reconnecting,
                    texts::room::RECONNECTING,
                ))),
                Some(RoomEvent::Recovered) => {
                    _server = None;
                    page.notices.show(Note::new(Code::Recovered, texts::room::RECOVERED));
                }
                Some(RoomEvent::Lost { reason, .. }) => {
                    people.replace(Vec::new());
                    let note = Note::new(Code::Disconnected, texts::lost(&reason));
                    if phone.is_terminated() {
                        return note;
                    }
                    // A call needs no server, so that it continues.
                    _server = Some(page.notices.hold(Note::new(
                        Code::Disconnected,
                        texts::room::ONLY_CALL,
                    )));
                    lost = Some(note);
                }
                _ => {}
            },
            () = settings => {}
            () = chat => {}
            () = invite => {}
            peer = people.called() => if phone.is_terminated() && lost.is_none() {
                people.begin_call(&peer);
                settings.set(Fuse::terminated());
                phone.set(one_call(page, &room, Ring::Out(peer)).fuse());
            },
            () = leave.select_next_some() => {
                form::forget();
                room.leave();
                page.notices.clear_failure();
                return Note::new(Code::Left, texts::room::LEFT);
            }
            // A link to another room, which the user has pasted into the address bar.
            address = address.select_next_some() => if address.room.is_some_and(|room| room != name) {
                room.leave();
                page.join.prefill();
                page.notices.clear_failure();
                return Note::new(Code::Left, texts::room::LEFT);
            },
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
        Ok((call, media)) => talk(page, &call, &media).await,
        Err(note) => note,
    }
}
