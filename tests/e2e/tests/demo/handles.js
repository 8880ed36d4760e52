// The use of the handles of the raw module of the npm package: abort signals, media promises, messages of every kind, and disposal.
const { default: init, joinRoom } = await import("/npm/wasm/browser_rtc.js");
await init();

const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const join = (name, options) => joinRoom(new URL(url), { room: "handles", name, ...options });
const failure = (promise) => promise.then(() => "no error", (error) => error);
const until = async (condition) => {
  while (!condition()) await sleep(10);
};
async function first(iterable, condition = () => true) {
  for await (const item of iterable) if (condition(item)) return item;
}

const [ada, bob] = await Promise.all([join("Ada"), join("Bob")]);
const named = (name) => ada.peers.find((peer) => peer.name === name);
await until(() => named("Bob"));
// One iterator for the whole test, because leaving a loop over the room would end its iterator.
const bobsEvents = bob[Symbol.asyncIterator]();
async function ringing() {
  for (;;) {
    const { value } = await bobsEvents.next();
    if (value.type === "incoming") return value.call;
  }
}

async function connect() {
  return Promise.all([ada.call(named("Bob")), ringing().then((incoming) => incoming.accept())]);
}
const opened = (call, remote, label, options) =>
Promise.all([call.channel(label, options), remote.channel(label, options)]);

const faults = [];
function check(what, condition) {
document.body.dataset.at = what;
if (!condition) faults.push(what);
}

/** An operation that is aborted rejects with the reason of its signal. */
async function signals() {
  const timeout = await failure(ada.call(named("Bob"), null, AbortSignal.timeout(10)));
  check(`a timeout gives ${timeout}`, timeout instanceof DOMException && timeout.name === "TimeoutError");
  check("the call has rung", (await (await ringing()).ended()) === "peer-hung-up");

  const reason = { of: "the page" };
  const aborted = AbortSignal.abort(reason);
  const abortSoon = () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    return { signal: controller.signal };
  };
  check("joinRoom after an abort", (await failure(join("Cyd", { signal: aborted }))) === reason);
  const controller = new AbortController();
  const joining = failure(join("Cyd", { signal: controller.signal }));
  controller.abort(reason);
  check("joinRoom before an abort", (await joining) === reason);
  check("call after an abort", (await failure(ada.call(named("Bob"), null, aborted))) === reason);

  const calling = ada.call(named("Bob"));
  const incoming = await ringing();
  check("accept after an abort", (await failure(incoming.accept(null, { signal: aborted }))) === reason);
  const remote = await incoming.accept();
  const call = await calling;
  check("channel", (await failure(remote.channel("never opened", abortSoon()))) === reason);
  check("remoteStream", (await failure(remote.remoteStream(abortSoon()))) === reason);
  call.hangUp();

  const secondCall = ada.call(named("Bob")).catch(() => {});
  const second = await ringing();
  const abort = new AbortController();
  const accepting = failure(second.accept(null, abort.signal));
  abort.abort(reason);
  check("accept before an abort", (await accepting) === reason);
  await Promise.all([second.ended(), secondCall.then((call) => call?.hangUp())]);
}

/** The media of a call may be a promise, which settles while the call rings. */
async function promises() {
  const refusal = new DOMException("no camera", "NotAllowedError");
  check("call with a rejected promise", (await failure(ada.call(named("Bob"), Promise.reject(refusal)))) === refusal);
  const invalid = await failure(ada.call(named("Bob"), Promise.resolve({})));
  check(`a promise of an object gives ${invalid}`, invalid instanceof TypeError && invalid.message.includes("`media`"));

  const stream = new MediaStream(document.createElement("canvas").captureStream().getTracks());
  const calling = ada.call(named("Bob"), Promise.resolve(stream));
  const call = (await ringing()).accept(sleep(50).then(() => stream));
  const [near, far] = await Promise.all([calling, call]);
  const [ofFar, ofNear] = await Promise.all([near.remoteStream(), far.remoteStream()]);
  check("both streams arrive", ofFar.getTracks().length === 1 && ofNear.getTracks().length === 1);
  near.hangUp();
  await far.ended();

  const ended = failure(ada.call(named("Bob")));
  const incoming = await ringing();
  check("accept with a rejected promise", (await failure(incoming.accept(Promise.reject(refusal)))) === refusal);
  check("the caller is notified", (await ended).name === "Closed" && (await incoming.ended()) === "hung-up");
  for (const track of stream.getTracks()) track.stop();
}

