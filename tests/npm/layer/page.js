// Tests of the layer in a browser. Both peers of each call are in this page.
import { advice, devices, getUserMedia, levels, record, snapshot, stop } from "/npm/media.js";
import { stats, watchRates } from "/npm/stats.js";
import { DataChannel, init, isSupported, joinRoom, Room, RtcError } from "/npm/index.js";
import { channels, connected, equal, established, once, pair, rejects, sleep, test, url } from "./harness.js";

test("module is loaded once", async () => {
  equal(isSupported(), true);
  await Promise.all([init(), init()]);
});

test("room events and messages", async () => {
  const { ada, bob, room } = await pair();
  const said = once(bob, "said");
  await ada.say({ text: "hello" });
  equal((await said).data, { text: "hello" });
  equal((await said).from, ada.me);
  const taken = await rejects(joinRoom(url, { room, name: "Ada" }), "SignalingError");
  equal([taken instanceof RtcError, taken.code, taken.operation], [true, "nameTaken", "joinRoom"]);
  equal(/^joinRoom: (?!.*failed)/.test(taken.message), true, `whether the message is "${taken.message}"`);
  await rejects(ada.say(() => {}), "TypeError");
  await rejects(ada.say("x".repeat(1 << 20)), "TooLargeError").then(({ limit }) => equal(limit > 0, true));
  const iterator = ada[Symbol.asyncIterator]();
  const left = iterator.next();
  bob.leave();
  bob.leave();
  equal((await left).value, { type: "peerLeft", peer: bob.me, reason: "left" });
  ada.leave();
  equal((await iterator.next()).done, true, "the end");
  await rejects(ada.call("someone"), "ClosedError");
  await rejects(ada.say("late"), "ClosedError");
});

test("messages to one peer", async () => {
  const { ada, bob, room } = await pair();
  const eve = await joinRoom(url, { room, name: "Eve" });
  const overheard = [];
  for (const type of ["message", "said"]) eve.on(type, ({ data }) => overheard.push(data));
  const received = [];
  bob.on("message", ({ from, data }) => received.push([from.name, data]));
  await ada.send(bob.me, { text: "for you" });
  await eve.send(bob.me.id, null);
  while (received.length < 2) await sleep(20);
  equal(received, [["Ada", { text: "for you" }], ["Eve", null]]);
  equal(overheard, []);
  await rejects(ada.send("nobody", 1), "PeerLeftError").then(({ operation }) => equal(operation, "send"));
  await rejects(ada.send(ada.me, 1), "PeerLeftError");
  await rejects(ada.send(bob.me, () => {}), "TypeError");
  await rejects(ada.send(bob.me, "x".repeat(1 << 20)), "TooLargeError");
  await rejects(ada.send(bob.me, 1, { signal: AbortSignal.abort() }), "AbortError");
  for (const peer of [ada, bob, eve]) peer.leave();
  await rejects(ada.send(bob.me, 1), "ClosedError");
});

test("requests and replies", async () => {
  const { ada, bob } = await pair();
  const unhandled = await rejects(ada.request(bob.me, 1), "NoHandlerError");
  equal([unhandled.operation, unhandled.message], ["request", "request: the peer handles no requests"]);
  const aborted = [];
  const off = bob.onRequest(async ({ from, data, signal }) => {
    equal(from, ada.me, "the sender");
    if (data === "fail") throw new RangeError("no such song");
    if (data === "wait") {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted.push(data);
    }
    return data === undefined ? undefined : { data };
  });
  equal(await Promise.all([1, null, "x"].map((data) => ada.request(bob.me, data))), [{ data: 1 }, { data: null }, { data: "x" }]);
  equal((await rejects(ada.request(bob.me.id, "fail"), "RemoteError")).message, "request: no such song");
  const controller = new AbortController();
  const waiting = ada.request(bob.me, "wait", { signal: controller.signal });
  await sleep(100);
  const reason = new Error("changed my mind");
  controller.abort(reason);
  equal(await waiting.catch((error) => error === reason), true, "the reason");
  while (aborted.length === 0) await sleep(20);
  await rejects(ada.request(bob.me, "wait", { timeout: 100 }), "TimeoutError");
  await rejects(ada.request(bob.me, () => {}), "TypeError");
  await rejects(ada.request(bob.me, 1, { timeout: -1 }), "RangeError");
  await rejects(ada.request("nobody", 1), "PeerLeftError");
  off();
  await rejects(ada.request(bob.me, 1), "NoHandlerError");
  bob.onRequest(() => new Promise(() => {}));
  const leaving = ada.request(bob.me, 1);
  await sleep(100);
  bob.leave();
  await rejects(leaving, "PeerLeftError");
  ada.leave();
});

