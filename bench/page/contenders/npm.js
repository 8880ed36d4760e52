// The npm package. Both ends join a room in `prepare`, so the time to connect does not include joining.

import { init, joinRoom } from "/npm/index.js";

import { Ends, receive } from "../work.js";

export const name = "npm";

let near, far;

export async function prepare() {
  await init();
  const signal = new URLSearchParams(location.search).get("signal");
  const join = (name) => joinRoom(signal, { room: "bench", name, giveUpAfter: 1 });
  [near, far] = [await join("near"), await join("far")];
}

export async function connect() {
  const [calling, called] = await Promise.all([near.call(far.me), accept()]);
  const [here, there] = await Promise.all([calling.channel("bench"), called.channel("bench")]);
  return new Pair(here, there, [calling, called]);
}

function accept() {
  return new Promise((resolve) => {
    const off = far.on("incoming", ({ call }) => {
      off();
      resolve(call.accept());
    });
  });
}

class Pair extends Ends {
  constructor(near, far, calls) {
    super(near, far);
    this.calls = calls;
    near.on("message", ({ data }) => this.answered?.(data));
    far.on("message", ({ data }) => this.received?.(data));
  }

  async transfer(bytes, count) {
    const received = receive(count, (take) => (this.received = (message) => take(message.byteLength)));
    const message = new Uint8Array(bytes);
    for (let sent = 0; sent < count; sent++) {
      await this.near.send(message);
    }
    return received;
  }

  /** Ends the call on both sides, because a peer in a call cannot be called. */
  async close() {
    const [calling, called] = this.calls;
    calling.hangUp();
    await called.ended();
  }
}
