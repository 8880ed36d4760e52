// The npm package. It connects who is in a room, so both take a seat first: that is not part of connecting.

import init, { joinRoom } from "/npm/browser_rtc.js";

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
  const [calling, called] = await Promise.all([near.call(far.me.id), accept()]);
  const [here, there] = await Promise.all([calling.channel("bench"), called.channel("bench")]);
  return new Pair(here, there, [calling, called]);
}

async function accept() {
  for await (const event of far) if (event.type === "incoming") return event.call.accept();
}

class Pair extends Ends {
  constructor(near, far, calls) {
    super(near, far);
    this.calls = calls;
    this.listen(near, "answered");
    this.listen(far, "received");
  }

  /** A loop for the channel's whole life, as leaving one ends the iteration. */
  async listen(channel, handler) {
    for await (const message of channel) this[handler]?.(message);
  }

  async transfer(bytes, count) {
    const received = receive(count, (take) => (this.received = (message) => take(message.byteLength)));
    const message = new Uint8Array(bytes);
    for (let sent = 0; sent < count; sent++) {
      await this.near.send(message);
    }
    return received;
  }

  /** Over at both ends: who is in a call is not called. */
  async close() {
    const [calling, called] = this.calls;
    calling.hangUp();
    await called.ended();
  }
}
