//! The streams of the peer, in their tiles.
//!
//! The first stream is the microphone and the camera, and another one is the screen. A peer that only shares its screen
//! says so in its state.

use browser_rtc::{
    ErrorKind, EventStream, Result,
    media::{MediaStream, MediaStreamTrack},
    room::Call,
};
use futures::{
    FutureExt, StreamExt,
    channel::mpsc::UnboundedReceiver,
    future::{Fuse, FusedFuture, LocalBoxFuture},
    select_biased,
    stream::SelectAll,
};

use super::{
    state::MediaState,
    tiles::{Picture, Tile},
};
use crate::{
    dom,
    notices::{Code, Note},
    page::Page,
    texts,
};

/// The peer, as far as it is known.
#[derive(Default)]
struct Remote {
    streams: Vec<MediaStream>,
    state: Option<MediaState>,
    removals: SelectAll<EventStream<MediaStreamTrack>>,
}

/// Shows the streams of the peer until the call ends.
pub async fn run(page: &Page, call: &Call, mut states: UnboundedReceiver<MediaState>) -> Result<()> {
    let (view, name) = (&page.call, call.peer().name);
    let mut remote = Remote::default();
    let mut tracks = call.connection().tracks();
    let mut first = call.remote_stream().boxed_local().fuse();
    let mut playing: Fuse<LocalBoxFuture<'_, ()>> = Fuse::terminated();
    loop {
        select_biased! {
            stream = first => remote.add(&stream?),
            event = tracks.next() => match event {
                Some(event) => event.streams.iter().for_each(|stream| remote.add(stream)),
                None => return Ok(()),
            },
            state = states.select_next_some() => remote.state = Some(state),
            _track = remote.removals.select_next_some() => {}
            () = playing => continue,
        }
        let before = view.person.stream();
        view.screen.show(remote.screen())?;
        view.screen.set_visible(remote.screen().is_some());
        view.person.show(remote.person())?;
        view.person.set_muted(remote.is_muted());
        if view.person.set_recording(remote.is_recording()) {
            page.notices.show(Note::new(Code::Recorded, texts::call::records_you(&name)));
        }
        match (remote.has_camera(), view.person.picture.get()) {
            (false, _) => view.person.set_picture(Picture::Off),
            (true, Picture::Off) => view.person.set_picture(Picture::Waiting),
            (true, _) => {}
        }
        if before != view.person.stream() || playing.is_terminated() {
            playing = play(page, &view.person).boxed_local().fuse();
        }
    }
}

impl Remote {
    fn add(&mut self, stream: &MediaStream) {
        if !self.streams.contains(stream) {
            self.removals.push(stream.removed_tracks());
            self.streams.push(stream.clone());
        }
    }

    /// Returns the stream of the microphone and the camera.
    fn person(&self) -> Option<&MediaStream> {
        self.streams.iter().find(|stream| !self.is_named_screen(stream))
    }

    /// Returns the stream of the screen, while it has a picture.
    fn screen(&self) -> Option<&MediaStream> {
        let person = self.person();
        let mut others = self.streams.iter().filter(|stream| Some(*stream) != person);
        others.find(|stream| match &self.state {
            Some(_) => self.is_named_screen(stream),
            None => stream.video_tracks().iter().any(|track| !track.is_ended()),
        })
    }

    fn is_named_screen(&self, stream: &MediaStream) -> bool {
        self.state.as_ref().is_some_and(|state| state.screen.as_ref() == Some(&stream.id()))
    }

    fn is_muted(&self) -> bool {
        self.state.as_ref().is_some_and(|state| !state.microphone)
    }

    fn is_recording(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.recording)
    }

    fn has_camera(&self) -> bool {
        let has_track = || self.person().is_none_or(|stream| !stream.video_tracks().is_empty());
        self.state.as_ref().is_none_or(|state| state.camera) && has_track()
    }
}

/// Plays the stream of a tile, after a click if the browser requires one before it plays sound.
async fn play(page: &Page, tile: &Tile) {
    let Some(attachment) = tile.attachment() else { return };
    while let Err(error) = attachment.play().await {
        // Another stream is shown.
        if *error.kind() == ErrorKind::Abort {
            return;
        }
        page.notices.fail(texts::failure(&error));
        // The video may be covered.
        dom::clicks(&tile.element).select_next_some().await;
        page.notices.clear_failure();
    }
    if tile.picture.get() == Picture::Waiting {
        tile.set_picture(Picture::Live);
    }
}