test("calls have metadata, a ring time and a configuration", async () => {
  const { ada, bob } = await pair();
  const ringing = once(bob, "incoming");
  const rtcConfiguration = { iceServers: [{ urls: "stun:127.0.0.1:3478" }] };
  const calling = ada.call(bob.me, { metadata: { subject: "the invoice" }, rtcConfiguration });
  const { call: incoming } = await ringing;
  equal(incoming.metadata, { subject: "the invoice" });
  const callee = await incoming.accept({ metadata: ["in the train"], rtcConfiguration: { bundlePolicy: "max-bundle" } });
  const caller = await calling;
  equal([caller.metadata, callee.metadata], [["in the train"], { subject: "the invoice" }]);
  equal(caller.connection.getConfiguration().iceServers.length, 1);
  equal(callee.connection.getConfiguration().bundlePolicy, "max-bundle");
  caller.hangUp();
  await callee.ended();
  const unanswered = once(bob, "incoming");
  await rejects(ada.call(bob.me, { ringTime: 200 }), "TimeoutError");
  equal([await (await unanswered).call.ended(), (await unanswered).call.metadata], ["unanswered", undefined]);
  await rejects(ada.call(bob.me, { metadata: "x".repeat(20_000) }), "TooLargeError").then(({ limit }) => equal(limit, 16384));
  await rejects(ada.call(bob.me, { metadata: () => {} }), "TypeError");
  await rejects(ada.call(bob.me, { ringTime: -1 }), "RangeError");
  await rejects(ada.call(bob.me, { rtcConfiguration: { iceServers: 5 } }), "TypeError");
  ada.leave();
  bob.leave();
});

test("a peer that has just joined can be called", async () => {
  const room = "a room with a peer that has just joined";
  const ada = await joinRoom(url, { room, name: "Ada" });
  const bob = await joinRoom(url, { room, name: "Bob" });
  // The event `peerJoined` may still be under way to Ada.
  const [call] = await Promise.all([ada.call(bob.me.id), once(bob, "incoming").then(({ call }) => call.accept())]);
  equal(call.peer, bob.me);
  ada.leave();
  bob.leave();
});

test("an answer that is aborted at once ends the call", async () => {
  const { ada, bob } = await pair();
  const camera = new Promise(() => {});
  for (const media of [camera, null]) {
    const incoming = once(bob, "incoming");
    const calling = ada.call(bob.me);
    const controller = new AbortController();
    const { call } = await incoming;
    const accepting = call.accept({ media, signal: controller.signal });
    controller.abort();
    await rejects(accepting, "AbortError");
    await rejects(calling, "DeclinedError");
    equal(await call.ended(), "hungUp");
    await rejects(call.accept(), "ClosedError");
  }
  ada.leave();
  bob.leave();
});

test("declined, cancelled and unanswered calls", async () => {
  const { ada, bob } = await pair();
  const calls = bob[Symbol.asyncIterator]();
  const incoming = async () => {
    for (;;) {
      const { value } = await calls.next();
      if (value.type === "incoming") return value.call;
    }
  };
  const declined = ada.call(bob.me);
  (await incoming()).decline("busy");
  await rejects(declined, "BusyError");
  const abort = new AbortController();
  const cancelled = ada.call(bob.me.id, { signal: abort.signal });
  const ringing = await incoming();
  const reason = new Error("changed my mind");
  abort.abort(reason);
  equal(await cancelled.catch((error) => error === reason), true, "the reason");
  equal(await ringing.ended(), "peerHungUp");
  await rejects(ringing.accept(), "ClosedError");
  ringing.decline();
  await rejects(ada.call(bob.me, { signal: AbortSignal.timeout(50) }), "TimeoutError");
  (await incoming()).decline();
  await rejects(ada.call("nobody"), "PeerLeftError");
  const none = Promise.reject(new DOMException("no camera", "NotAllowedError"));
  await rejects(ada.call(bob.me, { media: none }), "NotAllowedError");
  ada.leave();
  bob.leave();
});

