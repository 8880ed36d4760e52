// Access to the connection of a call with the native peer, which echoes the messages of any channel and each track.
const pc = () => window.e2e.connection();
const once = (target, event) => new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));

let extra;

window.native = {
  // Sends text and bytes over a new channel, and returns the echoes.
  async echo() {
    const channel = pc().createDataChannel("echo");
    channel.binaryType = "arraybuffer";
    await once(channel, "open");
    const echoOf = async (message) => {
    const received = once(channel, "message");
    channel.send(message);
    return (await received).data;
    };
    const text = await echoOf("Grüße 👋");
    const bytes = [...new Uint8Array(await echoOf(new Uint8Array([0, 1, 255])))];
    channel.close();
    return [text, bytes];
  },

  // Returns the ICE generations of both sides, or nothing while they are being negotiated.
  generations() {
    const generation = (description) => description?.sdp.match(/^a=ice-ufrag:(.*)$/m)?.[1];
    const { signalingState, connectionState, localDescription, remoteDescription } = pc();
    if (signalingState !== "stable" || connectionState !== "connected") return [];
    return [generation(localDescription), generation(remoteDescription)];
  },

  restartIce: () => pc().restartIce(),

  // Sends a clone of the camera's track.
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

  // Returns the direction of the second track, and the number of decoded frames of its echo.
  async extraTrack() {
    const report = await extra.receiver.getStats();
    const inbound = [...report.values()].find(({ type }) => type === "inbound-rtp");
    const direction = pc().signalingState === "stable" ? extra.currentDirection : null;
    return [direction, inbound?.framesDecoded ?? 0];
  },
};
