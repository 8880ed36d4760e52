// Tests of the TypeScript layer against a fake of the raw module. `cargo xtask npm` runs them with Node, after `tsc`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fake, FakeCall, FakeChannel, FakeIncoming, FakeRequest, FakeRoom, rawError } from "./fake.mjs";

const layer = process.env.BROWSER_RTC ?? new URL("../../npm/dist/index.js", import.meta.url).href;
const { init, isSupported, joinRoom, Room, RtcError } = await import(layer);

const OPTIONS = { room: "lobby", name: "Ada" };
const URL_TEXT = "wss://example.org/signal";
const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Joins a room whose raw room is `raw`. */
async function joined(raw = new FakeRoom()) {
  fake.join = () => Promise.resolve(raw);
  return { raw, room: await joinRoom(URL_TEXT, OPTIONS) };
}

async function called(raw = new FakeCall()) {
  const { raw: rawRoom, room } = await joined();
  rawRoom.ringing.resolve(raw);
  return { raw, call: await room.call("2") };
}

async function opened(raw = new FakeChannel()) {
  const { raw: rawCall, call } = await called();
  rawCall.opened = raw;
  return { raw, channel: await call.channel("chat") };
}

async function first(iterable, count) {
  const items = [];
  for await (const item of iterable) if (items.push(item) === count) break;
  return items;
}

test("server import has no effect and calls are rejected", async () => {
  assert.equal(isSupported(), false);
  assert.equal(fake.loads.length, 0);
  for (const attempt of [joinRoom(URL_TEXT, OPTIONS), init()]) {
    const error = await attempt.then(assert.fail, (error) => error);
    assert.ok(error instanceof RtcError && error instanceof Error);
    assert.equal(error.name, "NotSupportedError");
    assert.match(error.message, /isSupported\(\)/);
  }
  assert.equal(fake.loads.length, 0);
  globalThis.RTCPeerConnection = class RTCPeerConnection {};
  assert.equal(isSupported(), true);
});

test("failed load is reported and retried", async () => {
  fake.loadError = new TypeError("Failed to fetch");
  const error = await init({ wasm: "/lost.wasm" }).then(assert.fail, (error) => error);
  assert.equal(error.name, "NetworkError");
  assert.equal(error.operation, "init");
  assert.equal(error.cause, fake.loadError);
  assert.match(error.message, /Failed to fetch.*init\(\{ wasm \}\)/);
  fake.loadError = undefined;
  await Promise.all([init(), joined(), init({ wasm: new Uint8Array(3) })]);
  assert.equal(fake.loads[0], "/lost.wasm");
  assert.equal(fake.loads.length, 2);
  assert.match(String(fake.loads[1]), /wasm\/browser_rtc_bg\.wasm$/);
});

