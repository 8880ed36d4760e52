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
            let meter = LevelMeter::new(track)?;
            let mut levels = meter.levels(INTERVAL)?;
            while let Some(level) = levels.next().await {
                // A loud voice is a fifth as loud as the loudest sound.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is 0 to 100")]
                tile.set_level((level.rms * 500.0).clamp(0.0, 100.0) as u8);
            }
        }
        if added.next().await.is_none() {
            return Ok(());
        }
    }
}