test("peers that call each other get the same call", async () => {
  const { ada, bob } = await pair();
  const [adas, bobs] = await Promise.all([ada.call(bob.me), bob.call(ada.me)]);
  equal([adas.peer, bobs.peer], [bob.me, ada.me]);
  const reconnected = [];
  for (const call of [adas, bobs]) call.on("reconnecting", () => reconnected.push(call));
  adas.hangUp();
  equal([await adas.ended(), await bobs.ended()], ["hungUp", "peerHungUp"]);
  equal(reconnected.length, 0);
  ada.leave();
  bob.leave();
});

test("media, statistics and recordings of a call", async () => {
  const { caller, callee, camera, end } = await connected();
  const remote = await caller.remoteStream();
  equal(remote instanceof MediaStream, true);
  const video = document.createElement("video");
  Object.assign(video, { muted: true, srcObject: remote });
  document.body.append(video);
  await video.play();
  while (video.videoWidth === 0) await sleep(50);
  const image = await snapshot(video, { type: "image/jpeg" });
  equal(image.type, "image/jpeg");
  video.remove();
  const recording = record(remote, { interval: 100 });
  for await (const part of recording) {
    equal(part.size > 0, true);
    break;
  }
  equal((await recording.stop()).size > 0, true);
  for await (const level of levels(camera)) {
    equal(level >= 0 && level <= 1, true, "the level");
    break;
  }
  const report = await stats(callee);
  equal(report.selectedPair?.state, "succeeded");
  equal(report.ofType("inbound-rtp").length, 2);
  for await (const { incomingBitRate, outgoing, roundTripTime, transportIncomingBitRate } of watchRates(caller, { interval: 500 })) {
    equal([incomingBitRate > 0, outgoing.length, roundTripTime >= 0, transportIncomingBitRate > 0], [true, 2, true, true]);
    break;
  }
  equal((await devices()).length > 0, true);
  const refused = await rejects(getUserMedia({ video: { deviceId: { exact: "none" } } }), "OverconstrainedError");
  equal(typeof advice(refused), "string");
  end();
});

test("tracks are added, replaced and removed", async () => {
  const { caller, callee, end } = await connected();
  await callee.remoteStream();
  const second = await getUserMedia({ video: true });
  const streams = [];
  const arrived = new Promise((resolve) => callee.on("stream", ({ stream }) => streams.push(stream) === 2 && resolve()));
  caller.addStream(second);
  await arrived;
  equal(streams[1].id, second.id);
  equal(callee.remoteStreams.length, 2);
  const third = await getUserMedia({ video: true });
  const sender = await caller.replaceTrack(second.getTracks()[0], third.getTracks()[0]);
  equal(sender.track === third.getTracks()[0], true);
  const gone = new Promise((resolve) => (streams[1].onremovetrack = resolve));
  caller.removeStream(third);
  await gone;
  equal(callee.remoteStreams.length, 1);
  end();
  stop(second);
  stop(third);
});

test("tones", async () => {
  const { caller, end } = await connected();
  await established(caller.connection);
  const tones = [];
  caller.on("tone", ({ tone }) => tones.push(tone));
  await caller.dtmf.play("12#", { duration: 70 });
  equal(tones, ["1", "2", "#"]);
  const abort = new AbortController();
  const playing = caller.dtmf.play("123456789", { signal: abort.signal });
  await sleep(50);
  abort.abort();
  await rejects(playing, "AbortError");
  await rejects(caller.dtmf.play("x"), "SyntaxError");
  end();
});

