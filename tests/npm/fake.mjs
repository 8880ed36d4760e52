// A fake of the raw module, which the tests of the layer control through `fake`.

/** An iterator of the raw module, with a queue that tests fill. */
export class Items {
  #items = [];
  #waiters = [];
  #end;
  reads = 0;

  push(...items) {
    for (const value of items) this.#settle({ done: false, value });
  }

  end() {
    this.#end = { done: true, value: undefined };
    for (const { resolve } of this.#waiters.splice(0)) resolve(this.#end);
  }

  fail(error) {
    this.#waiters.shift()?.reject(error) ?? this.#items.push({ error });
    this.end();
  }

  #settle(result) {
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve(result);
    else this.#items.push(result);
  }

  next() {
    this.reads += 1;
    const item = this.#items.shift();
    if (item?.error) return Promise.reject(item.error);
    if (item ?? this.#end) return Promise.resolve(item ?? this.#end);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  return() {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

export function rawError(operation, kind, message, members = {}) {
  const error = new Error(`${operation} failed (${kind}): ${message}`);
  return Object.assign(error, { name: kind, operation }, members);
}

function deferred() {
  let settle;
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

function aborted(options, promise) {
  const signal = options?.signal;
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
    promise.then(resolve, reject);
  });
}

export class FakeChannel {
  messages = new Items();
  sent = [];
  label = "chat";
  state = "open";
  bufferedAmount = 0;
  highWaterMark = 1 << 20;
  lowWaterMark = 1 << 18;
  receiveLimit = 100;
  maxMessageSize = 262144;
  native = { readyState: "open", ordered: true, maxRetransmits: null, maxPacketLifeTime: null };
  /** The promise that `send` returns while the send buffer is full. */
  full = undefined;
  #closed = deferred();

  send(message, options) {
    if (this.state !== "open") throw rawError("send", "Closed", 'data channel 1 ("chat") is closed');
    if (typeof message === "number") throw new TypeError("send: argument `message` must be a string");
    if (!this.full) return void this.sent.push(message);
    const sending = this.full.then(() => void (options?.signal?.aborted || this.sent.push(message)));
    return aborted(options, sending);
  }
  trySend(message) {
    if (!this.full) this.send(message);
    return !this.full;
  }
  flush() {
    return new Promise(() => {});
  }
  files() {
    return new FakeFiles();
  }
  close() {
    this.state = "closed";
    this.native.readyState = "closed";
    this.messages.end();
    this.#closed.resolve();
  }
  closed() {
    return this.#closed.promise;
  }
  free() {
    this.close();
  }
  [Symbol.asyncIterator]() {
    return this.messages;
  }
}

export class FakeFiles {
  offers = new Items();
  outgoing = new FakeOutgoing();
  offer() {
    return Promise.resolve(this.outgoing);
  }
  offerAgain(outgoing) {
    return Promise.resolve(outgoing);
  }
  [Symbol.asyncIterator]() {
    return this.offers;
  }
}

class FakeOutgoing {
  id = "file-1";
  cancelled = 0;
  steps = new Items();
  progress() {
    return this.steps;
  }
  finished() {
    return Promise.reject(rawError("file", "Declined", "the remote peer declined the file"));
  }
  cancel() {
    this.cancelled += 1;
  }
}

export class FakeCall {
  peer = { id: "2", name: "Bob" };
  metadata = "in the train";
  connection = Object.assign(new EventTarget(), { signalingState: "stable", getSenders: () => [] });
  opened = new FakeChannel();
  raised = new Items();
  tones = new Items();
  stream = deferred();
  #ended = deferred();
  hungUp = 0;

  remoteStream(options) {
    return aborted(options, this.stream.promise);
  }
  channel(label, options) {
    this.asked = { label, options };
    return aborted(options, Promise.resolve(this.opened));
  }
  playTones(tones, timing) {
    if (/[^0-9A-D*#,]/.test(tones)) throw rawError("playTones", "Syntax", "not a tone");
    this.timing = timing;
    return this.tones;
  }
  events() {
    return this.raised;
  }
  hangUp() {
    this.hungUp += 1;
    this.end("hung-up");
  }
  end(reason) {
    this.raised.end();
    this.#ended.resolve(reason);
  }
  ended() {
    return this.#ended.promise;
  }
}

export class FakeSession extends FakeCall {
  received = [];

  receive(text) {
    this.received.push(JSON.parse(text));
  }
  close() {
    this.end("closed");
  }
}

export class FakeIncoming {
  peer = { id: "2", name: "Bob" };
  metadata = { subject: "the invoice" };
  accepted = new FakeCall();
  accept(media, options) {
    this.media = media;
    this.options = options;
    return aborted(options, Promise.resolve(this.accepted));
  }
  decline(reason) {
    this.declined = reason;
  }
  ended() {
    return Promise.resolve("peer-hung-up");
  }
}

export class FakeRequest {
  from = { id: "2", name: "Bob" };
  #ended = deferred();
  answers = [];
  freed = 0;

  constructor(data) {
    this.data = data;
  }
  reply(value) {
    if (value === "too large") throw rawError("reply", "TooLarge", "too large", { limit: 65536 });
    if (this.lost) throw rawError("reply", "Closed", "the peer no longer waits for the answer");
    this.answers.push({ reply: value });
    this.end();
  }
  fail(message) {
    if (this.lost) throw rawError("fail", "Closed", "the peer no longer waits for the answer");
    this.answers.push({ failure: message });
    this.end();
  }
  free() {
    this.freed += 1;
  }
  end() {
    this.#ended.resolve();
  }
  ended() {
    return this.#ended.promise;
  }
}

export class FakeRoom {
  me = { id: "1", name: "Ada" };
  peers = [{ id: "2", name: "Bob" }];
  raised = new Items();
  ringing = deferred();
  left = 0;

  received = new Items();

  call(peer, media, options) {
    this.asked = { peer, media, options };
    return aborted(options, this.ringing.promise);
  }
  say(value, options) {
    const large = Promise.reject(rawError("say", "TooLarge", "too large", { limit: 65536 }));
    large.catch(() => {});
    return aborted(options, value === 1 ? large : value === "pending" ? new Promise(() => {}) : Promise.resolve());
  }
  send(peer, value, options) {
    this.sent = { peer, value };
    return this.say(value, options);
  }
  request(peer, value, options) {
    this.requested = { peer, value, options };
    return aborted(options, this.ringing.promise);
  }
  requests() {
    return this.received;
  }
  leave() {
    this.left += 1;
    this.raised.end();
  }
  [Symbol.asyncIterator]() {
    return this.raised;
  }
}

/** The state of the module. */
export const fake = {
  loads: [],
  loadError: undefined,
  joined: undefined,
  join: (_url, _options) => Promise.resolve(new FakeRoom()),
};

export default async function load(options) {
  fake.loads.push(await options.module_or_path);
  if (fake.loadError) throw fake.loadError;
}

export function joinRoom(url, options) {
  fake.joined = { url, options };
  return aborted(options, fake.join(url, options));
}

export function createSession(options) {
  fake.session = Object.assign(new FakeSession(), { options });
  return fake.session;
}

export function isSupported() {
  return true;
}
