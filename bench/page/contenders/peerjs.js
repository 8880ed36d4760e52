// https://peerjs.com with its own server, where both peers register in `prepare`.

import { Ends, newRoom, receive, sendAll } from "../work.js";

export const name = "peerjs";

let near, far;

export async function prepare() {
  [near, far] = [await register(), await register()];
}

/** With an id, the library does not request one from the server first. */
function register() {
  const options = { host: location.hostname, port: location.port, path: "/peerjs", config: {} };
  const peer = new Peer(newRoom(), options);
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

export async function meet(camera, show) {
  const [near, far] = await Promise.all([register(), register()]);
  far.once("call", (call) => {
    call.on("stream", (stream) => show(1, stream));
    call.answer(camera);
  });
  near.call(far.id, camera).on("stream", (stream) => show(0, stream));
  return () => {
    near.destroy();
    far.destroy();
  };
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
