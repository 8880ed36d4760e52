// A native peer echoes what the page sends: messages of any channel, and each track.
const pc = () => window.e2e.connection();
const once = (target, event) => new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));

let extra;

window.native = {
  // A text and bytes over a channel of their own, and back.
  async echo() {
    const channel = pc().createDataChannel("echo");
    channel.binaryType = "arraybuffer";
    await once(channel, "open");
    const answer = async (message) => {
      const answered = once(channel, "message");
      channel.send(message);
      return (await answered).data;
    };
    const text = await answer("Grüße 👋");
    const bytes = [...new Uint8Array(await answer(new Uint8Array([0, 1, 255])))];
    channel.close();
    return [text, bytes];
  },

  // The generations of ICE of both sides, once they agree on them.
  generations() {
    const generation = (description) => description?.sdp.match(/^a=ice-ufrag:(.*)$/m)?.[1];
    const { signalingState, connectionState, localDescription, remoteDescription } = pc();
    if (signalingState !== "stable" || connectionState !== "connected") return [];
    return [generation(localDescription), generation(remoteDescription)];
  },

  restartIce: () => pc().restartIce(),

  // A second picture of the camera.
  addTrack() {
    const { track } = pc().getSenders().find(({ track }) => track?.kind === "video");
    const sender = pc().addTrack(track.clone());
    extra = pc().getTransceivers().find((transceiver) => transceiver.sender === sender);
  },

  removeTrack() {
    const { track } = extra.sender;
    pc().removeTrack(extra.sender);
    track.stop();
  },

  // The direction of the second picture, and how many frames of its echo have arrived.
  async extraTrack() {
    const report = await extra.receiver.getStats();
    const inbound = [...report.values()].find(({ type }) => type === "inbound-rtp");
    const direction = pc().signalingState === "stable" ? extra.currentDirection : null;
    return [direction, inbound?.framesDecoded ?? 0];
  },
};
