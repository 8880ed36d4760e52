//! Early media: the tracks of the receivers are shown before the answer arrives, and play as soon as media does.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    Result,
    media::{self, Attachment, Constraints, MediaStream},
    peer::{Configuration, PeerConnection, RtpReceiver},
};
use futures::{
    StreamExt,
    future::{pending, try_join3},
};
use gloo_timers::future::sleep;
use js_sys::Date;
use web_sys::HtmlVideoElement;

/// Calls within the page. The answer takes `delay` to arrive at the caller.
pub async fn run(remote: &HtmlVideoElement, delay: Duration, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let camera = media::get_user_media(&Constraints::new().video(true)).await?;
    let caller = PeerConnection::new(&Configuration::new())?;
    let callee = PeerConnection::new(&Configuration::new())?;
    for pc in [&caller, &callee] {
        for track in camera.tracks() {
            pc.add_track(&track, &[&camera])?;
        }
    }

    let call = async {
        // The receivers exist before the first offer.
        let _shown = show_receivers(&caller, remote)?;
        let receiver = caller.receivers().first().map(RtpReceiver::track);
        show("Shown in the state", &caller.signaling_state());
        show("Media before the answer", &receiver.as_ref().is_some_and(|track| !track.muted()));

        caller.set_local_description().await?;
        if let Some(offer) = caller.local_description() {
            callee.set_remote_description(&offer).await?;
            show("Callee can trickle", &callee.can_trickle_ice_candidates().unwrap_or(false));
        }
        callee.set_local_description().await?;
        show("Answer", &"on its way");
        sleep(delay).await;
        if let Some(answer) = callee.local_description() {
            caller.set_remote_description(&answer).await?;
        }
        let answered = Date::now();
        show("Answer", &"arrived");
        let Some(track) = receiver else { return Ok(()) };
        let mut muted = track.mute_changes();
        while muted.next().await == Some(true) {}
        show("Media after the answer", &format_args!("{:.0} ms", Date::now() - answered));
        pending().await
    };
    try_join3(call, trickle(&caller, &callee), trickle(&callee, &caller)).await?;
    Ok(())
}

/// Shows the tracks of all receivers, which are silent until media arrives.
fn show_receivers(pc: &PeerConnection, video: &HtmlVideoElement) -> Result<Attachment> {
    let tracks: Vec<_> = pc.receivers().iter().map(RtpReceiver::track).collect();
    media::show(video, &MediaStream::from_tracks(&tracks)?)
}

/// Passes each candidate on, once the remote peer has the description that it belongs to.
async fn trickle(from: &PeerConnection, to: &PeerConnection) -> Result<()> {
    let mut candidates = from.ice_candidates();
    while let Some(candidate) = candidates.next().await {
        while to.remote_description().is_none() {
            sleep(Duration::from_millis(20)).await;
        }
        to.add_ice_candidate(&candidate).await?;
    }
    Ok(())
}