test("invalid arguments are rejected before they reach the module", async () => {
  const { room } = await joined();
  const { call } = await called();
  fake.joined = undefined;
  const invalid = [
    [() => joinRoom(7, OPTIONS), /joinRoom: argument `url` must be a string or a URL object, got a number/],
    [() => joinRoom(URL_TEXT), /argument `options`/],
    [() => joinRoom(URL_TEXT, { room: "lobby" }), /`options.name` must be a string, got undefined/],
    [() => joinRoom(URL_TEXT, { ...OPTIONS, token: 5 }), /`options.token`/],
    [() => joinRoom(URL_TEXT, { ...OPTIONS, giveUpAfter: "5" }), /`options.giveUpAfter`/],
    [() => joinRoom(URL_TEXT, { ...OPTIONS, singal: 1 }), /`options.singal` is not an option/],
    [() => joinRoom(URL_TEXT, { ...OPTIONS, signal: {} }), /`options.signal` must be an AbortSignal/],
    [() => joinRoom(URL_TEXT, { ...OPTIONS, recovery: { patience: null } }), /`options.recovery.patience`/],
    [() => room.call(room.peers[7]), /call: argument `peer`/],
    [() => room.call("2", new Event("click")), /argument `options` must be an options object, got an object of type Event/],
    [() => room.call("2", null), /argument `options`/],
    [() => room.call("2", { media: {} }), /`options.media` must be a MediaStream/],
    [() => room.call("2", { ringTime: "long" }), /call: argument `options.ringTime`/],
    [() => room.call("2", { ringtime: 5 }), /`options.ringtime` is not an option/],
    [() => room.say("hello", { timeout: 5 }), /say: `options.timeout` is not an option/],
    [() => room.say("hello", AbortSignal.timeout(5)), /argument `options` must be an options object/],
    [() => room.send(7, "hello"), /send: argument `peer` must be a string or a Peer object/],
    [() => room.request({}, "hello"), /request: argument `peer`/],
    [() => room.request("2", "hello", { timeout: null }), /`options.timeout`/],
    [async () => room.onRequest("handler"), /onRequest: argument `handler` must be a function/],
    [async () => room.onRequest(() => {}, { once: true }), /onRequest: `options.once` is not an option/],
    [async () => room.on("peer_joined", () => {}), /there is no event `peer_joined`; the events are incoming, peerJoined/],
    [async () => room.on("said", {}), /argument `listener` must be a function/],
    [() => call.channel(5), /argument `label` must be a string/],
    [() => call.dtmf.play(12), /play: argument `tones` must be a string/],
    [() => call.dtmf.play("12", { duration: "long" }), /`options.duration`/],
    [async () => call.addStream({}), /argument `stream` must be a MediaStream/],
    [() => init("file.wasm"), /argument `options` must be an options object/],
  ];
  for (const [attempt, message] of invalid) {
    const error = await Promise.resolve().then(attempt).then(assert.fail, (error) => error);
    assert.ok(error instanceof TypeError, `${message}: ${error}`);
    assert.match(error.message, message);
  }
  await assert.rejects(joinRoom(URL_TEXT, { ...OPTIONS, ringTime: -1 }), RangeError);
  assert.equal(fake.joined, undefined);
});

test("join options reach the module", async () => {
  await joined();
  const signal = new AbortController().signal;
  await joinRoom(new URL(URL_TEXT), { ...OPTIONS, rtcConfiguration: { iceServers: [] }, ringTime: 5, signal });
  assert.deepEqual(fake.joined, {
    url: URL_TEXT,
    options: { ...OPTIONS, configuration: { iceServers: [] }, ringTime: 5, signal },
  });
});

test("raw errors become RtcErrors", async () => {
  await joined();
  fake.join = () => Promise.reject(rawError("joinRoom", "Signaling", "the name is taken", { code: "name_taken" }));
  const refused = await joinRoom(URL_TEXT, OPTIONS).then(assert.fail, (error) => error);
  assert.ok(refused instanceof RtcError);
  assert.deepEqual(
    [refused.name, refused.code, refused.operation, refused.message, refused.cause],
    ["SignalingError", "nameTaken", "joinRoom", "joinRoom: the name is taken", undefined],
  );
  const thrown = new DOMException("The URL is invalid", "SyntaxError");
  fake.join = () => Promise.reject(thrown);
  const syntax = await joinRoom(URL_TEXT, OPTIONS).then(assert.fail, (error) => error);
  assert.deepEqual([syntax.name, syntax.operation, syntax.cause], ["SyntaxError", "joinRoom", thrown]);
  const { room } = await joined();
  const large = await room.say(1).then(assert.fail, (error) => error);
  assert.deepEqual([large.name, large.limit], ["TooLargeError", 65536]);
});

test("aborted operations are rejected with the reason of the signal", async () => {
  const reason = { my: "reason" };
  const { room } = await joined();
  const { call } = await called();
  fake.join = () => new Promise(() => {});
  const waits = [
    (signal) => joinRoom(URL_TEXT, { ...OPTIONS, signal }),
    (signal) => room.call("2", { signal }),
    (signal) => room.say("pending", { signal }),
    (signal) => room.send("2", "pending", { signal }),
    (signal) => room.request("2", 1, { signal }),
    (signal) => call.remoteStream({ signal }),
    (signal) => call.ended({ signal }),
    (signal) => call.dtmf.play("1", { signal }),
    async (signal) => (await call.channel("chat")).flush({ signal }),
    async (signal) => (await call.channel("chat")).closed({ signal }),
  ];
  for (const wait of waits) {
    await assert.rejects(wait(AbortSignal.abort(reason)), (error) => error === reason, String(wait));
    const controller = new AbortController();
    const waiting = wait(controller.signal);
    await turn();
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason, String(wait));
  }
  // The timer of `AbortSignal.timeout` does not keep Node running.
  const running = setTimeout(() => {}, 60_000);
  await assert.rejects(room.call("2", { signal: AbortSignal.timeout(5) }), { name: "TimeoutError" });
  clearTimeout(running);
});