test("channel messages reach iterators, listeners and streams", async () => {
  const { caller, callee, end } = await connected();
  const [a, b] = await channels(caller, callee, "chat");
  equal([a.label, a.state], ["chat", "open"]);
  const listened = [];
  b.on("message", ({ data }) => listened.push(data));
  const iterators = [b[Symbol.asyncIterator](), b[Symbol.asyncIterator]()];
  for (let count = 0; count < 100; count += 1) await a.send(String(count));
  for (const iterator of iterators) {
    for (let count = 0; count < 100; count += 1) equal((await iterator.next()).value, String(count));
    await iterator.return();
  }
  equal(listened.length, 100);
  await a.sendJson({ x: 1 });
  await b.send(new Uint8Array([1, 2, 3]));
  await b.send(new Blob(["blob"]));
  const reader = a.readable.getReader();
  equal([...(await reader.read()).value], [1, 2, 3]);
  equal(new TextDecoder().decode((await reader.read()).value), "blob");
  await rejects(a.send(5), "TypeError");
  await rejects(a.send(new Uint8Array(a.maxMessageSize + 1)), "TooLargeError");
  try {
    a.highWaterMark = -1;
    throw new Error("the value is accepted");
  } catch (error) {
    equal(error.name, "RangeError");
  }
  const closed = once(b, "closed");
  const writer = a.writable.getWriter();
  await writer.write("last");
  await writer.close();
  await closed;
  await rejects(b.send("late"), "ClosedError");
  equal(listened.at(-1), "last");
  equal((await reader.read()).done, true);
  end();
});

test("invalid arguments are TypeErrors and change nothing", async () => {
  const { ada, bob } = await pair();
  const camera = await getUserMedia({ video: true });
  const incoming = once(bob, "incoming");
  const calling = ada.call(bob.me);
  const { call } = await incoming;
  for (const options of [new MouseEvent("click"), camera, { media: new Proxy(camera, {}) }, { media: {} }, { media: "camera" }]) {
    await rejects(call.accept(options), "TypeError");
  }
  for (const peer of [undefined, 7, null, camera, {}]) await rejects(ada.call(peer), "TypeError");
  const callee = await call.accept();
  const [a, b] = await channels(await calling, callee, "chat");
  const frame = document.body.appendChild(document.createElement("iframe"));
  const messages = b[Symbol.asyncIterator]();
  const views = [new frame.contentWindow.Uint8Array(3), new DataView(new ArrayBuffer(4), 1), new Float32Array(2)];
  for (const view of views) {
    await a.send(view);
    equal((await messages.next()).value.byteLength, view.byteLength, "the size");
  }
  frame.remove();
  for (const label of [5, undefined, {}]) await rejects(callee.channel(label), "TypeError");
  await rejects(callee.channel("x", { maxRetransmits: 1, maxPacketLifeTime: 1 }), "TypeError");
  await rejects(callee.channel("x", { maxRetransmits: -1 }), "RangeError");
  await rejects(a.files().offer(new ArrayBuffer(8)), "TypeError");
  a.receiveLimit = Infinity;
  equal(a.receiveLimit, Infinity);
  ada.leave();
  bob.leave();
  stop(camera);
});

test("files", async () => {
  const { caller, callee, end } = await connected();
  const [a, b] = (await channels(caller, callee, "files")).map((channel) => channel.files());
  const offered = once(b, "offer");
  const file = await a.offer(new File(["x".repeat(300_000)], "text.txt", { type: "text/plain" }));
  const { offer } = await offered;
  equal([offer.name, offer.size, offer.type, offer.id === file.id], ["text.txt", 300_000, "text/plain", true]);
  const incoming = offer.accept();
  let last;
  incoming.on("progress", (progress) => (last = progress));
  const blob = await incoming.finished();
  await file.finished();
  equal(blob.size, 300_000);
  equal(last, { type: "progress", bytes: 300_000, total: 300_000 });
  const again = a.offer(new Blob(["y"]), { name: "y" });
  for await (const { name, decline } of b) {
    equal([name, typeof decline], ["y", "function"]);
    break;
  }
  await again;
  end();
});

test("disposal ends calls, channels and rooms", async () => {
  if (!Symbol.dispose) return;
  const { ada, bob, caller, callee, camera } = await connected();
  const [a, b] = await channels(caller, callee, "chat");
  await a[Symbol.asyncDispose]();
  await b.closed();
  const ended = once(callee, "ended");
  await caller[Symbol.asyncDispose]();
  equal((await ended).reason, "peerHungUp");
  equal(await caller.ended(), "hungUp");
  caller.hangUp();
  await rejects(caller.channel("late"), "ClosedError");
  const left = once(bob, "peerLeft");
  ada[Symbol.dispose]();
  equal((await left).peer.name, "Ada");
  await bob[Symbol.asyncDispose]();
  equal([Room.prototype, DataChannel.prototype].every((prototype) => !("undefined" in prototype)), true);
  stop(camera);
});
