//! The codec of a video, chosen before the call, and its bit rate and size, changed while it is sent.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    EventStream, Result,
    media::{self, Constraints, TrackKind},
    negotiation::Politeness,
    peer::{Configuration, RtpReceiver, RtpSender},
    session::{MemoryLink, Session},
    stats::{self, OutboundRtp},
};
use futures::{StreamExt, future::try_join};
use web_sys::{HtmlInputElement, HtmlVideoElement};

/// Sends the camera with the codec `wanted`, such as `video/VP8`, at most at the bit rate of the slider.
pub async fn run(
    wanted: &str,
    kilobits: &HtmlInputElement,
    video: &HtmlVideoElement,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let camera = media::get_user_media(&Constraints::new().video(true)).await?;
    let (session, peer) = sessions()?;
    let mut incoming = peer.connection().tracks();
    for track in camera.tracks() {
        session.connection().add_track(&track, &[&camera])?;
    }

    // The preferred codec first, and the others after it.
    let mut codecs = RtpReceiver::capabilities(&TrackKind::Video)?.codecs;
    show("Codecs of this browser", &names(codecs.iter().map(|codec| &*codec.mime_type)));
    codecs.sort_by_key(|codec| !codec.is(wanted));
    for transceiver in session.connection().transceivers() {
        transceiver.set_codec_preferences(&codecs)?;
    }

    let Some(arrived) = incoming.next().await else { return Ok(()) };
    let _shown = arrived.streams.first().map(|stream| media::show(video, stream)).transpose()?;
    let Some(sender) = session.connection().senders().into_iter().next() else { return Ok(()) };
    let limit = async {
        let mut changes = EventStream::listen(kilobits, "input", |_| Some(()));
        loop {
            set_limit(&sender, kilobits.value_as_number()).await?;
            show("Limit", &format_args!("{} kbit/s", kilobits.value()));
            if changes.next().await.is_none() {
                return Ok(());
            }
        }
    };
    try_join(limit, measure(&session, &show)).await?;
    Ok(())
}

/// Limits the bit rate. Below 200 kbit/s, the picture is sent in half its size. No negotiation is necessary.
async fn set_limit(sender: &RtpSender, kilobits: f64) -> Result<()> {
    let mut parameters = sender.parameters()?;
    for encoding in &mut parameters.encodings {
        encoding.max_bitrate = Some((kilobits * 1000.0) as u32);
        encoding.scale_resolution_down_by = Some(if kilobits < 200.0 { 2.0 } else { 1.0 });
    }
    sender.set_parameters(&parameters).await
}

/// Shows the codec, the size and the bit rate that are in use.
async fn measure(session: &Session, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut reports = session.connection().stats_every(Duration::from_millis(500));
    let Some(mut earlier) = reports.next().await.transpose()? else { return Ok(()) };
    while let Some(later) = reports.next().await.transpose()? {
        for stream in later.of_type::<OutboundRtp>() {
            if let Some(codec) = stream.codec_id.as_ref().and_then(|id| later.follow(id)?.mime_type.as_ref()) {
                show("Codec in use", codec);
            }
            if let (Some(width), Some(height)) = (stream.frame_width, stream.frame_height) {
                show("Size", &format_args!("{width} × {height}"));
            }
        }
        if let Some(bits) = stats::rates(&earlier, &later).outgoing_bit_rate {
            show("Bit rate", &format_args!("{:.0} kbit/s", bits / 1000.0));
        }
        earlier = later;
    }
    Ok(())
}

fn names<'a>(types: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = types.filter_map(|name| name.split('/').nth(1)).collect();
    names.dedup();
    names.join(", ")
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
