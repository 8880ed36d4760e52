// The benchmark run. In each session every contender connects, and then all contenders perform each task in random
// order, so that other load on the machine affects all of them equally.

import * as npm from "./contenders/npm.js";
import * as peerjs from "./contenders/peerjs.js";
import * as raw from "./contenders/raw.js";
import * as rust from "./contenders/rust.js";
import * as simplePeer from "./contenders/simple-peer.js";
import { at, shuffled } from "./figures.js";
import { firstPicture, openCamera } from "./picture.js";

/** The raw contender a second time. The difference between the two is the noise of the run. */
const again = { ...raw, name: "again" };
const CONTENDERS = [raw, again, rust, npm, simplePeer, peerjs];
const parameters = new URLSearchParams(location.search);
const SESSIONS = Number(parameters.get("sessions") ?? 12);
/** Time in milliseconds after which no session begins, so that a run on a busy machine has fewer sessions. */
const BUDGET = 200_000;
/** What a session measures: all of it, or only the connections and pictures. */
const ONLY_CONNECTING = parameters.has("connecting");
/** Number of connections of each contender in a session. The last one does the work. */
const CONNECTS = 4;
/** Number of first pictures of each contender in a session. */
const PICTURES = 4;
/** Number of repetitions of each task in a session. */
const REPEATS = 2;
/** Target duration of a task, in milliseconds, for the first contender that can do it. */
const PIECE = 200;
/** Time in milliseconds in which the browser still cleans up closed connections. */
const AFTERMATH = 100;

const KB = 1024;
/** The pieces of work. `factor` converts messages per second to the unit of the figure. */
const WORKS = [
  { key: "throughput_16k_mb_s", method: "transfer", bytes: 16 * KB, first: 500, factor: (16 * KB) / 1e6 },
  { key: "throughput_64k_mb_s", method: "transfer", bytes: 64 * KB, first: 150, factor: (64 * KB) / 1e6 },
  { key: "small_100b_messages_s", method: "transfer", bytes: 100, first: 5000, factor: 1 },
  { key: "small_24b_messages_s", method: "transfer", bytes: 24, first: 5000, factor: 1 },
  { key: "packed_100b_messages_s", method: "packed", bytes: 100, first: 20000, factor: 1 },
  { key: "packed_24b_messages_s", method: "packed", bytes: 24, first: 40000, factor: 1 },
];
const TRIPS = { bytes: 100, count: 300 };
const FILE = 16 * KB * KB;
const KEYS = ["connect_ms", "picture_ms", ...WORKS.map((work) => work.key), "rtt_p50_ms", "rtt_p99_ms", "file_mb_s"];

/** All measured values, by key and contender. */
const samples = {};

const log = (line) => (document.querySelector("#log").textContent += `${line}\n`);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function timed(work) {
  const started = performance.now();
  const result = await work();
  return [performance.now() - started, result];
}

/** Calls `run` for each contender that has the method, in random order. */
async function each(pairs, method, run) {
  for (const [contender, pair] of shuffled(pairs)) if (pair[method]) await run(contender.name, pair);
}

let camera;

async function session(keep) {
  const record = (key, name, ...values) => {
    if (keep) ((samples[key] ??= {})[name] ??= []).push(...values);
  };
  for (let turn = 0; turn < PICTURES; turn++) {
    for (const contender of shuffled(CONTENDERS)) {
      await sleep(AFTERMATH);
      record("picture_ms", contender.name, await firstPicture(contender, camera));
    }
  }
  let pairs = [];
  for (let turn = 0; turn < CONNECTS; turn++) {
    for (const [, pair] of pairs) await pair.close();
    pairs = [];
    await sleep(AFTERMATH);
    for (const contender of shuffled(CONTENDERS)) {
      const [ms, pair] = await timed(contender.connect);
      record("connect_ms", contender.name, ms);
      pairs.push([contender, pair]);
    }
  }
  if (!ONLY_CONNECTING) await perform(record, pairs);
  for (const [, pair] of pairs) await pair.close();
}

/** Performs each task with all contenders, in random order. */
async function perform(record, pairs) {
  for (const work of WORKS) await calibrate(work, pairs);
  for (let turn = 0; turn < REPEATS; turn++) {
    for (const { key, method, bytes, count, factor } of WORKS) {
      await each(pairs, method, async (name, pair) => {
        const [ms, received] = await timed(() => pair[method](bytes, count));
        if (received !== bytes * count) throw new Error(`${name}: ${key}: ${received} bytes of ${bytes * count}`);
        record(key, name, ((count * factor) / ms) * 1000);
      });
    }
    await each(pairs, "roundTrips", async (name, pair) => {
      record("trips", name, ...(await pair.roundTrips(TRIPS.bytes, TRIPS.count)));
    });
    await each(pairs, "file", async (name, pair) => {
      const [ms, received] = await timed(() => pair.file(FILE));
      if (received !== FILE) throw new Error(`${name}: a file of ${received} bytes`);
      record("file_mb_s", name, FILE / 1e6 / (ms / 1000));
    });
  }
}

/** Sets the number of messages of a task, which is the same for all contenders. */
async function calibrate(work, pairs) {
  if (work.count) return;
  for (const { name } of CONTENDERS) {
    const pair = pairs.find(([contender]) => contender.name === name)[1];
    if (!pair[work.method]) continue;
    work.count = work.first;
    // The first messages are slow.
    for (let turn = 0; turn < 4; turn++) {
      const [ms] = await timed(() => pair[work.method](work.bytes, work.count));
      work.count = Math.ceil((work.count / ms) * PIECE);
    }
    return;
  }
}

/** Returns the figure of each contender under each key, or null for work that it cannot do. */
function figures() {
  const { trips, ...others } = { trips: {}, ...samples };
  const middle = (values) => at(0.5, values);
  const figure = (key, name) => {
    if (key === "rtt_p50_ms") return at(0.5, trips[name]);
    if (key === "rtt_p99_ms") return at(0.99, trips[name]);
    return middle(others[key]?.[name]);
  };
  const of = (key) => Object.fromEntries(CONTENDERS.map(({ name }) => [name, figure(key, name)]));
  return Object.fromEntries(KEYS.map((key) => [key, of(key)]));
}

async function run() {
  for (const { name, prepare } of CONTENDERS) {
    log(`preparing ${name}`);
    await prepare?.();
  }
  camera = await openCamera();
  // The first session is a warm-up, for lazy compilation and first allocations, and does not count.
  const started = performance.now();
  for (let number = 0; number <= SESSIONS; number++) {
    if (number > 1 && performance.now() - started > BUDGET) break;
    log(number === 0 ? "warming up" : `session ${number} of ${SESSIONS}`);
    await session(number > 0);
  }
  return { figures: figures(), samples };
}

window.bench = {};
run().then(
  (result) => Object.assign(window.bench, result),
  (error) => (window.bench.error = `${error?.name}: ${error?.message}\n${error?.stack}`),
);