test("room events reach listeners and iterators with their own queues", async () => {
  const { raw, room } = await joined();
  raw.raised.push({ type: "peer_joined", peer: { id: "3", name: "Eve" } });
  const seen = [];
  const off = room.on("peerJoined", ({ peer }) => seen.push(peer.name));
  room.on("peerLeft", ({ peer, reason }) => seen.push([peer.name, reason]));
  const early = room[Symbol.asyncIterator]();
  const iterated = room[Symbol.asyncIterator]();
  await turn();
  raw.raised.push({ type: "peer_left", peer: { id: "3", name: "Eve" }, reason: "left" });
  await turn();
  assert.deepEqual(seen, ["Eve", ["Eve", "left"]]);
  off();
  off();
  raw.raised.push({ type: "peer_joined", peer: { id: "4", name: "Dan" } }, { type: "said", from: { id: "4", name: "Dan" }, data: 1 });
  room.leave();
  await turn();
  assert.deepEqual(seen.length, 2);
  for (const iterator of [early, iterated]) {
    const types = (await first(iterator, Infinity)).map(({ type }) => type);
    assert.deepEqual(types, ["peerJoined", "peerLeft", "peerJoined", "said"]);
  }
  assert.deepEqual(await first(room, Infinity), []);
});

test("listeners are removed by their signal and isolated from each other", async () => {
  const { raw, room } = await joined();
  const controller = new AbortController();
  const seen = [];
  room.on("recovered", () => seen.push(1), { signal: controller.signal });
  room.on("recovered", () => seen.push(2), { signal: AbortSignal.abort() });
  room.on("recovered", () => { throw new Error("listener"); });
  room.on("recovered", () => seen.push(3));
  const reported = new Promise((resolve) => (globalThis.reportError = resolve));
  raw.raised.push({ type: "recovered" });
  assert.equal((await reported).message, "listener");
  assert.deepEqual(seen, [1, 3]);
  controller.abort();
  let later;
  room.on("recovered", () => later());
  later = room.on("recovered", () => assert.fail("this listener was removed by the one before"));
  raw.raised.push({ type: "recovered" });
  await turn();
  assert.deepEqual(seen, [1, 3, 3]);
});

test("an iterator that is not read keeps the last events", async () => {
  const { raw, room } = await joined();
  const slow = room[Symbol.asyncIterator]();
  for (let attempt = 0; attempt < 2000; attempt += 1) raw.raised.push({ type: "reconnecting", attempt });
  raw.raised.end();
  await turn();
  const events = await first(slow, Infinity);
  assert.deepEqual(events[0], { type: "lagged", missed: 2000 - 1023 });
  assert.equal(events.length, 1024);
  assert.equal(events[1].attempt, 2000 - 1023);
});

test("incoming calls are accepted and declined", async () => {
  const { raw, room } = await joined();
  const incoming = new FakeIncoming();
  raw.raised.push({ type: "incoming", call: incoming });
  const [event] = await first(room, 1);
  assert.equal(event.call.peer.name, "Bob");
  assert.equal(await event.call.ended(), "peerHungUp");
  await assert.rejects(event.call.accept(new Event("click")), TypeError);
  assert.equal(incoming.media, undefined);
  assert.deepEqual(event.call.metadata, { subject: "the invoice" });
  const call = await event.call.accept({ metadata: "hi", rtcConfiguration: { iceServers: [] } });
  assert.deepEqual(incoming.options, { metadata: "hi", configuration: { iceServers: [] } });
  assert.deepEqual([call.peer.name, call.metadata], ["Bob", "in the train"]);
  await assert.rejects(event.call.accept({ ringTime: 5 }), /`options.ringTime` is not an option/);
  event.call.decline("busy");
  assert.equal(incoming.declined, "busy");
});

