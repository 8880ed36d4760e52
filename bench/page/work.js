// Shared code of the JavaScript contenders: back-pressure, and counting of received messages.

/** High-water mark in bytes: above it, the sender waits. */
export const HIGH = 1024 * 1024;
/** Low-water mark in bytes: at or below it, the sender continues. */
export const LOW = 256 * 1024;
export const SLICE = 64 * 1024;

export const once = (target, event) => new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));

export const opened = (channel) => (channel.readyState === "open" ? channel : once(channel, "open"));

/** Returns a promise to await before the next message, or undefined if the channel's buffer has room. */
export const room = (channel) => (channel.bufferedAmount > HIGH ? once(channel, "bufferedamountlow") : undefined);

export async function sendAll(channel, send, bytes, count) {
  const message = new Uint8Array(bytes);
  channel.bufferedAmountLowThreshold = LOW;
  for (let sent = 0; sent < count; sent++) {
    if (channel.bufferedAmount > HIGH) await once(channel, "bufferedamountlow");
    send(message);
  }
}

/** URL of this repository's signaling server. */
export const SIGNAL = new URLSearchParams(location.search).get("signal");

/** Returns a different room for each meeting, in which no previous peer is left. */
export const newRoom = () => crypto.randomUUID();

/** Resolves with the total size of `count` messages. `listen` gets a function to call with the size of each. */
export function receive(count, listen) {
  return new Promise((resolve) => {
    let [bytes, left] = [0, count];
    listen((length) => {
      bytes += length;
      if (--left === 0) resolve(bytes);
    });
  });
}

/** Resolves with the round-trip times of `count` messages in milliseconds, measured one after the other. */
export function roundTrips(bytes, count, { send, answered }) {
  const message = new Uint8Array(bytes);
  const times = [];
  return new Promise((resolve) => {
    let started;
    const sendNext = () => {
      started = performance.now();
      send(message);
    };
    answered(() => {
      times.push(performance.now() - started);
      if (times.length < count) sendNext();
      else resolve(times);
    });
    sendNext();
  });
}

/** Two ends of a library. The far end passes messages to `received`, and the near end passes them to `answered`. */
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
