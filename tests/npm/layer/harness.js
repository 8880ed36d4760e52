// The parts that the tests of the layer have in common.
import { getUserMedia, stop } from "/npm/media.js";
import { joinRoom } from "/npm/index.js";

export const url = new URL("/signal", location.href.replace(/^http/, "ws"));

const tests = new Map();
/** Adds a test, whose function may return a note on the outcome. */
export const test = (name, body, limit = 20_000) => tests.set(name, { body, limit });

export function equal(actual, expected, what = "value") {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what} is ${left}, expected ${right}`);
}

export async function rejects(promise, name) {
  const error = await Promise.resolve(promise).then(() => undefined, (error) => error);
  if (!error) throw new Error(`the promise is fulfilled, expected ${name}`);
  equal(error.name, name, `the name of "${error.message}"`);
  return error;
}

export const once = (target, type) => new Promise((resolve) => target.on(type, resolve));
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let rooms = 0;

/** Joins two peers to a new room. */
export async function pair(options) {
  const room = `room-${(rooms += 1)}`;
  const ada = await joinRoom(url, { ...options, room, name: "Ada" });
  const joined = once(ada, "peerJoined");
  const bob = await joinRoom(String(url), { ...options, room, name: "Bob" });
  equal((await joined).peer, bob.me, "the peer that joined");
  return { ada, bob, room };
}

/** Calls a peer, which accepts, and returns both ends of the call. */
export function calls(ada, bob, media = null) {
  return Promise.all([
    ada.call(bob.me, { media }),
    once(bob, "incoming").then(({ call }) => call.accept({ media: media && Promise.resolve(media) })),
  ]);
}

/** Returns both ends of a call with media. */
export async function connected() {
  const { ada, bob } = await pair();
  const camera = await getUserMedia({ audio: true, video: true });
  const [caller, callee] = await calls(ada, bob, camera);
  const end = () => {
    ada.leave();
    bob.leave();
    stop(camera);
  };
  return { ada, bob, camera, caller, callee, end };
}

export async function channels(caller, callee, label) {
  return Promise.all([caller.channel(label), callee.channel(label)]);
}

/** Waits until media flows: the remote stream is known earlier, from the negotiation. */
export async function established(connection) {
  while (connection.connectionState !== "connected") {
    await new Promise((changed) => connection.addEventListener("connectionstatechange", changed, { once: true }));
  }
}

/** Runs the tests, and writes their results into the page. */
export async function run() {
  const uncaught = [];
  addEventListener("error", ({ message }) => uncaught.push(message));
  addEventListener("unhandledrejection", ({ reason }) => uncaught.push(`unhandled: ${reason}`));
  const results = [];
  for (const [name, { body, limit }] of tests) {
    document.body.dataset.progress = name;
    const start = performance.now();
    const late = new Error(`the test has not ended after ${limit / 1000} seconds`);
    const failed = sleep(limit).then(() => Promise.reject(late));
    const outcome = await Promise.race([body(), failed]).then(
      (note) => ({ note }),
      (error) => ({ error: `${error.name}: ${error.message}` }),
    );
    results.push({ name, ...outcome, seconds: (performance.now() - start) / 1000 });
  }
  await sleep(200);
  results.push({ name: "uncaught errors", error: uncaught.join("; ") || undefined, seconds: 0 });
  document.body.dataset.results = JSON.stringify(results);
}