test("call options reach the module", async () => {
  const { raw, room } = await joined();
  raw.ringing.resolve(new FakeCall());
  await room.call(room.peers[0], { metadata: [1], ringTime: 5, rtcConfiguration: { iceServers: [] } });
  assert.deepEqual(raw.asked, {
    peer: "2",
    media: null,
    options: { metadata: [1], ringTime: 5, configuration: { iceServers: [] } },
  });
});

test("messages reach one peer and the event", async () => {
  const { raw, room } = await joined();
  await room.send(room.peers[0], { text: "hello" });
  assert.deepEqual(raw.sent, { peer: "2", value: { text: "hello" } });
  const large = await room.send("2", 1).then(assert.fail, (error) => error);
  assert.deepEqual([large.name, large.operation, large.limit], ["TooLargeError", "send", 65536]);
  const event = new Promise((resolve) => room.on("message", resolve));
  raw.raised.push({ type: "message", from: { id: "2", name: "Bob" }, data: [1] });
  assert.deepEqual(await event, { type: "message", from: { id: "2", name: "Bob" }, data: [1] });
  room.leave();
  await assert.rejects(room.send("2", "late"), { name: "ClosedError", operation: "send" });
  await assert.rejects(room.request("2", "late"), { name: "ClosedError", operation: "request" });
});

test("requests are answered by the handler", async () => {
  const { raw, room } = await joined();
  raw.ringing.resolve("yes");
  assert.equal(await room.request("2", "free?", { timeout: 5 }), "yes");
  assert.deepEqual(raw.requested, { peer: "2", value: "free?", options: { timeout: 5 } });
  const signals = [];
  const off = room.onRequest(async ({ from, data, signal }) => {
    signals.push(signal);
    if (data === "fail") throw new Error("no such song");
    if (data === "throw") throw "a string";
    if (data === "wait") await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return data === "large" ? "too large" : [from.name, data];
  });
  assert.throws(() => room.onRequest(() => {}), { name: "InvalidStateError", operation: "onRequest" });
  const requests = ["one", "fail", "throw", "large", "wait"].map((data) => new FakeRequest(data));
  raw.received.push(...requests);
  await turn();
  const [one, fail, thrown, large, wait] = requests.map(({ answers }) => answers);
  assert.deepEqual([one, fail, thrown], [[{ reply: ["Bob", "one"] }], [{ failure: "no such song" }], [{ failure: "a string" }]]);
  assert.match(large[0].failure, /TooLarge/);
  assert.deepEqual(wait, []);
  requests[4].end();
  await turn();
  assert.deepEqual(requests.map(({ freed }) => freed), [1, 1, 1, 1, 1]);
  const lost = Object.assign(new FakeRequest("lost"), { lost: true });
  raw.received.push(lost);
  await turn();
  assert.deepEqual([lost.answers, lost.freed, signals.pop().aborted], [[], 1, false]);
  assert.deepEqual(signals.map(({ aborted }) => aborted), [false, false, false, false, true]);
  off();
  off();
  raw.received = new (raw.raised.constructor)();
  const controller = new AbortController();
  room.onRequest(() => "second", { signal: controller.signal });
  const later = new FakeRequest("later");
  raw.received.push(later);
  await turn();
  assert.deepEqual(later.answers, [{ reply: "second" }]);
  controller.abort();
  room.onRequest(() => {});
});

test("call events include streams, tones and the end", async () => {
  const { raw, call } = await called();
  const stream = Object.assign(new EventTarget(), { getTracks: () => [] });
  raw.stream.resolve(stream);
  raw.tones.push("1", "2");
  raw.tones.end();
  const tones = [];
  call.on("tone", ({ tone }) => tones.push(tone));
  const events = call[Symbol.asyncIterator]();
  await call.dtmf.play("12", { duration: 50 });
  assert.deepEqual([raw.timing, tones], [{ duration: 50 }, ["1", "2"]]);
  raw.raised.push({ type: "lost", reason: "peer-restarted" });
  raw.end("peer-left");
  await turn();
  const seen = await first(events, Infinity);
  assert.deepEqual(seen.slice(-2), [{ type: "lost", reason: "peerRestarted" }, { type: "ended", reason: "peerLeft" }]);
  assert.ok(seen.some((event) => event.type === "stream" && event.stream === stream));
  assert.deepEqual(call.remoteStreams, [stream]);
  await assert.rejects(call.dtmf.play("x"), { name: "SyntaxError", operation: "play" });
});

