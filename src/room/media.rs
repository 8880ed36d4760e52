//! The media that a call begins with.

use std::{fmt, future::Future};

use futures::{FutureExt, future::LocalBoxFuture};

use crate::{error::Result, media::MediaStream};

/// The media that this client sends from the beginning of a call: a stream, a future of a stream, or none.
///
/// [`Room::call`](super::Room::call) and [`IncomingCall::accept`](super::IncomingCall::accept) take any value that
/// converts to this type: `&camera`, `&Option<MediaStream>`, or `None` to only receive.
///
/// # Examples
/// With a future, the camera is opened as part of the call. It is released if the call ends before that:
///
/// ```no_run
/// # use browser_rtc::{media::{self, Constraints}, room::{Call, CallMedia, Room}, signaling::PeerId, Result};
/// # async fn example(room: &Room, peer: &PeerId) -> Result<Call> {
/// let constraints = Constraints::new().audio(true).video(true);
/// room.call(peer, CallMedia::from_future(media::get_user_media(&constraints))).await
/// # }
/// ```
pub struct CallMedia<'a>(Source<'a>);

enum Source<'a> {
    Ready(Option<MediaStream>),
    Pending(LocalBoxFuture<'a, Result<MediaStream>>),
}

impl<'a> CallMedia<'a> {
    /// Creates media from a future of a stream. If the future fails, the call ends.
    pub fn from_future(future: impl Future<Output = Result<MediaStream>> + 'a) -> Self {
        Self(Source::Pending(future.boxed_local()))
    }

    /// Waits for the media.
    pub(super) async fn get(self) -> Result<Option<MediaStream>> {
        match self.0 {
            Source::Ready(stream) => Ok(stream),
            Source::Pending(future) => future.await.map(Some),
        }
    }
}

impl From<&MediaStream> for CallMedia<'_> {
    fn from(stream: &MediaStream) -> Self {
        Self(Source::Ready(Some(stream.clone())))
    }
}

impl From<Option<&MediaStream>> for CallMedia<'_> {
    fn from(stream: Option<&MediaStream>) -> Self {
        Self(Source::Ready(stream.cloned()))
    }
}

impl From<&Option<MediaStream>> for CallMedia<'_> {
    fn from(stream: &Option<MediaStream>) -> Self {
        stream.as_ref().into()
    }
}

impl fmt::Debug for CallMedia<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            Source::Ready(Some(_)) => "stream",
            Source::Ready(None) => "none",
            Source::Pending(_) => "future",
        };
        f.debug_tuple("CallMedia").field(&name).finish()
    }
}
