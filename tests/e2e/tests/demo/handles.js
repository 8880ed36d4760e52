// What a page does with the handles of the npm package: signals, messages of every kind, and the end of a handle.
const { default: init, joinRoom } = await import("/npm/browser_rtc.js");
await init();

const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const join = (name, options) => joinRoom(new URL(url), { room: "handles", name, ...options });
const failure = (promise) => promise.then(() => "it succeeded", (error) => error);
const until = async (condition) => {
  while (!condition()) await sleep(10);
};
async function first(iterable, condition = () => true) {
  for await (const item of iterable) if (condition(item)) return item;
}

const [ada, bob] = await Promise.all([join("Ada"), join("Bob")]);
const named = (name) => ada.peers.find((peer) => peer.name === name);
await until(() => named("Bob"));
// One subscription throughout: leaving a loop over the room would end it.
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
const opened = (call, theirs, label, options) =>
  Promise.all([call.channel(label, options), theirs.channel(label, options)]);

const faults = [];
function check(what, right) {
  document.body.dataset.at = what;
  if (!right) faults.push(what);
}

/** A signal ends the waiting with its own reason. */
async function signals() {
  const timeout = await failure(ada.call(named("Bob"), null, AbortSignal.timeout(10)));
  check(`a timeout gives ${timeout}`, timeout instanceof DOMException && timeout.name === "TimeoutError");
  check("it rang", (await (await ringing()).ended()) === "peer-hung-up");

  const reason = { of: "the page's own" };
  const aborted = AbortSignal.abort(reason);
  const soon = () => {
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
  const theirs = await incoming.accept();
  const call = await calling;
  check("channel", (await failure(theirs.channel("never opened", soon()))) === reason);
  check("remoteStream", (await failure(theirs.remoteStream(soon()))) === reason);
  call.hangUp();

  const hurried = ada.call(named("Bob")).catch(() => {});
  const second = await ringing();
  const quick = new AbortController();
  const accepting = failure(second.accept(null, quick.signal));
  quick.abort(reason);
  check("accept before an abort", (await accepting) === reason);
  await Promise.all([second.ended(), hurried.then((call) => call?.hangUp())]);
}

/** The media of a call may be a promise, which settles during the call. */
async function promises() {
  const refusal = new DOMException("no camera", "NotAllowedError");
  check("call with a rejected promise", (await failure(ada.call(named("Bob"), Promise.reject(refusal)))) === refusal);
  const wrong = await failure(ada.call(named("Bob"), Promise.resolve({})));
  check(`a promise of an object gives ${wrong}`, wrong instanceof TypeError && wrong.message.includes("`media`"));

  const stream = new MediaStream(document.createElement("canvas").captureStream().getTracks());
  const calling = ada.call(named("Bob"), Promise.resolve(stream));
  const call = (await ringing()).accept(sleep(50).then(() => stream));
  const [near, far] = await Promise.all([calling, call]);
  const [there, back] = await Promise.all([near.remoteStream(), far.remoteStream()]);
  check("both streams arrive", there.getTracks().length === 1 && back.getTracks().length === 1);
  near.hangUp();
  await far.ended();

  const ended = failure(ada.call(named("Bob")));
  const incoming = await ringing();
  check("accept with a rejected promise", (await failure(incoming.accept(Promise.reject(refusal)))) === refusal);
  check("the caller is told", (await ended).name === "Closed" && (await incoming.ended()) === "hung-up");
  for (const track of stream.getTracks()) track.stop();
}

/** Every kind of bytes, with the range that a view has. */
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
  const [call, theirs] = await connect();
  const [sending, receiving] = await opened(call, theirs, "kinds");
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
    check("each waits for its turn", mark > 1 || sent.filter(Boolean).length > 5);
    const [found] = await Promise.all([arrived(), ...sent]);
    expected.forEach((right, at) => check(`message ${at} with mark ${mark} is ${found[at]}`, found[at] === right));
  }

  // Memory that a browser does not send from: the browser's own error, whether it waits or not.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer;
  for (const waits of [false, true]) {
    const before = waits ? [sending.send(new Uint8Array(200_000)), sending.send("first")] : [];
    const refused = await failure((async () => sending.send(new Uint8Array(memory, 0, 3)))());
    check(`shared memory gives ${refused}`, refused instanceof TypeError && refused.limit === undefined);
    await Promise.all(before);
    for (const _ of before) check("what waited before it arrives", (await first(receiving)).length > 0);
  }
  sending.highWaterMark = 1 << 20;
  // Chromium and Firefox may come to take resizable memory: it is sent then, but never too large.
  check("resizable memory", true);
  const resizable = await failure((async () => sending.send(new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 }))))());
  if (resizable instanceof Error) check(`resizable memory gives ${resizable}`, resizable instanceof TypeError);
  else check("resizable memory arrives", (await first(receiving)).length === 4);

  // No limit, and no wrong one.
  receiving.receiveLimit = Infinity;
  check(`Infinity reads as ${receiving.receiveLimit}`, receiving.receiveLimit === Infinity);
  await Promise.all(Array.from({ length: 20 }, () => sending.send(new Uint8Array(10_000))));
  for (let count = 0; count < 20; count++) check("a message without a limit", (await first(receiving)).length === 10_000);
  check("the channel stays open", sending.state === "open" && receiving.state === "open");
  frame.remove();
  call.hangUp();
}