test("tracks of a call are added, removed and replaced", async () => {
  const { raw, call } = await called();
  const track = (kind) => ({ kind, [Symbol.toStringTag]: "MediaStreamTrack" });
  const [camera, screen, voice] = [track("video"), track("video"), track("audio")];
  const stream = { [Symbol.toStringTag]: "MediaStream", getTracks: () => [camera, voice] };
  const senders = [{ track: voice }];
  Object.assign(raw.connection, {
    getSenders: () => senders,
    addTrack: (track) => senders.push({ track, replaceTrack: async function (next) { this.track = next; } }),
    removeTrack: (sender) => { sender.track = null; },
  });
  call.addStream(stream);
  assert.deepEqual(senders.map(({ track }) => track), [voice, camera]);
  assert.equal(await call.replaceTrack(camera, screen), senders[1]);
  assert.equal(senders[1].track, screen);
  const text = { [Symbol.toStringTag]: "TextTrack" };
  await assert.rejects(call.replaceTrack(text, screen), /argument `track` must be a MediaStreamTrack, got an object of type TextTrack/);
  await assert.rejects(call.replaceTrack(screen, text), /argument `replacement` must be a MediaStreamTrack or null/);
  const { replaceTrack } = senders[1];
  const abort = new AbortController();
  senders[1].replaceTrack = () => new Promise(() => {});
  const replaced = call.replaceTrack(screen, camera, { signal: abort.signal });
  abort.abort("enough");
  assert.equal(await replaced.catch((reason) => reason), "enough");
  senders[1].replaceTrack = replaceTrack;
  await assert.rejects(call.replaceTrack(camera, null), { name: "InvalidAccessError", operation: "replaceTrack" });
  call.removeStream(stream);
  assert.deepEqual(senders.map(({ track }) => track), [null, screen]);
  raw.connection.signalingState = "closed";
  assert.throws(() => call.addStream(stream), { name: "ClosedError", operation: "addStream" });
});

test("channel iterators have their own queues and limits", async () => {
  const { raw, channel } = await opened();
  raw.messages.push("one", new Uint8Array(2));
  const iterators = [channel[Symbol.asyncIterator](), channel[Symbol.asyncIterator]()];
  for (const iterator of iterators) assert.equal((await iterator.next()).value, "one");
  await turn();
  assert.equal(raw.messages.reads, 1, "unread messages stay in the raw queue");
  assert.deepEqual((await iterators[0].next()).value, new Uint8Array(2));
  raw.messages.push("x".repeat(49), "y");
  await iterators[0].next();
  await iterators[0].next();
  assert.deepEqual((await iterators[1].next()).value, new Uint8Array(2));
  assert.equal((await iterators[1].next()).value.length, 49);
  await assert.rejects(iterators[1].next(), { name: "QuotaExceededError" });
  assert.equal((await iterators[1].next()).done, true);
  channel.close();
  assert.equal((await iterators[0].next()).done, true);
});

test("messages without a reader are kept for the next one", async () => {
  const { raw, channel } = await opened();
  const seen = [];
  const off = channel.on("message", ({ data }) => seen.push(data));
  raw.messages.push("one");
  await turn();
  off();
  raw.messages.push("two", "three");
  await turn();
  assert.deepEqual(seen, ["one"]);
  assert.deepEqual(await first(channel, 2), ["two", "three"]);
});