/** Messages of every type of bytes, each with the range of its view. */
async function messages() {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  const other = frame.contentWindow;
  const bytes = (data) => new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
  const source = Uint8Array.from({ length: 64 }, (_, at) => at);
  const kinds = [
    source,
    source.buffer,
    source.subarray(3, 9),
    new DataView(source.buffer, 5, 7),
    new Float32Array([1.5, -2]),
    new Uint16Array(source.buffer, 4, 3),
    new BigInt64Array([7n]),
    new Uint8ClampedArray(source.buffer, 1, 2),
    new other.Uint8Array([1, 2, 3]),
    new other.DataView(new other.ArrayBuffer(5), 1, 2),
    new other.ArrayBuffer(6),
    new other.Blob(["a blob of another realm"]),
    "text",
    new Uint8Array(),
  ];
  const expected = await Promise.all(
    kinds.map(async (kind) => (typeof kind === "string" ? kind : bytes(kind.arrayBuffer ? await kind.arrayBuffer() : kind).join())),
  );
  const [call, remote] = await connect();
  const [sending, receiving] = await opened(call, remote, "kinds");
  const arrived = async () => {
    const found = [];
    for (const _ of kinds) {
      const message = await first(receiving);
      found.push(typeof message === "string" ? message : message.join());
    }
    return found;
  };
  for (const mark of [1 << 20, 1]) {
    sending.highWaterMark = mark;
    const sent = kinds.map((kind) => sending.send(kind));
    check("messages wait for the buffer", mark > 1 || sent.filter(Boolean).length > 5);
    const [found] = await Promise.all([arrived(), ...sent]);
    expected.forEach((text, at) => check(`message ${at} with mark ${mark} is ${found[at]}`, found[at] === text));
  }

  // Shared memory, which browsers do not send, is the browser's own error, whether the message is queued or not.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer;
  for (const isQueued of [false, true]) {
  const before = isQueued ? [sending.send(new Uint8Array(200_000)), sending.send("first")] : [];
    const refused = await failure((async () => sending.send(new Uint8Array(memory, 0, 3)))());
    check(`shared memory gives ${refused}`, refused instanceof TypeError && refused.limit === undefined);
    await Promise.all(before);
    for (const _ of before) check("messages that were queued before arrive", (await first(receiving)).length > 0);
  }
  sending.highWaterMark = 1 << 20;
  // Future versions of Chromium and Firefox may send resizable memory. The message then arrives.
  check("resizable memory", true);
  const resizable = await failure((async () => sending.send(new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 }))))());
  if (resizable instanceof Error) check(`resizable memory gives ${resizable}`, resizable instanceof TypeError);
  else check("resizable memory arrives", (await first(receiving)).length === 4);

  // A receiver without a limit.
  receiving.receiveLimit = Infinity;
  check(`Infinity reads as ${receiving.receiveLimit}`, receiving.receiveLimit === Infinity);
  await Promise.all(Array.from({ length: 20 }, () => sending.send(new Uint8Array(10_000))));
  for (let count = 0; count < 20; count++) check("a message without a limit", (await first(receiving)).length === 10_000);
  check("the channel stays open", sending.state === "open" && receiving.state === "open");
  frame.remove();
  call.hangUp();
}