/** The end of a handle ends what it stands for, once. */
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
  check(`a call that is let go gives ${declined}`, declined.name === "Declined");

  const [call, theirs] = await connect();
  const [one, two] = await opened(call, theirs, "disposed");
  {
    using channel = one;
    channel.send("last");
  }
  await two.closed();
  check("what was sent arrives", (await first(two)) === "last");
  one.free();
  const late = await failure((async () => one.send("late"))());
  check(`a closed channel gives ${late}`, late.name === "Closed");

  const events = call.events();
  const next = events.next();
  events[Symbol.dispose]();
  check("an iterator ends", (await next).done && (await events.next()).done);

  const [left, right] = [bob[Symbol.asyncIterator](), bob[Symbol.asyncIterator]()];
  await ada.say("to each");
  const said = (iterator) => first(iterator, (event) => event.type === "said");
  check("each iterator of a room gets every event", (await said(left)).data === (await said(right)).data);
  check("an iterator that a loop was left of ends", (await left.next()).done && (await right.next()).done);

  await files(call, theirs);

  {
    using ending = call;
    check("the call is up", ending.connection.connectionState !== "closed");
  }
  check("the call has ended", (await call.ended()) === "hung-up" && (await theirs.ended()) === "peer-hung-up");
  call.free();
}

/** What a room is configured with reaches its calls. */
async function options() {
  using room = await join("Dan", {
    configuration: { iceServers: [{ urls: "stun:127.0.0.1:3478" }], iceTransportPolicy: "relay" },
    ringTime: 100,
    recovery: { attempts: 1 },
    token: () => "a token that this server does not require",
    keepSeat: true,
  });
  await until(() => named("Dan"));
  const bobs = room.peers.find((peer) => peer.name === "Bob");
  const unanswered = await failure(room.call(bobs));
  check(`an unanswered call gives ${unanswered}`, unanswered.name === "Timeout");
  await (await ringing()).ended();

  const calling = ada.call(named("Dan"));
  const call = await (await first(room, (event) => event.type === "incoming")).call.accept();
  const { iceServers, iceTransportPolicy } = call.connection.getConfiguration();
  check("the call relays only", iceTransportPolicy === "relay" && iceServers[0].urls.includes("stun:127.0.0.1:3478"));
  call.hangUp();
  await (await calling).ended();
}

async function files(call, theirs) {
  const [out, into] = await opened(call, theirs, "files");
  const [sending, receiving] = [out.files(), into.files()];
  const refused = await sending.offer(new Blob(["refused"]));
  (await first(receiving)).free();
  check("an offer is declined", (await failure(refused.finished())).name === "Declined");

  const large = new Blob([new Uint8Array(8_000_000).fill(7)]);
  const cancelled = await sending.offer(large, "cancelled");
  const arriving = (await first(receiving)).accept();
  cancelled[Symbol.dispose]();
  check("a transfer is cancelled", (await failure(arriving.finished())).name === "Abort");

  const given = await sending.offer(large, "given up");
  const pending = (await first(receiving)).accept();
  const [kept, ended] = [pending.partial(), failure(pending.finished())];
  pending.cancel();
  check("a transfer whose partial file is awaited is cancelled", (await ended).name === "Abort");
  check("a cancelled transfer leaves no partial file", (await kept) === undefined);
  check("the sender sees the cancellation", (await failure(given.finished())).name === "Abort");

  const lost = await sending.offer(large, "lost");
  const incoming = (await first(receiving)).accept();
  await first(incoming.progress(), ({ bytes }) => bytes > 0);
  into.close();
  const partial = await incoming.partial();
  const [again, anew] = await opened(call, theirs, "files again");
  const [resending, others] = [again.files(), anew.files()];
  await resending.offer(new Blob(["of another name"]));
  const wrong = await failure((async () => (await first(others)).resume(partial))());
  check(`the wrong offer gives ${wrong}`, wrong.name === "InvalidAccess");
  await resending.offerAgain(lost);
  const offer = await first(others, ({ id }) => id === partial.id);
  const resumed = offer.resume(partial);
  check("a partial file is used once", (await failure((async () => offer.resume(partial))())).name === "InvalidState");
  const blob = await resumed.finished();
  check("the file is whole", blob.size === large.size);
  resumed.free();
  partial.free();
}

async function run() {
  for (const part of [signals, promises, messages, options, disposal]) await part();
  return faults;
}

const found = await run().catch((error) => [...faults, `${error?.stack ?? error}`]);
document.body.dataset.outcome = JSON.stringify(found);
