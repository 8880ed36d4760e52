//! Streams and channels that the remote peer has opened, and that the program has not requested yet.

use std::{
    cell::RefCell,
    future::{self, Future},
    pin::Pin,
    rc::Rc,
    slice,
    task::Poll,
};

use futures::{StreamExt, select_biased};

use crate::{
    channel::{ChannelState, DataChannel},
    event::EventStream,
    media::{MediaStream, MediaStreamTrack, TrackState},
    peer::{PeerConnection, TrackEvent},
    wake::WakerSet,
};

/// Maximum number of unclaimed channels, because the peer can open any number of channels.
const MAX_CHANNELS: usize = 64;

/// Maximum size of the unread messages of an unclaimed channel, in bytes.
const MAX_CHANNEL_BYTES: u32 = 8 * 1024 * 1024;

/// The unclaimed streams and channels of one connection.
#[derive(Default)]
pub(crate) struct Unclaimed {
    /// The first stream.
    stream: RefCell<Option<MediaStream>>,
    /// A stream of the tracks that belong to no stream.
    streamless_tracks: RefCell<Option<MediaStream>>,
    channels: RefCell<Vec<DataChannel>>,
    changed: WakerSet,
}

impl Unclaimed {
    /// Returns the first stream.
    pub(crate) fn stream(&self) -> Option<MediaStream> {
        self.stream.borrow().clone()
    }

    /// Removes and returns the first channel that `matches` accepts.
    pub(crate) fn take_channel(&self, matches: impl Fn(&DataChannel) -> bool) -> Option<DataChannel> {
        let mut channels = self.channels.borrow_mut();
        let position = channels.iter().position(matches)?;
        Some(channels.remove(position))
    }

    /// Calls `take` after each change until it returns a value, and resolves to that value. Resolves to `None` at `end`.
    /// Cancel safe.
    pub(crate) async fn next<T>(
        &self,
        mut end: impl Future<Output = ()> + Unpin,
        take: impl Fn(&Self) -> Option<T>,
    ) -> Option<T> {
        let mut changed = self.changed.waiter();
        future::poll_fn(move |cx| {
            if Pin::new(&mut end).poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            changed.register(cx);
            take(self).map_or(Poll::Pending, |value| Poll::Ready(Some(value)))
        })
        .await
    }

    /// Adds a track. The first stream is that of the first track.
    fn add_track(&self, event: TrackEvent) {
        let stream = match event.streams.into_iter().next() {
            Some(stream) => Some(stream),
            None => self.add_streamless(&event.track),
        };
        if let Some(stream) = stream {
            self.stream.borrow_mut().get_or_insert(stream);
        }
    }

    /// Adds a track to the stream of those that belong to no stream, and removes the ended tracks from it, so that they do
    /// not accumulate. Returns `None` if the browser cannot create a stream.
    fn add_streamless(&self, track: &MediaStreamTrack) -> Option<MediaStream> {
        let mut streamless_tracks = self.streamless_tracks.borrow_mut();
        if let Some(stream) = &*streamless_tracks {
            for ended in stream.tracks().iter().filter(|track| track.state() == TrackState::Ended) {
                stream.remove_track(ended);
            }
            stream.add_track(track);
        } else {
            *streamless_tracks = MediaStream::from_tracks(slice::from_ref(track)).ok();
        }
        streamless_tracks.clone()
    }

    /// Adds a channel, or closes it if there are too many.
    fn add_channel(&self, channel: DataChannel) {
        let mut channels = self.channels.borrow_mut();
        channels.retain(|channel| channel.state() != ChannelState::Closed || channel.has_messages());
        if channels.len() == MAX_CHANNELS {
            channel.close();
            return;
        }
        channel.set_receive_limit(MAX_CHANNEL_BYTES);
        channels.push(channel);
    }
}

/// Subscribes to the streams and channels of a connection. Returns their collection, and the task that fills it until the
/// connection ends.
pub(crate) fn collect(pc: &PeerConnection) -> (Rc<Unclaimed>, impl Future<Output = ()> + use<>) {
    let unclaimed = Rc::<Unclaimed>::default();
    (unclaimed.clone(), collect_into(unclaimed, pc.tracks(), pc.data_channels()))
}

async fn collect_into(
    unclaimed: Rc<Unclaimed>,
    mut tracks: EventStream<TrackEvent>,
    mut channels: EventStream<DataChannel>,
) {
    loop {
        let is_open = select_biased! {
            track = tracks.next() => track.map(|track| unclaimed.add_track(track)).is_some(),
            channel = channels.next() => channel.map(|channel| unclaimed.add_channel(channel)).is_some(),
        };
        if !is_open {
            return;
        }
        unclaimed.changed.wake_all();
    }
}
