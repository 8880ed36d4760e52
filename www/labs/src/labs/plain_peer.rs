//! A call with a peer that does not use this crate: the perfect negotiation of the specification, in JavaScript.

use std::fmt::Display;

use browser_rtc::{
    Error, Result,
    channel::{ChannelInit, Message},
    media::{self, Constraints},
    negotiation::{Politeness, Signal},
    peer::Configuration,
    session::{Link, Session},
};
use futures::{
    StreamExt,
    channel::mpsc,
    future::{pending, try_join},
};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::HtmlVideoElement;

/// The other peer, which sends back the video and the messages that it receives.
#[wasm_bindgen(inline_js = "
export class PlainPeer {
  constructor(send) {
    this.send = message => send(JSON.stringify(message));
    const pc = this.pc = new RTCPeerConnection();
    let makingOffer = false;
    pc.onnegotiationneeded = () => {
      makingOffer = true;
      this.describe().finally(() => { makingOffer = false; });
    };
    pc.onicecandidate = ({ candidate }) => candidate && this.send({ kind: 'candidate', ...candidate.toJSON() });
    pc.ontrack = ({ track, streams }) => pc.addTrack(track, ...streams);
    pc.ondatachannel = ({ channel }) => { channel.onmessage = ({ data }) => channel.send(`plain: ${data}`); };
    this.isBusy = () => makingOffer || pc.signalingState != 'stable';
    this.describe = async () => {
      await pc.setLocalDescription();
      this.send({ kind: 'description', ...pc.localDescription.toJSON() });
    };
  }
  async receive(text) {
    const { kind, type, sdp, ...candidate } = JSON.parse(text);
    if (kind == 'candidate') {
      await this.pc.addIceCandidate(candidate).catch(error => { if (!this.ignored) throw error; });
    } else if (kind == 'description') {
      if ((this.ignored = type == 'offer' && this.isBusy())) return;
      await this.pc.setRemoteDescription({ type, sdp });
      if (type == 'offer') await this.describe();
    }
  }
  close() { this.pc.close(); }
}
")]
extern "C" {
    type PlainPeer;
    #[wasm_bindgen(constructor)]
    fn new(send: &Closure<dyn FnMut(String)>) -> PlainPeer;
    #[wasm_bindgen(method)]
    fn receive(this: &PlainPeer, text: String);
    #[wasm_bindgen(method)]
    fn close(this: &PlainPeer);
}

/// Calls the plain peer with the camera, and sends it a line of text.
pub async fn run(video: &HtmlVideoElement, line: &str, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let camera = media::get_user_media(&Constraints::new().video(true)).await?;
    let (from_peer, incoming) = mpsc::unbounded::<Signal>();
    let peer = Peer::new(move |text| {
        let _ = text.parse().map(|signal| from_peer.unbounded_send(signal)); // the session may have ended
    });
    // A link is a stream of signals and a function that sends one. On the wire, a signal is JSON.
    let link = Link::sending(incoming, move |signal: Signal| {
        peer.raw.receive(signal.to_string());
        Ok::<_, Error>(())
    });
    let session = Session::new(&Configuration::new(), Politeness::Polite, link)?;
    let pc = session.connection();
    let mut tracks = pc.tracks();
    for track in camera.tracks() {
        pc.add_track(&track, &[&camera])?;
    }
    let mut chat = pc.create_data_channel("chat", &ChannelInit::new())?;

    let returned = async {
        let Some(arrived) = tracks.next().await else { return Ok(()) };
        show("Video of the plain peer", &"arrives");
        let _shown = arrived.streams.first().map(|stream| media::show(video, stream)).transpose()?;
        pending::<Result<()>>().await
    };
    let talk = async {
        chat.send(line).await?;
        while let Some(Message::Text(text)) = chat.next().await.transpose()? {
            show("Connection", &pc.connection_state());
            show("Answer", &text);
        }
        Ok(())
    };
    try_join(returned, talk).await?;
    Ok(())
}

/// The plain peer, which is closed when this is dropped.
struct Peer {
    raw: PlainPeer,
    _send: Closure<dyn FnMut(String)>,
}

impl Peer {
    fn new(send: impl FnMut(String) + 'static) -> Self {
        let send = Closure::new(send);
        Self { raw: PlainPeer::new(&send), _send: send }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.raw.close();
    }
}
