//! The tracks of a call.

use browser_rtc::{
    Result,
    media::{MediaStream, MediaStreamTrack, TrackKind},
    peer::RtpSender,
    room::Call,
};
use futures::FutureExt;

/// One of the two sides of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Remote,
    Own,
}

/// Returns the live tracks of one side.
fn tracks(call: &Call, side: Side) -> Vec<MediaStreamTrack> {
    let tracks = match side {
        // The stream is missing until the peer has sent something.
        Side::Remote => call.remote_stream().now_or_never().and_then(Result::ok).map(|stream| stream.tracks()),
        Side::Own => Some(call.connection().senders().iter().filter_map(RtpSender::track).collect()),
    };
    tracks.into_iter().flatten().filter(|track| !track.is_ended()).collect()
}

/// Returns the picture of one side.
pub fn picture(call: &Call, side: Side) -> Option<MediaStreamTrack> {
    tracks(call, side).into_iter().find(|track| track.kind() == TrackKind::Video)
}

/// Returns a stream to record: sound, or sound and picture, as far as one side has them.
pub fn stream(call: &Call, side: Side, with_picture: bool) -> Option<Result<MediaStream>> {
    let mut tracks = tracks(call, side);
    tracks.retain(|track| with_picture || track.kind() == TrackKind::Audio);
    (!tracks.is_empty()).then(|| MediaStream::from_tracks(&tracks))
}
