//! Simulcast: one camera, sent in three sizes. A media server receives them as one track. A browser does not, so that
//! this lab rewrites the descriptions: the browser receives each size as a separate track.

use std::fmt::Display;

use browser_rtc::{
    Result,
    media::{self, Constraints, MediaStreamTrack, Video, ideal},
    peer::{
        Configuration, Encoding, IceGatheringState, PeerConnection, SessionDescription, TransceiverDirection,
        TransceiverInit,
    },
};
use futures::{
    StreamExt,
    future::{join_all, pending},
};
use web_sys::HtmlVideoElement;

const RIDS: [&str; 3] = ["h", "m", "l"];

/// Sends the camera in full, half and quarter size, and shows what arrives.
pub async fn run(videos: [HtmlVideoElement; 3], show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let hd = Video::new().width(ideal(1280)).height(ideal(720));
    let camera = media::get_user_media(&Constraints::new().video(hd)).await?;
    let (sender, receiver) = (PeerConnection::new(&Configuration::new())?, PeerConnection::new(&Configuration::new())?);

    let [high, middle, low] = RIDS.map(|rid| Encoding::new().rid(rid));
    let init = TransceiverInit::new()
        .direction(TransceiverDirection::SendOnly)
        .stream(&camera)
        .encoding(high.max_bitrate(200_000))
        .encoding(middle.max_bitrate(60_000).scale_resolution_down_by(2.0))
        .encoding(low.max_bitrate(30_000).scale_resolution_down_by(4.0));
    for track in camera.video_tracks() {
        sender.add_transceiver(&track, &init)?;
    }

    let mut tracks = receiver.tracks();
    let offer = described(&sender).await?;
    show("Offered", &offer.sdp.lines().find(|line| line.starts_with("a=simulcast")).unwrap_or("no simulcast"));
    receiver.set_remote_description(&SessionDescription { sdp: three_sections(&offer.sdp), ..offer.clone() }).await?;
    let answer = described(&receiver).await?;
    sender.set_remote_description(&SessionDescription { sdp: one_section(&answer.sdp, &offer.sdp), ..answer }).await?;

    let (mut shown, mut arrivals) = (Vec::new(), Vec::new());
    for (video, rid) in videos.iter().zip(RIDS) {
        let Some(arrived) = tracks.next().await else { return Ok(()) };
        if let Some(stream) = arrived.streams.first() {
            shown.push(media::show(video, stream)?);
        }
        arrivals.push(arrival(arrived.track, rid, &show));
    }
    join_all(arrivals).await;
    show("Received", &format_args!("{} pictures of one track", shown.len()));
    pending().await
}

/// Waits for the first picture of an encoding.
async fn arrival(track: MediaStreamTrack, rid: &str, show: impl Fn(&str, &dyn Display)) {
    let mut muted = track.mute_changes();
    while muted.next().await == Some(true) {}
    show(&format!("Encoding {rid}"), &"arrives");
}

/// Returns the local description with all of its candidates.
async fn described(pc: &PeerConnection) -> Result<SessionDescription> {
    pc.set_local_description().await?;
    let mut states = pc.ice_gathering_states();
    while states.next().await.is_some_and(|state| state != IceGatheringState::Complete) {}
    pc.local_description().ok_or_else(|| browser_rtc::Error::other("describe", "the connection is closed"))
}

const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

/// Returns an offer of three sections for an offer of three encodings. The header of an encoding names a section then.
fn three_sections(offer: &str) -> String {
    let (session, section) = parts(offer);
    // Without feedback on the bandwidth, no encoding is paused on a slow machine.
    let removed = ["repaired-rtp-stream-id", "transport-cc", "transport-wide-cc", "goog-remb"];
    let is_removed = |line: &str| line.ends_with(MID) || removed.iter().any(|part| line.contains(part));
    let kept = section.lines().filter(|line| !is_specific(line) && !is_removed(line));
    let common: String = kept.map(|line| line.replace("/sendonly", "").replace(RID, MID) + "\r\n").collect();
    let sections = RIDS.map(|rid| format!("{common}a=mid:{rid}\r\na=msid:{rid} {rid}\r\n")).concat();
    bundled(session, &RIDS.join(" ")) + &sections
}

/// Returns an answer that accepts three encodings for an answer of three sections.
fn one_section(answer: &str, offer: &str) -> String {
    let ((session, sections), (_, offered)) = (parts(answer), parts(offer));
    let first = sections.find("\r\nm=").map_or(sections, |end| sections.split_at(end).0);
    let mid = offered.lines().find_map(|line| line.strip_prefix("a=mid:")).unwrap_or_default();
    let mut lines: Vec<_> =
        first.lines().filter(|line| !is_specific(line)).map(|line| line.replace(MID, RID)).collect();
    lines.extend(offered.lines().filter(|line| line.ends_with(MID)).map(str::to_owned));
    lines.push(format!("a=mid:{mid}"));
    lines.extend(RIDS.map(|rid| format!("a=rid:{rid} recv")));
    lines.push(format!("a=simulcast:recv {}", RIDS.join(";")));
    bundled(session, mid) + &lines.join("\r\n") + "\r\n"
}

fn parts(sdp: &str) -> (&str, &str) {
    sdp.split_at(sdp.find("m=video").unwrap_or(sdp.len()))
}

/// Returns whether the line belongs to a single section, stream or encoding.
fn is_specific(line: &str) -> bool {
    ["a=rid:", "a=simulcast:", "a=mid:", "a=msid:", "a=ssrc"].iter().any(|start| line.starts_with(start))
}

fn bundled(session: &str, mids: &str) -> String {
    let is_bundle = |line: &str| line.starts_with("a=group:BUNDLE");
    let line = |line| if is_bundle(line) { format!("a=group:BUNDLE {mids}\r\n") } else { format!("{line}\r\n") };
    session.lines().map(line).collect()
}
