//! The state of the media of each side, which both sides exchange over a data channel.
//!
//! A message is the whole state, as JSON. A peer without this channel, such as another program, is shown by its streams
//! alone.

use browser_rtc::{ErrorKind, Result, channel::Typed, room::Call};
use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender},
    select_biased,
};
use serde::{Deserialize, Serialize};

/// The media that one side sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaState {
    /// Set if the microphone is heard.
    pub microphone: bool,
    /// Set if the camera is on.
    pub camera: bool,
    /// The id of the stream with the shared screen.
    pub screen: Option<String>,
    /// Set while this side records the other one.
    pub recording: bool,
}

/// Sends each of the local states, and forwards each of the peer's, until the call ends.
pub async fn exchange(
    call: &Call,
    mut local: UnboundedReceiver<MediaState>,
    remote: UnboundedSender<MediaState>,
) -> Result<()> {
    let mut channel = match call.channel("state").await {
        Ok(channel) => Typed::<MediaState>::new(channel),
        // The peer is another program, which has no such channel.
        Err(error) if *error.kind() == ErrorKind::Timeout => return Ok(()),
        Err(error) => return Err(error),
    };
    loop {
        select_biased! {
            state = local.select_next_some() => channel.send(&state).await?,
            state = channel.next().fuse() => match state {
                // The tiles of the call are gone when this fails.
                Some(Ok(state)) => drop(remote.unbounded_send(state)),
                // Not a state.
                Some(Err(_)) => {}
                None => return Ok(()),
            },
        }
    }
}
