// Calls every export of the npm package with invalid values in every argument position.
const exported = await import("/npm/wasm/browser_rtc.js");
await exported.default();
const { joinRoom } = exported;

const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const PENDING = Symbol("pending");
/** `joinRoom` times out after 20 s if the server does not answer, as with the WebSocket of Firefox to the URL of this page. */
const TIMEOUT = 30_000;

/** The functions of the loader of wasm-bindgen. */
const LOADER = ["default", "initSync"];

const uncaught = [];
addEventListener("error", (event) => uncaught.push(`error: ${event.message}`));
addEventListener("unhandledrejection", (event) => uncaught.push(`rejection: ${event.reason}`));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const getterError = new Error("a getter of the page");
const throwing = () => {
  throw getterError;
};
const MEMBERS = [
  "room", "name", "token", "giveUpAfter", "signal", "id", "duration", "gap", "ordered", "href", "iceServers", "patience",
];
/** Factories of values by name, which create a new value for each call. */
const values = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  "minus one": () => -1,
  NaN: () => NaN,
  Infinity: () => Infinity,
  "one and a half": () => 1.5,
  "two to the 53": () => 2 ** 53,
  bigint: () => 1n,
  symbol: () => Symbol("wrong"),
  "empty string": () => "",
  string: () => "a string",
  surrogate: () => "lone \ud800",
  function: () => () => {},
  class: () => class Wrong {},
  array: () => [],
  object: () => ({}),
  "frozen object": () => Object.freeze({}),
  "object without prototype": () => Object.create(null),
  "throwing getters": () =>
    Object.defineProperties({}, Object.fromEntries(MEMBERS.map((name) => [name, { get: throwing }]))),
  proxy: () => new Proxy({}, {}),
  "throwing proxy": () => new Proxy({}, { get: throwing, getPrototypeOf: throwing }),
  "revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  promise: () => Promise.resolve(new MediaStream()),
  event: () => new Event("click"),
  track: () => track,
  element: () => document.createElement("div"),
  document: () => document,
  date: () => new Date(),
  "array buffer": () => new ArrayBuffer(4),
  "detached buffer": () => {
    const buffer = new ArrayBuffer(4);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  },
  "shared buffer": () => shared,
  view: () => new DataView(new ArrayBuffer(4)),
  url: () => new URL("ws://127.0.0.1:1/"),
  blob: () => new Blob(["a blob"]),
  "proxy of a blob": () => new Proxy(new Blob(["a blob"]), {}),
  stream: () => new MediaStream(),
  "proxy of a stream": () => new Proxy(new MediaStream(), {}),
  "forged stream": () => Object.create(MediaStream.prototype),
  "writable stream": () => new WritableStream(),
  signal: () => new AbortController().signal,
  "forged signal": () => Object.create(AbortSignal.prototype),
  handle: () => room,
  "disposed handle": () => disposed,
  "handle without an object": () => Object.create(exported.OutgoingFile.prototype),
};

const STRINGS = ["empty string", "string", "surrogate"];
const PLAIN = ["object", "frozen object", "object without prototype", "proxy", "handle", "disposed handle", "handle without an object"];
const OPTIONS = ["undefined", ...PLAIN];
const MEDIA = ["undefined", "null", "stream", "promise"];
const MESSAGES = [...STRINGS, "array buffer", "detached buffer", "view", "blob"];
const BYTES = ["zero", "Infinity"];
const TIMES = ["zero", "Infinity", "one and a half", "two to the 53"];
const SHORTS = ["undefined", "zero"];

/** An argument: its name in messages, the kinds of its valid values, and a function from a value to an argument list. */
const argument = (name, valid, list) => ({ name, valid, list });
const member = (name, valid, list) => argument(`options.${name}`, valid, list);

/** The receivers of the calls. For valid values, a receiver is used that has ended, so that the call has no effect. */
let room, other, disposed, track, shared, ringing, ended, call, endedCall, channel, files, transfer, offer, answered;

const join = (name) => joinRoom(url, { room: "arguments", name });
const joining = (member, valid) =>
argument(`options.${member}`, valid, (value) => [url, { room: "arguments", name: "Cyd", giveUpAfter: 0, [member]: value }]);
const recovering = (member, valid) =>
argument(`options.recovery.${member}`, valid, (value) => [url, { room: "arguments", name: "Cyd", recovery: { [member]: value } }]);
const channelOption = (name, valid) => member(name, valid, (value) => ["label", { [name]: value }]);
const limit = (name) => ({ on: () => channel, positions: [argument("value", BYTES, (value) => [value])] });
const none = (on) => ({ on, positions: [] });