test("channels carry JSON and streams", async () => {
  const { raw, channel } = await opened();
  await channel.sendJson({ a: 1 });
  await assert.rejects(channel.sendJson(undefined), TypeError);
  await assert.rejects(channel.send(5), TypeError);
  raw.messages.push('{"b":2}', "{");
  const values = channel.json();
  assert.deepEqual((await values.next()).value, { b: 2 });
  await assert.rejects(values.next(), { name: "InvalidDataError" });
  raw.messages.push("three");
  const reader = channel.readable.getReader();
  assert.equal((await reader.read()).value, "three");
  const writer = channel.writable.getWriter();
  await writer.write("four");
  await writer.close();
  assert.deepEqual(raw.sent, ['{"a":1}', "four"]);
  assert.equal(channel.state, "closed");
  assert.equal((await reader.read()).done, true);
});

test("receive errors reach error listeners and iterators", async () => {
  const { raw, channel } = await opened();
  const errors = [];
  channel.on("error", ({ error }) => errors.push(error.name));
  channel.on("message", () => {});
  const iterator = channel[Symbol.asyncIterator]();
  raw.messages.fail(rawError("receive", "QuotaExceeded", "too many unread messages"));
  await assert.rejects(iterator.next(), { name: "QuotaExceededError", operation: "receive" });
  await turn();
  assert.deepEqual(errors, ["QuotaExceededError"]);
});

test("codecs report errors of the channel to their listeners", async () => {
  const { raw, channel } = await opened();
  let listening = 0;
  const { listenErrors } = channel;
  channel.listenErrors = (listener) => {
    const remove = listenErrors.call(channel, listener);
    listening += 1;
    return () => {
      listening -= 1;
      remove();
    };
  };
  const typed = channel.withCodec({ encode: String, decode: JSON.parse });
  assert.equal(listening, 0);
  const [seen, removed] = [[], []];
  typed.on("error", ({ error }) => removed.push(error.name))();
  assert.equal(listening, 0);
  typed.on("error", ({ error }) => seen.push(error.name));
  typed.on("message", () => {});
  raw.messages.push("not JSON", "1");
  raw.messages.fail(rawError("receive", "QuotaExceeded", "too much unread data"));
  await turn();
  assert.deepEqual([listening, seen, removed], [1, ["InvalidDataError", "QuotaExceededError"], []]);
});

test("use after close is a typed error and closing twice is harmless", async () => {
  const { raw, channel } = await opened();
  const closed = new Promise((resolve) => channel.on("closed", resolve));
  channel.close();
  channel.close();
  await closed;
  await assert.rejects(channel.send("late"), { name: "ClosedError", operation: "send" });
  assert.throws(() => channel.trySend("late"), RtcError);
  assert.deepEqual(raw.sent, []);
  const { raw: rawRoom, room } = await joined();
  room.leave();
  room.leave();
  assert.equal(rawRoom.left, 2);
});

test("files report progress and errors", async () => {
  const { channel } = await opened();
  const files = channel.files();
  assert.equal(channel.files(), files);
  await assert.rejects(files.offer(new ArrayBuffer(8)), /argument `file` must be a File or a Blob/);
  const file = await files.offer(new Blob(["text"]), { name: "text" });
  await assert.rejects(file.finished(), { name: "DeclinedError", operation: "finished" });
  await assert.rejects(files.offerAgain({}), /must be an OutgoingFile/);
  assert.equal((await files.offerAgain(file)).id, "file-1");
  const progress = file.progress();
  const waiting = progress.next();
  await progress.return();
  assert.equal((await waiting).done, true);
  const late = new AbortController();
  const offered = files.offer(new Blob(), { signal: late.signal });
  late.abort();
  await assert.rejects(offered, { name: "AbortError" });
});

test("disposal leaves, hangs up and closes", async () => {
  Symbol.dispose ?? assert.fail("this version of Node has no Symbol.dispose");
  const { raw: rawRoom, room } = await joined();
  room[Symbol.dispose]();
  const { raw: rawCall, call } = await called();
  await call[Symbol.asyncDispose]();
  const { raw: rawChannel, channel } = await opened();
  await channel[Symbol.asyncDispose]();
  assert.deepEqual([rawRoom.left, rawCall.hungUp, rawChannel.state], [1, 1, "closed"]);
  assert.ok(!Object.getOwnPropertyNames(Room.prototype).includes("undefined"));
});
