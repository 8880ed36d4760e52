// A thousand rounds in which rooms are joined, calls are made, and channels are opened. All handles are dropped, and afterwards
// WebAssembly has as much memory as before.
import { stop } from "/npm/media.js";
import loadRaw from "/npm/wasm/browser_rtc.js";
import { createSession } from "/npm/session.js";
import { collected } from "./handles.js";
import { calls, channels, equal, once, pair, test } from "./harness.js";

/** The rounds that run at the same time. */
const LANES = 4;

/** Two peers join a room, call each other, exchange a message over a channel, hang up and leave. */
async function call(media) {
  const { ada, bob } = await pair();
  const [caller, callee] = await calls(ada, bob, media);
  if (media) await Promise.all([caller.remoteStream(), callee.remoteStream()]);
  const [a, b] = await channels(caller, callee, "chat");
  await exchange(a, b);
  const closed = b.closed();
  a.close();
  await closed;
  caller.hangUp();
  equal([await caller.ended(), await callee.ended()], ["hungUp", "peerHungUp"]);
  ada.leave();
  bob.leave();
}

/** Two peers join a room, exchange a message and leave. */
async function room() {
  const { ada, bob } = await pair();
  const events = ada[Symbol.asyncIterator]();
  const said = once(ada, "said");
  const off = ada.on("peerLeft", () => {});
  await bob.say("hello");
  equal((await said).data, "hello");
  await events.return();
  off();
  bob.leave();
  ada.leave();
}

/** A message is received by a listener and an iterator, which are then removed. */
async function exchange(from, to) {
  const messages = to[Symbol.asyncIterator]();
  const listened = new Promise((resolve) => {
    const off = to.on("message", ({ data }) => {
      off();
      resolve(data);
    });
  });
  await from.send("x".repeat(1000));
  equal([(await messages.next()).value.length, (await listened).length], [1000, 1000]);
  await messages.return();
}

/** Two sessions connect, exchange a message, and one of them is closed. */
async function session() {
  const { port1, port2 } = new MessageChannel();
  const [a, b] = await Promise.all([createSession(port1), createSession(port2)]);
  const [near, far] = await Promise.all([a, b].map((session) => session.channel("chat", { negotiated: true, id: 1 })));
  await exchange(near, far);
  a.close();
  equal([await a.ended(), await b.ended()], ["closed", "peerClosed"]);
  port1.close();
  port2.close();
}

/** Runs `count` rounds, a few at a time. */
async function rounds(count, round) {
  let begun = 0;
  const lane = async () => {
    while (begun++ < count) {
      await round();
      // Chrome allows 500 connections that are not collected, closed or not.
      if (begun % 50 === 0) globalThis.gc?.();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Returns a stream with a small picture. */
function picture() {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 16, height: 16 }).getContext("2d").fillRect(0, 0, 8, 8);
  return canvas.captureStream(1);
}

/** Runs rounds of each kind, and returns their durations. */
async function everything(number) {
  const durations = [];
  const timed = async (what, round) => {
    const start = performance.now();
    await rounds(number[what], round);
    durations.push(`${number[what]} ${what} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  };
  await timed("rooms", room);
  await timed("calls", () => call());
  const media = picture();
  await timed("video calls", () => call(media));
  stop(media);
  await timed("sessions", session);

  const { ada, bob } = await pair();
  const [caller, callee] = await calls(ada, bob);
  let opened = 0;
  await timed("channels", async () => {
    const [a, b] = await channels(caller, callee, `channel ${(opened += 1)}`);
    await exchange(a, b);
    a.close();
    await b.closed();
  });
  // One after the other, because each message is for one round.
  const [a, b] = await channels(caller, callee, "chat");
  let turn = Promise.resolve();
  await timed("subscriptions", () => (turn = turn.then(() => exchange(a, b))));
  ada.leave();
  bob.leave();
  await Promise.all([caller.ended(), callee.ended()]);
  return durations.join(", ");
}

/** The queue of tasks of the module, which exists as long as the page. */
const PERMANENT = 1;
const WARM_UP = { rooms: 100, calls: 100, "video calls": 25, sessions: 50, channels: 100, subscriptions: 125 };
const THOUSAND = { rooms: 200, calls: 200, "video calls": 50, sessions: 100, channels: 200, subscriptions: 250 };
/**
 * The heap grows to the largest amount of garbage so far, which depends on the times of collections. Some thousand rounds
 * exceed it, but not each.
 */
const ATTEMPTS = 10;

/** Runs rounds, after which there must be no handles. Returns the size of the heap in KiB and the durations. */
async function settled(memory, number) {
  const durations = await everything(number);
  equal(await collected(PERMANENT, 20_000), PERMANENT, `the number of handles after ${durations}`);
  return [memory.buffer.byteLength / 1024, durations];
}

test("a thousand rounds leave no handles and no memory", async () => {
  const { memory } = await loadRaw();
  const [warm] = await settled(memory, WARM_UP);
  const sizes = [warm];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const [size, durations] = await settled(memory, THOUSAND);
    sizes.push(size);
    if (size === sizes.at(-2)) return `${durations}; ${sizes.join(", ")} KiB`;
  }
  throw new Error(`the heap grows: ${sizes.join(", ")} KiB`);
}, 400_000);
