//! The telephone keypad, whose keys light while their tones play.

mod keys;
mod player;
mod timing;
mod view;

use browser_rtc::{
    ErrorKind, Result,
    dtmf::{DtmfSender, Tone, Tones},
    peer::{ConnectionState, PeerConnection},
    room::Call,
};
use futures::{FutureExt, StreamExt, future::Fuse, select_biased};
use gloo_timers::future::TimeoutFuture;

use self::player::Player;
pub use self::view::Keypad;
use crate::{dom, page::Page, texts::keypad as texts};

/// The outcome of an action, with the sentence to show if it has failed.
type Outcome = std::result::Result<(), String>;

/// Plays pressed keys and entered tones until the connection closes.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let keypad = &page.keypad;
    keypad.clear();
    match call.dtmf() {
        Ok(dtmf) => play(keypad, call.connection(), dtmf).await,
        Err(error) if *error.kind() == ErrorKind::NotSupported => keypad.problem.show(texts::NO_MICROPHONE),
        Err(error) => return Err(error),
    }
    keypad.show_queue(None, "");
    Ok(())
}

async fn play(keypad: &Keypad, connection: &PeerConnection, dtmf: DtmfSender) {
    let mut presses = keypad.presses();
    let mut submits = dom::submits(&keypad.form);
    let (mut appends, mut cancels) = (dom::clicks(&keypad.append), dom::clicks(&keypad.cancel));
    let mut changes = dtmf.tone_changes();
    // Keys that are pressed early play as soon as the connection is established.
    let connected = |state| async move { state == ConnectionState::Connected };
    if !connection.connection_states().any(connected).await {
        return;
    }
    let mut player = Player::new(dtmf);
    let (mut playing, mut lit, mut tone_end) = (None, None, Fuse::terminated());
    loop {
        let outcome = select_biased! {
            change = changes.next() => {
                let Some(change) = change else { return };
                // The previous key goes dark first, because the next tone may have the same key.
                drop(lit.take());
                lit = change.and_then(|tone| keypad.light(tone));
                tone_end = TimeoutFuture::new(timing::millis(player.timing().tone_duration())).fuse();
                playing = change;
                // A sentence about what the user has entered stays while tones play.
                player.tone_changed(change).map_err(|error| keypad.problem.show(&texts::failure(&error))).ok();
                None
            }
            // The key is dark during the gap, so that two equal tones are distinguishable.
            () = tone_end => {
                lit = None;
                None
            }
            tone = presses.select_next_some() => {
                Some(keypad.timing().and_then(|timing| failure(player.append(tone.into(), timing))))
            }
            () = submits.select_next_some() => Some(replace(keypad, &mut player)),
            () = appends.select_next_some() => Some(append(keypad, &mut player)),
            () = cancels.select_next_some() => Some(failure(player.cancel())),
        };
        if let Some(outcome) = outcome {
            keypad.problem.report(outcome);
        }
        keypad.show_queue(playing, &player.queue());
    }
}

/// Plays the entered tones instead of the pending ones.
fn replace(keypad: &Keypad, player: &mut Player) -> Outcome {
    let (tones, timing) = (keypad.entered()?, keypad.timing()?);
    failure(player.play(&tones, timing))?;
    keypad.empty_field();
    Ok(())
}

/// Plays the entered tones after the pending ones.
fn append(keypad: &Keypad, player: &mut Player) -> Outcome {
    let (tones, timing) = (keypad.entered()?, keypad.timing()?);
    failure(player.append(tones, timing))?;
    keypad.empty_field();
    Ok(())
}

fn failure(result: Result<()>) -> Outcome {
    result.map_err(|error| texts::failure(&error))
}

/// Parses what the user has entered, which may contain spaces.
fn parse(entered: &str) -> std::result::Result<Tones, String> {
    let is_ignored = |character: &char| character.is_whitespace();
    let tones = entered.chars().filter(|character| !is_ignored(character));
    let parsed = tones.map(|key| Tone::new(key).map_err(|_not_a_tone| texts::not_a_tone(key)));
    let parsed: Tones = parsed.collect::<std::result::Result<_, _>>()?;
    if parsed.is_empty() { Err(texts::NO_TONES.into()) } else { Ok(parsed) }
}
