//! A [`Negotiator`] with a real connection and a real link.

use std::pin::{Pin, pin};

use futures::{
    FutureExt, Sink, SinkExt, Stream, StreamExt,
    future::{Fuse, FusedFuture},
    select_biased,
};

use super::{Action, Input, Negotiator, Operation, Politeness, Signal};
use crate::{
    error::{Error, ErrorKind, Result},
    peer::{PeerConnection, SessionDescription},
};

/// Negotiates for `pc` over `link` until either of them ends: it offers when tracks or channels change, answers the
/// other side's offers, and passes candidates on. What fails and does not end the connection, such as a stranger's
/// candidate, goes to `report`.
///
/// The link delivers in order and loses nothing while it lasts. It is not cancel safe: a dropped negotiation may
/// have lost a signal, and the connection with it.
///
/// ```no_run
/// # use browser_rtc::{negotiation::{negotiate, Politeness, Signal}, peer::PeerConnection, Error, Result};
/// # use futures::{Sink, Stream};
/// # async fn example<L>(pc: PeerConnection, link: L) -> Result<()>
/// # where L: Stream<Item = Signal> + Sink<Signal, Error = Error> {
/// negotiate(&pc, Politeness::Polite, link, |error| eprintln!("{error}")).await
/// # }
/// ```
///
/// # Errors
/// What the link fails with. The end of the connection is no error.
pub async fn negotiate<L>(
    pc: &PeerConnection,
    politeness: Politeness,
    link: L,
    mut report: impl FnMut(Error),
) -> Result<()>
where
    L: Stream<Item = Signal> + Sink<Signal>,
    L::Error: Into<Error>,
{
    let mut negotiator = Negotiator::new(politeness);
    let mut link = pin!(link.fuse());
    let mut needed = pc.negotiation_needed();
    let mut candidates = pc.ice_candidates();
    let mut running = pin!(Fuse::terminated());
    loop {
        let mut failure = None;
        let input = select_biased! {
            done = running => match done {
                Ok(local) => Input::Done(local),
                Err(error) if *Error::kind(&error) == ErrorKind::Closed => return Ok(()),
                Err(error) => {
                    failure = Some(error);
                    Input::Failed
                }
            },
            candidate = candidates.next() => match candidate {
                Some(candidate) => Input::LocalCandidate(candidate),
                None => return Ok(()),
            },
            signal = link.next() => match signal {
                Some(signal) => Input::Received(signal),
                None => return Ok(()),
            },
            needed = needed.next() => match needed {
                Some(()) => Input::NegotiationNeeded,
                None => return Ok(()),
            },
        };
        for action in negotiator.handle(input) {
            match action {
                Action::Send(signal) => link.send(signal).await.map_err(Into::into)?,
                Action::Report => failure.take().into_iter().for_each(&mut report),
                Action::Perform(operation) => start(running.as_mut(), perform(pc, operation)),
            }
        }
    }
}

/// One operation runs at a time: the negotiator asks for the next when this one is done.
fn start<F: Future>(mut running: Pin<&mut Fuse<F>>, operation: F) {
    debug_assert!(running.is_terminated());
    running.set(operation.fuse());
}

async fn perform(pc: &PeerConnection, operation: Operation) -> Result<Option<SessionDescription>> {
    match operation {
        Operation::SetLocalDescription => {
            pc.set_local_description().await?;
            Ok(pc.local_description())
        }
        Operation::SetRemoteDescription(description) => {
            pc.set_remote_description(&description).await?;
            Ok(None)
        }
        Operation::AddIceCandidate(candidate) => {
            pc.add_ice_candidate(&candidate).await?;
            Ok(None)
        }
    }
}
