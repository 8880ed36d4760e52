// What the contenders in JavaScript share: the same rule of back-pressure, the same counting at the other end.

/** Where more than this waits in the browser's buffer, the sender stops … */
export const HIGH = 1024 * 1024;
/** … and goes on when no more than this does. */
export const LOW = 256 * 1024;
export const SLICE = 64 * 1024;

export const once = (target, event) => new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));

export const opened = (channel) => (channel.readyState === "open" ? channel : once(channel, "open"));

/** Waits until there is room in a channel's buffer. */
export const room = (channel) => (channel.bufferedAmount > HIGH ? once(channel, "bufferedamountlow") : undefined);

export async function sendAll(channel, send, bytes, count) {
  const message = new Uint8Array(bytes);
  channel.bufferedAmountLowThreshold = LOW;
  for (let sent = 0; sent < count; sent++) {
    if (channel.bufferedAmount > HIGH) await once(channel, "bufferedamountlow");
    send(message);
  }
}

/** Resolves with the bytes of so many messages. `listen` is given what to call with the bytes of each. */
export function receive(count, listen) {
  return new Promise((resolve) => {
    let [bytes, left] = [0, count];
    listen((length) => {
      bytes += length;
      if (--left === 0) resolve(bytes);
    });
  });
}

/** How many milliseconds each of so many messages takes there and back, one after the other. */
export function roundTrips(bytes, count, { send, answered }) {
  const message = new Uint8Array(bytes);
  const times = [];
  return new Promise((resolve) => {
    let begun;
    const ask = () => {
      begun = performance.now();
      send(message);
    };
    answered(() => {
      times.push(performance.now() - begun);
      if (times.length < count) ask();
      else resolve(times);
    });
    ask();
  });
}

/** Two ends of a library's own, which are given what has come by `received` at the far one and `answered` at the near. */
export class Ends {
  constructor(near, far) {
    Object.assign(this, { near, far });
  }

  roundTrips(bytes, count) {
    this.received = (message) => this.far.send(message);
    return roundTrips(bytes, count, {
      send: (message) => this.near.send(message),
      answered: (take) => (this.answered = (message) => take(message.byteLength)),
    });
  }
}
