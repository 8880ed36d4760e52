//! Incoming and outgoing calls that ring.

mod alerts;
mod panel;

use std::pin::pin;

use browser_rtc::{
    Error,
    media::MediaStream,
    room::{Call, CallMedia, DeclineReason, IncomingCall, Room},
    signaling::Peer,
};
use futures::{
    FutureExt, StreamExt,
    future::{Fuse, FusedFuture},
    select_biased,
};

use self::alerts::{Alert, Ring};
pub use self::panel::{IncomingPanel, OutgoingPanel};
use crate::{
    capture::{self, LocalMedia},
    notices::{Code, Note},
    page::Page,
    settings::Chosen,
    texts,
};

/// An accepted call with the opened devices, or the notice of why there is no call.
type Answered = Result<(Call, LocalMedia), Note>;

/// Calls a peer. The user may cancel until the peer answers.
pub async fn outgoing(page: &Page, room: &Room, peer: Peer) -> Answered {
    page.notices.clear_failure();
    let _panel = page.outgoing.show(&peer.name);
    page.notices.show(Note::new(Code::Ringing, texts::ringing::calling(&peer.name)));
    let mut cancel = page.outgoing.cancels().fuse();
    let mut ring = pin!(ring(page, room, &peer).fuse());
    select_biased! {
        answered = ring => answered,
        // The call is dropped, which notifies the peer.
        () = cancel.select_next_some() => {
            page.notices.clear_failure();
            Err(Note::new(Code::Cancelled, texts::ringing::cancelled(&peer.name)))
        }
    }
}

async fn ring(page: &Page, room: &Room, peer: &Peer) -> Answered {
    let not_called = |failure| {
        page.notices.fail(failure);
        Note::new(Code::Ended, format!("{} was not called.", peer.name))
    };
    let chosen = page.settings.chosen().map_err(not_called)?;
    let media = open_devices(page, &chosen).boxed_local().shared();
    let opening = media.clone();
    let stream = async move { opening.await?.stream.map_or_else(MediaStream::new, Ok) };
    let mut calling = pin!(room.call(&peer.id, CallMedia::from_future(stream)).fuse());
    let rings = media.clone();
    let mut sound = pin!(
        async {
            // The callee rings when the devices are open.
            let _opened = rings.await;
            alerts::play(page, &Ring::OUTGOING).await
        }
        .fuse()
    );
    let call = select_biased! {
        call = calling => call,
        never = sound => match never {},
    };
    match (call, media.peek()) {
        (Ok(call), _) => Ok((call, media.await.map_err(|error| not_answered(page, &error, peer))?)),
        (Err(_), Some(Err(error))) => Err(not_called(capture::failure(error, &chosen))),
        (Err(error), _) => {
            // What the call lacks no longer matters.
            page.notices.clear_failure();
            Err(not_answered(page, &error, peer))
        }
    }
}

/// Opens the devices for a call, and shows what the call lacks.
async fn open_devices(page: &Page, chosen: &Chosen) -> Result<LocalMedia, Error> {
    let (media, lack) = capture::open_available(chosen).await?;
    if let Some(lack) = lack {
        page.notices.fail(lack);
    }
    Ok(media)
}

/// Shows an incoming call until the user accepts or declines it, or the caller cancels.
pub async fn incoming(page: &Page, incoming: IncomingCall) -> Answered {
    let peer = incoming.peer();
    let _panel = page.incoming.show(&peer.name);
    page.notices.show(Note::new(Code::Ringing, texts::ringing::called_by(&peer.name)));
    let _alert = Alert::new(page, &peer.name);
    let mut sound = pin!(alerts::play(page, &Ring::INCOMING).fuse());
    let (mut accept, mut decline) = (page.incoming.accepts().fuse(), page.incoming.declines().fuse());
    let mut ended = incoming.ended().fuse();
    let open = async || {
        let chosen = page.settings.chosen()?;
        open_devices(page, &chosen).await.map_err(|error| capture::failure(&error, &chosen))
    };
    let mut opening = pin!(Fuse::terminated());
    let declined = || {
        page.notices.clear_failure();
        Note::new(Code::Declined, texts::ringing::declined(&peer.name))
    };
    let media = loop {
        select_biased! {
            reason = ended => {
                page.notices.clear_failure();
                return Err(texts::ring_ended(&reason, &peer.name));
            }
            () = decline.select_next_some() => {
                decline_call(&incoming, DeclineReason::Declined);
                return Err(declined());
            }
            () = accept.select_next_some() => if opening.is_terminated() {
                page.notices.clear_failure();
                sound.set(Fuse::terminated());
                opening.set(open().fuse());
            },
            opened = opening => match opened {
                Ok(media) => break media,
                // The call continues to ring: the user may allow the camera, or choose another, and accept again.
                Err(failure) => page.notices.fail(failure),
            },
            never = sound => match never {},
        }
    };
    let answered = {
        let mut answer = pin!(incoming.accept(&media.stream).fuse());
        select_biased! {
            answered = answer => answered,
            () = decline.select_next_some() => return Err(declined()),
        }
    };
    match answered {
        Ok(call) => Ok((call, media)),
        Err(error) => Err(not_answered(page, &error, &peer)),
    }
}

/// Declines a call, unless it has ended or been answered.
pub fn decline_call(call: &IncomingCall, reason: DeclineReason) {
    let _ = call.decline(reason);
}

fn not_answered(page: &Page, error: &Error, peer: &Peer) -> Note {
    texts::not_answered(error.kind(), &peer.name).unwrap_or_else(|| {
        page.notices.fail(texts::failure(error));
        Note::new(Code::Ended, texts::ringing::failed(&peer.name))
    })
}
