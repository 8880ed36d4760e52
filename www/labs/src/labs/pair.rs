//! Two connections in one page: the camera of the caller is shown by the callee.

use std::fmt::Display;

use browser_rtc::{
    Result,
    media::{self, Constraints},
    peer::{Configuration, PeerConnection},
};
use futures::{StreamExt, future::try_join5};
use web_sys::HtmlVideoElement;

/// Sends the camera over a connection within the page. Dropping the future closes both ends and frees the camera.
pub async fn run(local: &HtmlVideoElement, remote: &HtmlVideoElement, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let _own_picture = media::show(local, &camera)?;

    let caller = PeerConnection::new(&Configuration::new())?;
    let callee = PeerConnection::new(&Configuration::new())?;
    for track in camera.tracks() {
        caller.add_track(&track, &[&camera])?;
    }

    try_join5(
        play(&callee, remote),
        negotiate(&caller, &callee),
        trickle("Candidates of the caller", &caller, &callee, &show),
        trickle("Candidates of the callee", &callee, &caller, &show),
        watch(&callee, &show),
    )
    .await?;
    Ok(())
}

/// Shows the stream of the first track that arrives.
async fn play(pc: &PeerConnection, video: &HtmlVideoElement) -> Result<()> {
    let mut tracks = pc.tracks();
    let mut shown = None;
    while let Some(arrived) = tracks.next().await {
        if let (Some(stream), None) = (arrived.streams.first(), &shown) {
            shown = Some(media::show(video, stream)?);
        }
    }
    Ok(())
}

/// Exchanges an offer and an answer, which a program sends over its signaling channel.
async fn negotiate(caller: &PeerConnection, callee: &PeerConnection) -> Result<()> {
    caller.set_local_description().await?;
    if let Some(offer) = caller.local_description() {
        callee.set_remote_description(&offer).await?;
    }
    callee.set_local_description().await?;
    if let Some(answer) = callee.local_description() {
        caller.set_remote_description(&answer).await?;
    }
    Ok(())
}

/// Passes each candidate on as soon as it is found, and the end of candidates last.
async fn trickle(
    name: &str,
    from: &PeerConnection,
    to: &PeerConnection,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let (mut candidates, mut count) = (from.ice_candidates(), 0);
    while let Some(candidate) = candidates.next().await {
        to.add_ice_candidate(&candidate).await?;
        if candidate.is_end_of_candidates() {
            show(name, &format_args!("{count}, complete"));
        } else {
            count += 1;
            show(name, &count);
        }
    }
    Ok(())
}

/// Shows the states of a connection until it closes.
async fn watch(pc: &PeerConnection, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut states = pc.connection_states();
    while let Some(state) = states.next().await {
        show("Connection", &state);
        show("ICE", &pc.ice_connection_state());
        show("Signaling", &pc.signaling_state());
    }
    Ok(())
}
