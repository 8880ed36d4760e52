//! Warm-up: the connection is ready before the camera is, and media starts without another negotiation.

use std::{fmt::Display, slice};

use browser_rtc::{
    Result,
    media::{self, Constraints, MediaStream, TrackKind},
    negotiation::Politeness,
    peer::{Configuration, ConnectionState, TransceiverInit},
    session::{MemoryLink, Session},
};
use futures::StreamExt;
use js_sys::Date;
use web_sys::HtmlVideoElement;

/// Connects two sessions without media, then opens the camera and sends it.
pub async fn run(remote: &HtmlVideoElement, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (caller, callee) = sessions()?;
    let started = Date::now();

    // A transceiver needs no track: the peers negotiate and connect while the user is still asked for the camera.
    let transceiver = caller.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new())?;
    let mut tracks = callee.connection().tracks();
    let Some(arrived) = tracks.next().await else { return Ok(()) };
    let _shown = media::show(remote, &MediaStream::from_tracks(slice::from_ref(&arrived.track))?)?;
    connected(&caller).await;
    show("Connected after", &format_args!("{:.0} ms", Date::now() - started));
    show("Track before media", &if arrived.track.muted() { "silent" } else { "playing" });

    let asked = Date::now();
    let camera = media::get_user_media(&Constraints::new().video(true)).await?;
    show("Camera opened after", &format_args!("{:.0} ms", Date::now() - asked));

    let replaced = Date::now();
    let mut negotiation_needed = caller.connection().negotiation_needed();
    transceiver.sender().replace_track(camera.tracks().first()).await?;
    let mut muted = arrived.track.mute_changes();
    while muted.next().await == Some(true) {}
    show("First packet of media after", &format_args!("{:.0} ms", Date::now() - replaced));
    show("Negotiations for media", &0);

    let mut count = 0;
    while negotiation_needed.next().await.is_some() {
        count += 1;
        show("Negotiations for media", &count);
    }
    Ok(())
}

/// Waits until the session is connected.
async fn connected(session: &Session) {
    let mut states = session.connection().connection_states();
    while states.next().await.is_some_and(|state| state != ConnectionState::Connected) {}
}

/// Connects two sessions of this page. Between two pages, the link is a signaling channel.
fn sessions() -> Result<(Session, Session)> {
    let (caller, callee) = MemoryLink::pair();
    let configuration = Configuration::new();
    let caller = Session::new(&configuration, Politeness::Impolite, caller)?;
    Ok((caller, Session::new(&configuration, Politeness::Polite, callee)?))
}
