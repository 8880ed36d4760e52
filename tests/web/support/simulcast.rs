//! One picture in three sizes, to a browser that does not accept simulcast.

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

/// A browser does not accept simulcast. It does accept three pictures, though, and tells them apart by the MID in
/// their packets: so it is offered three media sections, named as the three encodings are, and told that what stands
/// in the packets as the RID is the MID.
pub fn three_sections(offer: &str) -> String {
    let (session, section) = parts(offer);
    let common: String = section
        .lines()
        .filter(|line| !of_one(line) && !measures_bandwidth(line))
        .filter(|line| !line.ends_with(MID) && !line.contains("repaired-rtp-stream-id"))
        .map(|line| line.replace("/sendonly", "").replace(RID, MID) + "\r\n")
        .collect();
    let sections = RIDS.map(|rid| format!("{common}a=mid:{rid}\r\na=msid:{rid} {rid}\r\n")).concat();
    bundled(session, &RIDS.join(" ")) + &sections
}

/// The answer to that, made into the answer to the offer: one media section, which accepts the three encodings.
pub fn one_section(answer: &str, offer: &str) -> String {
    let (session, sections) = parts(answer);
    let (_, offered) = parts(offer);
    let first = sections.find("\r\nm=").map_or(sections, |end| &sections[..end]);
    let mut lines: Vec<String> =
        first.lines().filter(|line| !of_one(line)).map(|line| line.replace(MID, RID)).collect();
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

/// A line that holds for one section, one stream or one encoding only.
fn of_one(line: &str) -> bool {
    ["a=rid:", "a=simulcast:", "a=mid:", "a=msid:", "a=ssrc"].iter().any(|start| line.starts_with(start))
}

/// A line that has the bandwidth measured: on a busy machine too little is found, and encodings pause.
fn measures_bandwidth(line: &str) -> bool {
    ["transport-cc", "transport-wide-cc", "goog-remb"].iter().any(|way| line.contains(way))
}

fn bundled(session: &str, mids: &str) -> String {
    let bundle =
        |line: &str| if line.starts_with("a=group:BUNDLE") { format!("a=group:BUNDLE {mids}") } else { line.into() };
    session.lines().map(|line| bundle(line) + "\r\n").collect()
}

/// Chromium leaves encodings of a smaller picture out.
pub const SIZE: (u32, u32) = (1280, 720);

/// Sends the camera in three sizes. At these rates the bandwidth that both begin with suffices for all three.
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

/// What was agreed, in the sender's words.
pub fn are_agreed(transceiver: &RtpTransceiver) {
    let encodings = transceiver.sender().parameters().unwrap().encodings;
    let agreed: Vec<_> =
        encodings.iter().map(|encoding| (encoding.rid.as_deref(), encoding.scale_resolution_down_by)).collect();
    assert_eq!(agreed, [(Some("h"), Some(1.0)), (Some("m"), Some(2.0)), (Some("l"), Some(4.0))]);
}

/// Each arrives, in its own size.
pub async fn arrive(mut arriving: EventStream<TrackEvent>) {
    let (width, height) = SIZE;
    for (rid, divisor) in RIDS.into_iter().zip([1, 2, 4]) {
        let arrived = arriving.next().within("a track").await.unwrap();
        assert_eq!(arrived.transceiver.mid().as_deref(), Some(rid));
        let video = Element::new("video");
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(2).await;
        assert_eq!(video.size(), (f64::from(width / divisor), f64::from(height / divisor)), "{rid}");
    }
}
