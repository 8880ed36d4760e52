//! Streams and channels that the peer of a call has sent, until the program asks for them.

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
    wake::{CloseWait, WakerSet},
};

/// Maximum number of unclaimed channels, and of bytes that each of them holds: the peer opens them at will.
const MAX_CHANNELS: usize = 64;
const MAX_CHANNEL_BYTES: u32 = 8 * 1024 * 1024;

/// The unclaimed streams and channels of one call.
#[derive(Default)]
pub(super) struct Unclaimed {
    stream: RefCell<Option<MediaStream>>,
    /// Collects the tracks that the peer sends in no stream.
    collected: RefCell<Option<MediaStream>>,
    channels: RefCell<Vec<DataChannel>>,
    changed: WakerSet,
}

impl Unclaimed {
    /// Returns the first stream.
    pub(super) fn stream(&self) -> Option<MediaStream> {
        self.stream.borrow().clone()
    }

    /// Takes the first channel of this label.
    pub(super) fn take_channel(&self, label: &str) -> Option<DataChannel> {
        let mut channels = self.channels.borrow_mut();
        let position = channels.iter().position(|channel| channel.label() == label)?;
        Some(channels.remove(position))
    }

    /// Resolves to what `take` returns once there is something; to nothing when `end` has come. Cancel safe.
    pub(super) async fn next<T>(&self, mut end: CloseWait, take: impl Fn(&Self) -> Option<T>) -> Option<T> {
        let mut changed = self.changed.waiter();
        future::poll_fn(move |cx| {
            if Pin::new(&mut end).poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            changed.register(cx);
            take(self).map_or(Poll::Pending, |taken| Poll::Ready(Some(taken)))
        })
        .await
    }

    /// Adds a track. Without memory for a stream of its own, a track without a stream is dropped.
    fn add_track(&self, event: TrackEvent) {
        let stream = match event.streams.into_iter().next() {
            Some(stream) => Some(stream),
            None => self.collect(&event.track),
        };
        if let Some(stream) = stream {
            self.stream.borrow_mut().get_or_insert(stream);
        }
    }

    /// Adds a track to those without a stream. Ended ones are removed, so that the peer cannot pile them up.
    fn collect(&self, track: &MediaStreamTrack) -> Option<MediaStream> {
        let mut collected = self.collected.borrow_mut();
        if let Some(stream) = &*collected {
            for ended in stream.tracks().iter().filter(|track| track.state() == TrackState::Ended) {
                stream.remove_track(ended);
            }
            stream.add_track(track);
        } else {
            *collected = MediaStream::from_tracks(slice::from_ref(track)).ok();
        }
        collected.clone()
    }

    /// Adds a channel. One that exceeds the limit is closed.
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

/// Collects the streams and channels of a connection until it ends.
pub(super) fn collect(pc: &PeerConnection) -> (Rc<Unclaimed>, impl Future<Output = ()> + use<>) {
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
