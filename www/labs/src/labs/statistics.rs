//! Statistics: the rates of a call each second, and the codec, the picture and the path that it uses.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    Result,
    media::{self, Attachment, Constraints, MediaStream},
    negotiation::Politeness,
    peer::{Configuration, PeerConnection, RtpReceiver, RtpSender},
    session::{MemoryLink, Session},
    stats::{self, InboundRtp, OutboundRtp, Rates, StatsReport},
};
use futures::StreamExt;
use web_sys::HtmlVideoElement;

/// Sends the camera within the page, and shows the statistics of the receiver each second.
pub async fn run(video: &HtmlVideoElement, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let (session, peer, _shown) = call(&camera, video).await?;

    let mut reports = peer.connection().stats_every(Duration::from_secs(1));
    let Some(mut earlier) = reports.next().await.transpose()? else { return Ok(()) };
    while let Some(later) = reports.next().await.transpose()? {
        show_rates(&stats::rates(&earlier, &later), &show);
        show_streams(&later, &show);
        show("Entries of the connection", &later.len());
        show_sender_and_receiver(session.connection(), peer.connection(), &show).await?;
        earlier = later;
    }
    Ok(())
}

/// Shows what has changed between two reports. Each rate is absent until it can be computed.
fn show_rates(rates: &Rates, show: impl Fn(&str, &dyn Display)) {
    if let Some(bits) = rates.incoming_bit_rate {
        show("Receiving", &format_args!("{:.0} kbit/s", bits / 1000.0));
    }
    if let Some(loss) = rates.incoming_loss {
        show("Lost", &format_args!("{:.1} %", loss * 100.0));
    }
    if let Some(time) = rates.round_trip_time {
        show("Round trip", &format_args!("{:.1} ms", time * 1000.0));
    }
    if let Some(frames) = rates.incoming.iter().find_map(|stream| stream.frame_rate) {
        show("Frame rate", &format_args!("{frames:.0} frames per second"));
    }
}

/// Shows the members of the entries. Entries refer to each other by typed ids.
fn show_streams(report: &StatsReport, show: impl Fn(&str, &dyn Display)) {
    for stream in report.of_type::<InboundRtp>() {
        if let Some(codec) = stream.codec_id.as_ref().and_then(|id| report.follow(id)?.mime_type.as_ref()) {
            show(if stream.frame_width.is_some() { "Codec of the picture" } else { "Codec of the sound" }, codec);
        }
        if let (Some(width), Some(height)) = (stream.frame_width, stream.frame_height) {
            show("Picture", &format_args!("{width} × {height}"));
        }
    }
    if let Some(pair) = report.selected_pair() {
        let local = pair.local_candidate_id.as_ref().and_then(|id| report.follow(id));
        if let Some((kind, protocol)) =
            local.and_then(|local| Some((local.candidate_type.as_ref()?, local.protocol.as_ref()?)))
        {
            show("Path", &format_args!("{kind} candidate, {protocol}"));
        }
    }
}

/// Shows statistics of a single sender and of a single receiver.
async fn show_sender_and_receiver(
    a: &PeerConnection,
    b: &PeerConnection,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    if let Some(sender) = a.senders().last() {
        let report = RtpSender::stats(sender).await?;
        let frames = report.of_type::<OutboundRtp>().filter_map(|stream| stream.frames_sent).sum::<u32>();
        show("Frames of the sender", &frames);
    }
    if let Some(receiver) = b.receivers().last() {
        let report = RtpReceiver::stats(receiver).await?;
        let frames = report.of_type::<InboundRtp>().filter_map(|stream| stream.frames_decoded).sum::<u32>();
        show("Frames of the receiver", &frames);
    }
    Ok(())
}

/// Sends a stream between two sessions of this page, and shows it.
async fn call(camera: &MediaStream, video: &HtmlVideoElement) -> Result<(Session, Session, Option<Attachment>)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    let peer = Session::new(&Configuration::new(), Politeness::Polite, other_link)?;
    let mut tracks = peer.connection().tracks();
    for track in camera.tracks() {
        session.connection().add_track(&track, &[camera])?;
    }
    let arrived = tracks.next().await;
    let stream = arrived.as_ref().and_then(|arrived| arrived.streams.first());
    let shown = stream.map(|stream| media::show(video, stream)).transpose()?;
    Ok((session, peer, shown))
}