/** All exports. Getters and setters are spelled as in a class body. */
const table = {
  isSupported: none(() => undefined),
  joinRoom: {
    positions: [
      argument("url", [...STRINGS, "url"], (value) => [value, { room: "arguments", name: "Cyd", giveUpAfter: 0 }]),
      [
        argument("options", [], (value) => [url, value]),
        joining("room", STRINGS),
        joining("name", STRINGS),
        joining("token", ["undefined", ...STRINGS, "function", "class"]),
        joining("giveUpAfter", ["undefined", ...TIMES]),
        joining("ringTime", ["undefined", ...TIMES]),
        joining("configuration", OPTIONS),
        joining("keepSeat", ["undefined", "true"]),
        joining("recovery", OPTIONS),
        recovering("patience", ["undefined", ...TIMES]),
        recovering("attempts", ["undefined", "zero"]),
        recovering("attemptTime", ["undefined", ...TIMES]),
        joining("signal", ["undefined", "signal"]),
      ],
    ],
  },
  "Room.call": {
    on: () => room,
    positions: [
      argument("peer", STRINGS, (value) => [value]),
      argument("media", MEDIA, (value) => ["nobody", value]),
      [
        argument("options", [...OPTIONS, "signal"], (value) => ["nobody", null, value]),
        member("signal", ["undefined", "signal"], (value) => ["nobody", null, { signal: value }]),
      ],
    ],
  },
  // All values that `JSON.stringify` accepts. For others, it throws its own error.
  "Room.say": { on: () => room, positions: [argument(undefined, Object.keys(values), (value) => [value])] },
  "Room.leave": none(),
  "Room.free": none(),
  "Room.[Symbol.asyncIterator]": none(),
  "Room.get me": none(() => room),
  "Room.get peers": none(() => room),
  "IncomingCall.accept": {
    on: (isValid) => (isValid ? ended : ringing),
    positions: [
      argument("media", MEDIA, (value) => [value]),
      [
        argument("options", [...OPTIONS, "signal"], (value) => [null, value]),
        member("signal", ["undefined", "signal"], (value) => [null, { signal: value }]),
      ],
    ],
  },
  "IncomingCall.decline": {
    on: (isValid) => (isValid ? ended : ringing),
    positions: [argument("reason", ["undefined"], (value) => [value])],
  },
  "IncomingCall.ended": none(() => ended),
  "IncomingCall.free": none(),
  "IncomingCall.get peer": none(() => ringing),
  "Call.remoteStream": {
    on: () => endedCall,
    positions: [
      [
        argument("options", [...OPTIONS, "signal"], (value) => [value]),
        member("signal", ["undefined", "signal"], (value) => [{ signal: value }]),
      ],
    ],
  },
  "Call.channel": {
    on: () => endedCall,
    positions: [
      argument("label", STRINGS, (value) => [value]),
      [
        argument("options", OPTIONS, (value) => ["label", value]),
        channelOption("ordered", ["undefined", "true"]),
        channelOption("protocol", ["undefined", ...STRINGS]),
        channelOption("negotiated", ["undefined", "true"]),
        channelOption("maxRetransmits", SHORTS),
        channelOption("maxPacketLifeTime", SHORTS),
        channelOption("id", SHORTS),
        channelOption("signal", ["undefined", "signal"]),
      ],
    ],
  },
  "Call.playTones": {
    on: () => endedCall,
    positions: [
      argument("tones", STRINGS, (value) => [value]),
      [
        argument("options", OPTIONS, (value) => ["1", value]),
        member("duration", ["undefined", ...TIMES], (value) => ["1", { duration: value }]),
        member("gap", ["undefined", ...TIMES], (value) => ["1", { gap: value }]),
      ],
    ],
  },
  "Call.events": none(),
  "Call.hangUp": none(() => endedCall),
  "Call.ended": none(() => endedCall),
  "Call.free": none(() => endedCall),
  "Call.get peer": none(() => call),
  "Call.get connection": none(() => call),
  "DataChannel.get label": none(() => channel),
  "DataChannel.get state": none(() => channel),
  "DataChannel.get bufferedAmount": none(() => channel),
  "DataChannel.get highWaterMark": none(() => channel),
  "DataChannel.set highWaterMark": limit("highWaterMark"),
  "DataChannel.get lowWaterMark": none(() => channel),
  "DataChannel.set lowWaterMark": limit("lowWaterMark"),
  "DataChannel.get receiveLimit": none(() => channel),
  "DataChannel.set receiveLimit": limit("receiveLimit"),
  "DataChannel.get maxMessageSize": none(() => channel),
  "DataChannel.send": { on: () => channel, positions: [argument("message", MESSAGES, (value) => [value])] },
  "DataChannel.trySend": { on: () => channel, positions: [argument("message", MESSAGES, (value) => [value])] },
  "DataChannel.flush": none(() => channel),
  "DataChannel.files": none(),
  "DataChannel.close": none(),
  "DataChannel.closed": none(),
  "DataChannel.free": none(),
  "DataChannel.[Symbol.asyncIterator]": none(),
  "Files.offer": {
    on: () => files,
    positions: [
      argument("file", ["blob"], (value) => [value]),
      argument("name", ["undefined", ...STRINGS], (value) => [new Blob(["text"]), value]),
    ],
  },
  "Files.offerAgain": { on: () => files, positions: [argument("outgoing", [], (value) => [value])] },
  "Files.free": none(() => files),
  "Files.[Symbol.asyncIterator]": none(),
  "OutgoingFile.progress": none(),
  "OutgoingFile.finished": none(),
  "OutgoingFile.cancel": none(),
  "OutgoingFile.free": none(),
  "OutgoingFile.get id": none(() => transfer),
  "FileOffer.accept": {
    on: (isValid) => (isValid ? answered : offer),
    positions: [argument("into", ["undefined", "writable stream"], (value) => [value])],
  },
  "FileOffer.resume": { on: () => offer, positions: [argument("partial", [], (value) => [value])] },
  "FileOffer.decline": none(() => answered),
  "FileOffer.free": none(() => answered),
  "FileOffer.get id": none(() => offer),
  "FileOffer.get name": none(() => offer),
  "FileOffer.get size": none(() => offer),
  "FileOffer.get type": none(() => offer),
  "IncomingFile.progress": none(),
  "IncomingFile.finished": none(),
  "IncomingFile.partial": none(),
  "IncomingFile.cancel": none(),
  "IncomingFile.free": none(),
  "PartialFile.free": none(),
  "PartialFile.get id": none(),
  "AsyncItems.next": none(() => disposed),
  "AsyncItems.return": none(() => disposed),
  "AsyncItems.free": none(() => disposed),
  "AsyncItems.[Symbol.asyncIterator]": none(() => disposed),
};

