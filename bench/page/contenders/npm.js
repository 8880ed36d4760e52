// The npm package. Both ends join a room in `prepare`, so the time to connect does not include joining.

import { init, joinRoom } from "/npm/index.js";

import { Ends, SIGNAL, newRoom, receive } from "../work.js";

export const name = "npm";

let near, far;

export async function prepare() {
  await init();
  [near, far] = [await join("bench", "near"), await join("bench", "far")];
}

const join = (room, name) => joinRoom(SIGNAL, { room, name, giveUpAfter: 1 });

export async function connect() {
  const [calling, called] = await Promise.all([near.call(far.me), accepted(far)]);
  const [here, there] = await Promise.all([calling.channel("bench"), called.channel("bench")]);
  return new Pair(here, there, [calling, called]);
}

function accepted(room, options) {
  return new Promise((resolve) => {
    const off = room.on("incoming", ({ call }) => {
      off();
      resolve(call.accept(options));
    });
  });
}

export async function meet(camera, show) {
  const room = newRoom();
  const rooms = await Promise.all([join(room, "near"), join(room, "far")]);
  const [near, far] = rooms;
  const calls = [near.call(far.me, { media: camera }), accepted(far, { media: camera })];
  await Promise.all(calls.map(async (call, end) => show(end, await (await call).remoteStream())));
  return () => rooms.forEach((room) => room.leave());
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
