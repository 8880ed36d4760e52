//! A recording of the camera or the microphone: pieces as they come, pause and resume, and a file at the end.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    Error, EventStream, Result,
    media::{self, Constraints, MediaRecorder, RecorderOptions, RecordingState},
};
use futures::{
    StreamExt,
    future::{Either, pending, select, try_join},
};
use js_sys::Array;
use web_sys::{Blob, HtmlMediaElement, Url};

/// Records until `finish`, with a pause or its end at each item of `pause`, and plays the file.
pub async fn run(
    with_picture: bool,
    mut pause: EventStream<()>,
    mut finish: EventStream<()>,
    player: &HtmlMediaElement,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let stream = media::get_user_media(&Constraints::new().audio(true).video(with_picture)).await?;
    let live = media::show(player, &stream)?;
    // The first of these types that the browser supports.
    let kind = if with_picture { "video" } else { "audio" };
    let options = RecorderOptions::new().mime_type(format!("{kind}/mp4")).mime_type(format!("{kind}/webm"));
    let recorder = MediaRecorder::new(&stream, &options)?;
    let mut recording = recorder.start_in_slices(Duration::from_millis(250))?;
    recording.started().await;
    show("Type", &recorder.mime_type());
    show("State", &recorder.state());

    let pieces = async {
        let (pieces, mut bytes) = (Array::new(), 0.0);
        while let Some(piece) = recording.next().await.transpose()? {
            bytes += piece.data.size();
            pieces.push(&piece.data);
            show("Recorded", &format_args!("{bytes:.0} bytes in {} pieces", pieces.length()));
        }
        Ok::<_, Error>(pieces)
    };
    let controls = async {
        while let Either::Left((Some(()), _)) = select(pause.next(), finish.next()).await {
            match recorder.state() {
                RecordingState::Recording => recorder.pause()?,
                _ => recorder.resume()?,
            }
            show("State", &recorder.state());
        }
        recorder.stop();
        Ok(())
    };
    let (pieces, ()) = try_join(pieces, controls).await?;

    drop(live);
    stream.stop();
    show("State", &"finished, playing the file");
    let file = Blob::new_with_blob_sequence(&pieces).map_err(|error| Error::from_js("Blob", error))?;
    let _playing = File::play(player, &file)?;
    pending().await
}

/// A file that plays in an element until this is dropped.
struct File<'a>(&'a HtmlMediaElement, String);

impl<'a> File<'a> {
    fn play(player: &'a HtmlMediaElement, file: &Blob) -> Result<Self> {
        let url = Url::create_object_url_with_blob(file).map_err(|error| Error::from_js("createObjectURL", error))?;
        player.set_src(&url);
        Ok(Self(player, url))
    }
}

impl Drop for File<'_> {
    fn drop(&mut self) {
        let _ = self.0.remove_attribute("src"); // never fails
        self.0.load();
        let _ = Url::revoke_object_url(&self.1); // never fails
    }
}
