// https://github.com/feross/simple-peer. The peers exchange their signals by direct calls, or in `meet` through a relay.

import { Ends, newRoom, once, receive } from "../work.js";

export const name = "simple-peer";

let relayPort;

export async function prepare() {
  relayPort = (await (await fetch("/relay")).json()).port;
}

export async function connect() {
  const near = new SimplePeer({ initiator: true, config: {} });
  const far = new SimplePeer({ config: {} });
  near.on("signal", (data) => far.signal(data));
  far.on("signal", (data) => near.signal(data));
  await Promise.all([near, far].map((peer) => new Promise((resolve) => peer.once("connect", resolve))));
  return new Pair(near, far);
}

/** The two ends connect to a minimal WebSocket server, which relays each message to the other one. */
export async function meet(camera, show) {
  const room = newRoom();
  const sockets = await Promise.all([relay(room), relay(room)]);
  const peers = sockets.map((socket, end) => {
    const peer = new SimplePeer({ initiator: end === 0, config: {}, stream: camera });
    peer.on("signal", (data) => socket.send(JSON.stringify(data)));
    socket.onmessage = ({ data }) => peer.signal(data);
    peer.on("stream", (stream) => show(end, stream));
    return peer;
  });
  return () => {
    for (const peer of peers) peer.destroy();
    for (const socket of sockets) socket.close();
  };
}

async function relay(room) {
  const socket = new WebSocket(`ws://localhost:${relayPort}/${room}`);
  await once(socket, "open");
  return socket;
}

class Pair extends Ends {
  constructor(near, far) {
    super(near, far);
    near.on("data", (message) => this.answered?.(message));
    far.on("data", (message) => this.received?.(message));
  }

  /** Uses the back-pressure of simple-peer, which is a Node.js stream. */
  async transfer(bytes, count) {
    const received = receive(count, (take) => (this.received = (message) => take(message.byteLength)));
    const message = new Uint8Array(bytes);
    for (let sent = 0; sent < count; sent++) {
      if (!this.near.write(message)) await new Promise((resolve) => this.near.once("drain", resolve));
    }
    return received;
  }

  close() {
    this.near.destroy();
    this.far.destroy();
  }
}
