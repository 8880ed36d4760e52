// Calls every export of the npm package with wrong values in every argument position.
const exported = await import("/npm/browser_rtc.js");
await exported.default();
const { joinRoom } = exported;

const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const PENDING = Symbol("pending");
/** `joinRoom` waits for 20 s for a server that does not answer, as Firefox's WebSocket does not for this page's address. */
const TIMEOUT = 30_000;

/** The functions of wasm-bindgen's own loader. */
const LOADER = ["default", "initSync"];

const uncaught = [];
addEventListener("error", (event) => uncaught.push(`error: ${event.message}`));
addEventListener("unhandledrejection", (event) => uncaught.push(`rejection: ${event.reason}`));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Values by name, each made anew for each call. */
const getterError = new Error("a getter of the page");
const throwing = () => {
  throw getterError;
};
const MEMBERS = [
  "room", "name", "token", "giveUpAfter", "signal", "id", "duration", "gap", "ordered", "href", "iceServers", "patience",
];
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

/** One argument: its name in messages, the values that it takes, and how an argument list is made of a value. */
const argument = (name, takes, list) => ({ name, takes, list });
const member = (name, takes, list) => argument(`options.${name}`, takes, list);

/** Who receives the calls: for a value that is taken, an object that has ended, so that nothing comes of it. */
let room, other, disposed, track, shared, ringing, ended, call, endedCall, channel, files, transfer, offer, answered;

const join = (name) => joinRoom(url, { room: "arguments", name });
const joining = (member, takes) =>
  argument(`options.${member}`, takes, (value) => [url, { room: "arguments", name: "Cyd", giveUpAfter: 0, [member]: value }]);
const recovering = (member, takes) =>
  argument(`options.recovery.${member}`, takes, (value) => [url, { room: "arguments", name: "Cyd", recovery: { [member]: value } }]);
const channelOption = (name, takes) => member(name, takes, (value) => ["label", { [name]: value }]);
const limit = (name) => ({ on: () => channel, positions: [argument("value", BYTES, (value) => [value])] });
const none = (on) => ({ on, positions: [] });

/** Every export. A getter or setter is written as in the class body. */
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
  // Whatever `JSON.stringify` takes; what it does not take is its own error.
  "Room.say": { on: () => room, positions: [argument(undefined, Object.keys(values), (value) => [value])] },
  "Room.leave": none(),
  "Room.free": none(),
  "Room.[Symbol.asyncIterator]": none(),
  "Room.get me": none(() => room),
  "Room.get peers": none(() => room),
  "IncomingCall.accept": {
    on: (taken) => (taken ? ended : ringing),
    positions: [
      argument("media", MEDIA, (value) => [value]),
      [
        argument("options", [...OPTIONS, "signal"], (value) => [null, value]),
        member("signal", ["undefined", "signal"], (value) => [null, { signal: value }]),
      ],
    ],
  },
  "IncomingCall.decline": {
    on: (taken) => (taken ? ended : ringing),
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
    on: (taken) => (taken ? answered : offer),
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

/** The exports as the table spells them, each with its function. */
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
      // What begins with two underscores is not of the interface, and `Symbol.dispose` is `free`.
      if (key === "constructor" || key === Symbol.dispose || String(key).startsWith("__")) continue;
      if (get) found[`${name}.get ${keyOf(key)}`] = get;
      if (set) found[`${name}.set ${keyOf(key)}`] = set;
      if (method) found[`${name}.${keyOf(key)}`] = method;
    }
  }
  return found;
}

/** How a call ends: what it throws or rejects with, or its result. */
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

/** What is wrong with the outcome for a value that is not taken, if anything. */
function fault({ error, pending }, operation, name) {
  if (pending) return "is pending";
  if (error === getterError) return;
  if (error === undefined) return "is taken";
  if (!(error instanceof TypeError || error instanceof RangeError)) return `gives ${error?.name}: ${error?.message}`;
  // Where the options lack a member that is required, this is named.
  const words = [`${operation}: argument \`${name}`, " must be ", ", got "];
  if (!words.every((word) => error.message.includes(word))) return `says ${error.message}`;
}

/** What is wrong with the outcome for a value that is taken: any error may come of it but these. */
function faultOfTaken({ error, pending }, name) {
  if (pending) return "is pending";
  if (error instanceof WebAssembly.RuntimeError) return `faults: ${error.message}`;
  if (error?.message?.includes(`argument \`${name}\``)) return `is refused: ${error.message}`;
}

async function tryPosition(key, run, { on = () => undefined }, position, faults) {
  const operation = key.split(/[. ]/).at(-1);
  const property = key.includes(".set ") ? operation : undefined;
  for (const [kind, make] of Object.entries(values)) {
    const value = make();
    if (value === undefined && kind !== "undefined") continue;
    const taken = position.takes.includes(kind);
    const target = on(taken);
    const before = property && target[property];
    const ending = await outcome(() => run.apply(target, position.list(value)));
    const wrong = taken ? faultOfTaken(ending, position.name) : fault(ending, operation, position.name);
    if (wrong) faults.push(`${key}: ${position.name} of ${kind} ${wrong}`);
    if (property && !taken && target[property] !== before) faults.push(`${key}: ${kind} has changed it`);
    if (property) target[property] = before;
    // What has come of it after all is let go.
    ending.result?.free?.();
  }
}

/** Methods torn from their object. */
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

/** A call between the two rooms of this page: both ends. */
async function connect(stream) {
  const [called, theirs] = await Promise.all([room.call(peer(), stream), incoming().then((ring) => ring.accept())]);
  return [called, theirs];
}

async function channels([one, two], label, options) {
  return Promise.all([one.channel(label, options), two.channel(label, options)]);
}

/** Everything that the table calls on. */
async function prepare() {
  [room, other] = await Promise.all([join("Ada"), join("Bob")]);
  while (!peer()) await sleep(10);
  const memory = await outcome(() => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
  shared = memory.result;
  track = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks()[0];

  // One that rings, and one that was given up.
  const givingUp = new AbortController();
  const ring = room.call(peer(), null, givingUp.signal).catch(() => {});
  ended = await incoming();
  givingUp.abort();
  await Promise.all([ring, ended.ended()]);

  const ends = await connect();
  call = ends[0];
  endedCall = (await connect())[0];
  endedCall.hangUp();
  await endedCall.ended();

  let theirs;
  [channel, theirs] = await channels(ends, "messages");
  // Read to the end, so that nothing piles up.
  (async () => {
    for await (const _ of theirs);
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

/** The instance still works: what rang can be taken, and what was offered accepted. */
async function works() {
  const text = await (await offer.accept().finished()).text();
  const theirs = await ringing.accept();
  const mine = await connect();
  const [one, two] = await channels(mine, "afterwards");
  await one.send("a message");
  const message = await first(two);
  theirs.hangUp();
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
