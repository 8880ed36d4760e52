//! Simulcast of three encodings to a browser, which itself does not accept simulcast.

use browser_rtc::{
    EventStream,
    media::{self, Constraints, MediaStream, Video, exact},
    peer::{Encoding, PeerConnection, RtpTransceiver, TrackEvent, TransceiverDirection, TransceiverInit},
};
use futures::StreamExt;

use super::{
    Within,
    media::{Element, capture},
};

pub const RIDS: [&str; 3] = ["h", "m", "l"];

const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

/// Converts an offer of three encodings into an offer of three media sections, whose MIDs are the RIDs of the encodings.
/// The header extension of the RID is declared as the one of the MID, so that the browser, which does not accept
/// simulcast, assigns the packets of each encoding to a section.
pub fn three_sections(offer: &str) -> String {
    let (session, section) = parts(offer);
    let common: String = section
        .lines()
        .filter(|line| !is_specific(line) && !measures_bandwidth(line))
        .filter(|line| !line.ends_with(MID) && !line.contains("repaired-rtp-stream-id"))
        .map(|line| line.replace("/sendonly", "").replace(RID, MID) + "\r\n")
        .collect();
    let sections = RIDS.map(|rid| format!("{common}a=mid:{rid}\r\na=msid:{rid} {rid}\r\n")).concat();
    bundled(session, &RIDS.join(" ")) + &sections
}

/// Converts the answer to [`three_sections`] into an answer to `offer`, with one media section that accepts the three
/// encodings.
pub fn one_section(answer: &str, offer: &str) -> String {
    let (session, sections) = parts(answer);
    let (_, offered) = parts(offer);
    let first = sections.find("\r\nm=").map_or(sections, |end| &sections[..end]);
    let mut lines: Vec<String> =
        first.lines().filter(|line| !is_specific(line)).map(|line| line.replace(MID, RID)).collect();
    let mid = offered.lines().find_map(|line| line.strip_prefix("a=mid:")).unwrap();
    lines.extend(offered.lines().filter(|line| line.ends_with(MID)).map(str::to_owned));
    lines.push(format!("a=mid:{mid}"));
    lines.extend(RIDS.map(|rid| format!("a=rid:{rid} recv")));
    lines.push(format!("a=simulcast:recv {}", RIDS.join(";")));
    bundled(session, mid) + &lines.join("\r\n") + "\r\n"
}

fn parts(sdp: &str) -> (&str, &str) {
    sdp.split_at(sdp.find("m=video").unwrap())
}

/// Returns `true` for a line that applies to a single section, stream or encoding.
fn is_specific(line: &str) -> bool {
    ["a=rid:", "a=simulcast:", "a=mid:", "a=msid:", "a=ssrc"].iter().any(|start| line.starts_with(start))
}

/// Returns `true` for a line that enables an estimation of the bandwidth. On a busy machine the estimate is too low, and
/// encodings are paused.
fn measures_bandwidth(line: &str) -> bool {
    ["transport-cc", "transport-wide-cc", "goog-remb"].iter().any(|feedback| line.contains(feedback))
}

fn bundled(session: &str, mids: &str) -> String {
    let bundle =
        |line: &str| if line.starts_with("a=group:BUNDLE") { format!("a=group:BUNDLE {mids}") } else { line.into() };
    session.lines().map(|line| bundle(line) + "\r\n").collect()
}

/// The size of the captured video. Of smaller video Chromium omits encodings.
pub const SIZE: (u32, u32) = (1280, 720);

/// Sends the camera in three encodings. At these bitrates the initial bandwidth of both browsers suffices for all three.
pub async fn send(pc: &PeerConnection) -> (MediaStream, RtpTransceiver) {
    let (width, height) = SIZE;
    let camera = capture(&Constraints::new().video(Video::new().width(exact(width)).height(exact(height)))).await;
    let [h, m, l] = RIDS.map(|rid| Encoding::new().rid(rid));
    let init = TransceiverInit::new()
        .direction(TransceiverDirection::SendOnly)
        .stream(&camera)
        .encoding(h.max_bitrate(200_000))
        .encoding(m.max_bitrate(60_000).scale_resolution_down_by(2.0))
        .encoding(l.max_bitrate(30_000).scale_resolution_down_by(4.0));
    let transceiver = pc.add_transceiver(&camera.tracks()[0], &init).unwrap();
    (camera, transceiver)
}

/// Asserts that the three encodings are in the parameters of the sender.
pub fn assert_negotiated(transceiver: &RtpTransceiver) {
    let encodings = transceiver.sender().parameters().unwrap().encodings;
    let negotiated: Vec<_> =
        encodings.iter().map(|encoding| (encoding.rid.as_deref(), encoding.scale_resolution_down_by)).collect();
    assert_eq!(negotiated, [(Some("h"), Some(1.0)), (Some("m"), Some(2.0)), (Some("l"), Some(4.0))]);
}

/// Asserts that each encoding is received in its own size.
pub async fn assert_received(mut tracks: EventStream<TrackEvent>) {
    let (width, height) = SIZE;
    for (rid, divisor) in RIDS.into_iter().zip([1, 2, 4]) {
        let track = tracks.next().within("a track").await.unwrap();
        assert_eq!(track.transceiver.mid().as_deref(), Some(rid));
        let video = Element::new("video");
        let _attachment = media::show(&video, &track.streams[0]).unwrap();
        video.frames(2).await;
        assert_eq!(video.size(), (f64::from(width / divisor), f64::from(height / divisor)), "{rid}");
    }
}