/** Disposing a handle ends its object, and has no effect after that. */
async function disposal() {
  {
    using room = await join("Cyd");
    await until(() => named("Cyd"));
    check("the handle is of Cyd", room.me.name === "Cyd");
  }
  await until(() => !named("Cyd"));

  const calling = failure(ada.call(named("Bob")));
  {
    using incoming = await ringing();
    check("Ada calls", incoming.peer.name === "Ada");
  }
  const declined = await calling;
  check(`a disposed incoming call gives ${declined}`, declined.name === "Declined");

  const [call, remote] = await connect();
  const [one, two] = await opened(call, remote, "disposed");
  {
    using channel = one;
    channel.send("last");
  }
  await two.closed();
  check("the message arrives", (await first(two)) === "last");
  one.free();
  const late = await failure((async () => one.send("late"))());
  check(`a closed channel gives ${late}`, late.name === "Closed");

  const events = call.events();
  const next = events.next();
  events[Symbol.dispose]();
  check("a disposed iterator ends", (await next).done && (await events.next()).done);

  const [left, right] = [bob[Symbol.asyncIterator](), bob[Symbol.asyncIterator]()];
  await ada.say("to all");
  const said = (iterator) => first(iterator, (event) => event.type === "said");
  check("each iterator of a room gets every event", (await said(left)).data === (await said(right)).data);
  check("an iterator whose loop was left ends", (await left.next()).done && (await right.next()).done);

  await files(call, remote);

  {
    using ending = call;
    check("the call is connected", ending.connection.connectionState !== "closed");
  }
  check("the call has ended", (await call.ended()) === "hung-up" && (await remote.ended()) === "peer-hung-up");
  call.free();
}

/** The options of a room apply to its calls. */
async function options() {
  using room = await join("Dan", {
    configuration: { iceServers: [{ urls: "stun:127.0.0.1:3478" }], iceTransportPolicy: "relay" },
    ringTime: 100,
    recovery: { attempts: 1 },
    token: () => "a token that this server does not require",
    keepSeat: true,
  });
  await until(() => named("Dan"));
  const peer = room.peers.find((peer) => peer.name === "Bob");
  const unanswered = await failure(room.call(peer));
  check(`an unanswered call gives ${unanswered}`, unanswered.name === "Timeout");
  await (await ringing()).ended();

  const calling = ada.call(named("Dan"));
  const call = await (await first(room, (event) => event.type === "incoming")).call.accept();
  const { iceServers, iceTransportPolicy } = call.connection.getConfiguration();
  check("the call relays only", iceTransportPolicy === "relay" && iceServers[0].urls.includes("stun:127.0.0.1:3478"));
  call.hangUp();
  await (await calling).ended();
}

/** Declined, cancelled and resumed transfers. */
async function files(call, remote) {
const [near, far] = await opened(call, remote, "files");
const [sending, receiving] = [near.files(), far.files()];
const declined = await sending.offer(new Blob(["declined"]));
  (await first(receiving)).free();
  check("an offer is declined", (await failure(declined.finished())).name === "Declined");

  const large = new Blob([new Uint8Array(8_000_000).fill(7)]);
  const cancelled = await sending.offer(large, "cancelled");
  const incomplete = (await first(receiving)).accept();
  cancelled[Symbol.dispose]();
  check("a transfer is cancelled", (await failure(incomplete.finished())).name === "Abort");

  const awaited = await sending.offer(large, "awaited");
  const pending = (await first(receiving)).accept();
  const [kept, ended] = [pending.partial(), failure(pending.finished())];
  pending.cancel();
  check("a transfer whose partial file is awaited is cancelled", (await ended).name === "Abort");
  check("a cancelled transfer leaves no partial file", (await kept) === undefined);
  check("the sender sees the cancellation", (await failure(awaited.finished())).name === "Abort");

  const lost = await sending.offer(large, "lost");
  const incoming = (await first(receiving)).accept();
  await first(incoming.progress(), ({ bytes }) => bytes > 0);
  far.close();
  const partial = await incoming.partial();
  const [nearAgain, farAgain] = await opened(call, remote, "files again");
  const [resending, offers] = [nearAgain.files(), farAgain.files()];
  await resending.offer(new Blob(["another file"]));
  const mismatch = await failure((async () => (await first(offers)).resume(partial))());
  check(`another offer gives ${mismatch}`, mismatch.name === "InvalidAccess");
  await resending.offerAgain(lost);
  const offer = await first(offers, ({ id }) => id === partial.id);
  const resumed = offer.resume(partial);
  check("a partial file is used once", (await failure((async () => offer.resume(partial))())).name === "InvalidState");
  const blob = await resumed.finished();
  check("the file is complete", blob.size === large.size);
  resumed.free();
  partial.free();
}

async function run() {
  for (const part of [signals, promises, messages, options, disposal]) await part();
  return faults;
}

const found = await run().catch((error) => [...faults, `${error?.stack ?? error}`]);
document.body.dataset.outcome = JSON.stringify(found);