const isClass = (value) => typeof value === "function" && "free" in (value.prototype ?? {});
const keyOf = (key) => (typeof key === "symbol" ? `[${key.description}]` : key);

/** Returns the functions of all exports by their names in the table. */
function exports() {
  const found = {};
  for (const [name, value] of Object.entries(exported)) {
    if (LOADER.includes(name)) continue;
    if (!isClass(value)) {
      found[name] = value;
      continue;
    }
    for (const key of Reflect.ownKeys(value.prototype)) {
      const { get, set, value: method } = Object.getOwnPropertyDescriptor(value.prototype, key);
      // Names that begin with two underscores are internal, and `Symbol.dispose` is the same function as `free`.
      if (key === "constructor" || key === Symbol.dispose || String(key).startsWith("__")) continue;
      if (get) found[`${name}.get ${keyOf(key)}`] = get;
      if (set) found[`${name}.set ${keyOf(key)}`] = set;
      if (method) found[`${name}.${keyOf(key)}`] = method;
    }
  }
  return found;
}

/** Returns the outcome of a call: its result, its error, or that it is pending. */
async function outcome(run) {
  try {
    const result = run();
    if (!(result instanceof Promise)) return { result };
    const settled = await Promise.race([result, sleep(TIMEOUT).then(() => PENDING)]);
    return settled === PENDING ? { pending: true } : { result: settled };
  } catch (error) {
    return { error };
  }
}

/** Returns the fault in the outcome for an invalid value, if there is one. */
function faultOfInvalid({ error, pending }, operation, name) {
  if (pending) return "is pending";
  if (error === getterError) return;
  if (error === undefined) return "is accepted";
  if (!(error instanceof TypeError || error instanceof RangeError)) return `gives ${error?.name}: ${error?.message}`;
  // If the options lack a required member, the message names the member.
  const parts = [`${operation}: argument \`${name}`, " must be ", ", got "];
  if (!parts.every((part) => error.message.includes(part))) return `has the message ${error.message}`;
}

/** Returns the fault in the outcome for a valid value, if there is one. Other errors are allowed. */
function faultOfValid({ error, pending }, name) {
  if (pending) return "is pending";
  if (error instanceof WebAssembly.RuntimeError) return `faults: ${error.message}`;
  if (error?.message?.includes(`argument \`${name}\``)) return `is rejected: ${error.message}`;
}

