// https://github.com/feross/simple-peer. The peers exchange their signals by direct calls.

import { Ends, receive } from "../work.js";

export const name = "simple-peer";

export async function connect() {
  const near = new SimplePeer({ initiator: true, config: {} });
  const far = new SimplePeer({ config: {} });
  near.on("signal", (data) => far.signal(data));
  far.on("signal", (data) => near.signal(data));
  await Promise.all([near, far].map((peer) => new Promise((resolve) => peer.once("connect", resolve))));
  return new Pair(near, far);
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
