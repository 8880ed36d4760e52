//! Transceivers: directions, a track that is replaced or removed while it is sent, and a transceiver that is stopped.

use std::fmt::Display;

use browser_rtc::{
    EventStream, Result,
    media::{self, Constraints, MediaStream, MediaStreamTrack},
    negotiation::Politeness,
    peer::{Configuration, RtpTransceiver, TransceiverDirection, TransceiverInit},
    session::{MemoryLink, Session},
};
use futures::{StreamExt, future::join3};
use web_sys::HtmlVideoElement;

/// Sends the camera to a peer in this page. Each item of `actions` names a change.
pub async fn run(
    video: &HtmlVideoElement,
    mut actions: EventStream<String>,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let (camera, second) = (capture().await?, capture().await?);
    let (session, peer) = sessions()?;
    let pc = session.connection();
    let mut incoming = peer.connection().tracks();

    let Some(track) = camera.video_tracks().into_iter().next() else { return Ok(()) };
    let init = TransceiverInit::new().direction(TransceiverDirection::SendOnly).stream(&camera);
    let transceiver = pc.add_transceiver(&track, &init)?;
    let Some(arrived) = incoming.next().await else { return Ok(()) };
    let Some(stream) = arrived.streams.first() else { return Ok(()) };
    let _shown = media::show(video, stream)?;
    show("Tracks at the peer", &stream.tracks().len());

    let mut changes = futures::stream::select(stream.removed_tracks(), stream.added_tracks());
    let tracks = async {
        while changes.next().await.is_some() {
            show("Tracks at the peer", &stream.tracks().len());
        }
    };
    let negotiated = async {
        let mut states = pc.signaling_states();
        while states.next().await.is_some() {
            show("Direction", &transceiver.direction());
            show("Negotiated direction", &current(&transceiver));
            show("Section", &transceiver.mid().unwrap_or_default());
        }
    };
    let act = async {
        while let Some(action) = actions.next().await {
            match change(&action, &transceiver, &session, &track, &second).await {
                Ok(()) => show("Last change", &action),
                Err(error) => show("Last change", &error),
            }
            show("Direction", &transceiver.direction());
        }
    };
    join3(tracks, negotiated, act).await;
    Ok(())
}

/// Makes a change. The session negotiates where that is necessary.
async fn change(
    action: &str,
    transceiver: &RtpTransceiver,
    session: &Session,
    track: &MediaStreamTrack,
    second: &MediaStream,
) -> Result<()> {
    let sender = transceiver.sender();
    match action {
        // No negotiation: the peer receives the other track as the same one.
        "replace" => sender.replace_track(second.video_tracks().first()).await,
        "mute" => sender.replace_track(None).await,
        "unmute" => sender.replace_track(Some(track)).await,
        "receive" => transceiver.set_direction(&TransceiverDirection::RecvOnly),
        "both" => transceiver.set_direction(&TransceiverDirection::SendRecv),
        "send" => transceiver.set_direction(&TransceiverDirection::SendOnly),
        "remove" => session.connection().remove_track(sender),
        _ => transceiver.stop(),
    }
}

fn current(transceiver: &RtpTransceiver) -> String {
    transceiver.current_direction().map_or_else(|| "not yet".into(), |direction| direction.to_string())
}

async fn capture() -> Result<MediaStream> {
    media::get_user_media(&Constraints::new().video(true)).await
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
