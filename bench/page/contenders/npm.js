// The npm package. Both ends join a room in `prepare`, so the time to connect does not include joining.

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

  /** Runs for the lifetime of the channel, because leaving a loop ends the iteration. */
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

  /** Ends the call on both sides, because a peer in a call cannot be called. */
  async close() {
    const [calling, called] = this.calls;
    calling.hangUp();
    await called.ended();
  }
}
