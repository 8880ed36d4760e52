// https://peerjs.com with its own server, where both peers register in `prepare`.

import { Ends, receive, sendAll } from "../work.js";

export const name = "peerjs";

let near, far;

export async function prepare() {
  [near, far] = [await register(), await register()];
}

function register() {
  const peer = new Peer({ host: location.hostname, port: location.port, path: "/peerjs", config: {} });
  return new Promise((resolve, reject) => {
    peer.once("open", () => resolve(peer));
    peer.once("error", reject);
  });
}

export async function connect() {
  const incoming = new Promise((resolve) => far.once("connection", resolve));
  const here = near.connect(far.id, { serialization: "raw", reliable: true });
  const there = await incoming;
  await Promise.all([here, there].map((end) => end.open || new Promise((resolve) => end.once("open", resolve))));
  return new Pair(here, there);
}

class Pair extends Ends {
  constructor(near, far) {
    super(near, far);
    near.on("data", (message) => this.answered?.(message));
    far.on("data", (message) => this.received?.(message));
  }

  /** PeerJS queues without a limit, so the benchmark applies the shared back-pressure rule. */
  async transfer(bytes, count) {
    const received = receive(count, (take) => (this.received = (message) => take(message.byteLength)));
    await sendAll(this.near.dataChannel, (message) => this.near.send(message), bytes, count);
    return received;
  }

  close() {
    this.near.close();
    this.far.close();
  }
}