async function tryPosition(key, run, { on = () => undefined }, position, faults) {
  const operation = key.split(/[. ]/).at(-1);
  const property = key.includes(".set ") ? operation : undefined;
  for (const [kind, make] of Object.entries(values)) {
    const value = make();
    if (value === undefined && kind !== "undefined") continue;
    const isValid = position.valid.includes(kind);
    const target = on(isValid);
    const before = property && target[property];
    const found = await outcome(() => run.apply(target, position.list(value)));
    const fault = isValid ? faultOfValid(found, position.name) : faultOfInvalid(found, operation, position.name);
    if (fault) faults.push(`${key}: ${position.name} of ${kind} ${fault}`);
    if (property && !isValid && target[property] !== before) faults.push(`${key}: ${kind} has changed the property`);
    if (property) target[property] = before;
    // A handle that was created is freed.
    found.result?.free?.();
  }
}

/** Calls a method on receivers of another type. */
async function tryReceivers(key, run, faults) {
  for (const receiver of [undefined, null, {}, document.body]) {
    const { error, pending } = await outcome(() => run.call(receiver, "a", "b"));
    if (pending || !(error instanceof Error) || error instanceof WebAssembly.RuntimeError) {
      faults.push(`${key} on ${receiver} gives ${error}`);
    }
  }
}

async function first(iterable, condition = () => true) {
  for await (const item of iterable) if (condition(item)) return item;
}

const incoming = async () => (await first(other, (event) => event.type === "incoming")).call;
const peer = () => room.peers.find(({ name }) => name === other.me.name);

/** Connects a call between the two rooms of this page, and returns both ends. */
async function connect(stream) {
  return Promise.all([room.call(peer(), stream), incoming().then((ring) => ring.accept())]);
}

async function channels([one, two], label, options) {
  return Promise.all([one.channel(label, options), two.channel(label, options)]);
}

/** Creates the receivers of the table. */
async function prepare() {
  [room, other] = await Promise.all([join("Ada"), join("Bob")]);
  while (!peer()) await sleep(10);
  const memory = await outcome(() => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
  shared = memory.result;
  track = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks()[0];

  // An incoming call that was cancelled.
  const abort = new AbortController();
  const ring = room.call(peer(), null, abort.signal).catch(() => {});
  ended = await incoming();
  abort.abort();
  await Promise.all([ring, ended.ended()]);

  const ends = await connect();
  call = ends[0];
  endedCall = (await connect())[0];
  endedCall.hangUp();
  await endedCall.ended();

  let remote;
  [channel, remote] = await channels(ends, "messages");
  // Messages are read, so that none are buffered.
  (async () => {
    for await (const _ of remote);
  })().catch(() => {});
  const [sending, receiving] = await channels(ends, "files");
  files = sending.files();
  const offers = receiving.files();
  transfer = await files.offer(new Blob(["first"]));
  answered = await first(offers);
  answered.decline();
  await files.offer(new Blob(["second"]));
  offer = await first(offers);

  disposed = call.events();
  disposed.free();

  room.call(peer()).catch(() => {});
  ringing = await incoming();
}

/** Returns whether the instance still works: a ringing call and an offered file can be accepted. */
async function works() {
  const text = await (await offer.accept().finished()).text();
  const accepted = await ringing.accept();
  const ends = await connect();
  const [one, two] = await channels(ends, "afterwards");
  await one.send("a message");
  const message = await first(two);
  accepted.hangUp();
  return text === "second" && message === "a message";
}

async function run() {
  const found = exports();
  const names = Object.keys(table);
  const faults = [
    ...Object.keys(found).filter((name) => !names.includes(name)).map((name) => `${name} is not in the table`),
    ...names.filter((name) => !(name in found)).map((name) => `${name} is not exported`),
  ];
  if (faults.length) return { faults, uncaught };
  await prepare();
  let calls = 0;
  for (const [key, entry] of Object.entries(table)) {
    const exportedFunction = found[key];
    if (exportedFunction.length !== entry.positions.length) faults.push(`${key} has ${exportedFunction.length} arguments`);
    if (key.includes(".")) await tryReceivers(key, exportedFunction, faults);
    if (!entry.positions.length && entry.on) {
      const { pending, error } = await outcome(() => exportedFunction.call(entry.on()));
      if (pending || error instanceof WebAssembly.RuntimeError) faults.push(`${key} gives ${error ?? "nothing"}`);
    }
    for (const position of entry.positions.flat()) {
      document.body.dataset.at = `${key} ${position.name}`;
      await tryPosition(key, exportedFunction, entry, position, faults);
      calls += Object.keys(values).length;
    }
  }
  document.body.dataset.at = "afterwards";
  const working = await works();
  await sleep(200);
  return { faults, uncaught, calls, working, shared: shared !== undefined };
}

const outcomeOfAll = await run().catch((error) => ({ faults: [`${document.body.dataset.at}: ${error?.stack ?? error}`], uncaught }));
document.body.dataset.outcome = JSON.stringify(outcomeOfAll);
