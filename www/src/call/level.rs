//! The loudness of the peer's voice, as a ring around the avatar.

use std::time::Duration;

use browser_rtc::{
    Result,
    media::{LevelMeter, MediaStream},
};
use futures::StreamExt;

use super::tiles::Tile;

/// The time between two measurements.
const INTERVAL: Duration = Duration::from_millis(100);

/// Shows the loudness of a stream until the future is dropped.
pub async fn run(tile: &Tile, stream: &MediaStream) -> Result<()> {
    let mut added = stream.added_tracks();
    loop {
        if let Some(track) = stream.audio_tracks().first() {
            let mut levels = LevelMeter::new(track)?.levels(INTERVAL)?;
            while let Some(level) = levels.next().await {
                // A voice is about a tenth as loud as the loudest sound.
                tile.set_level((level.rms * 5.0).min(1.0));
            }
        }
        if added.next().await.is_none() {
            return Ok(());
        }
    }
}
