// Tests of sessions over transports of the page. Both peers are in this page.
import { getUserMedia, stop } from "/npm/media.js";
import { RtcError } from "/npm/index.js";
import { createSession, DataChannel, init, Session } from "/npm/session.js";
import { createSession as createRawSession } from "/npm/wasm/browser_rtc.js";
import { equal, established, once, pair, rejects, sleep, test } from "./harness.js";

const runner = new URLSearchParams(location.search).get("runner");

/** Returns two sessions that pass their signals to each other. */
async function sessions(options = [{}, {}]) {
  const ends = [];
  const transport = (other) => (signal) => void setTimeout(() => ends[other]?.receive(JSON.parse(JSON.stringify(signal))));
  ends.push(await createSession(transport(1), options[0]), await createSession(transport(0), options[1]));
  return ends;
}

/** Exchanges messages over a channel that both peers create. */
async function exchange(a, b) {
  const [mine, theirs] = await Promise.all([a, b].map((session) => session.channel("chat", { negotiated: true, id: 7 })));
  const [first, second] = [mine, theirs].map((channel) => channel[Symbol.asyncIterator]());
  await mine.send("ping");
  equal((await second.next()).value, "ping");
  await theirs.send("pong");
  equal((await first.next()).value, "pong");
  return [mine, theirs];
}

test("first iterator of a raw session has the earlier events", async () => {
  await init();
  const sdpTransform = () => {
    throw new Error("no description");
  };
  const session = createRawSession({ send: () => {}, polite: false, sdpTransform });
  session.connection.createDataChannel("chat");
  equal(await session.ended(), "sdp-transform-failed");
  const types = [];
  for await (const { type } of session.events()) types.push(type);
  equal(types, ["failed", "lost"]);
});

test("session over functions carries channels, media and tones", async () => {
  const [a, b] = await sessions([{ polite: true }, { polite: false }]);
  equal([a instanceof Session, a.connection instanceof RTCPeerConnection], [true, true]);
  const opened = once(b, "channel");
  const sent = await a.channel("positions", { ordered: false, maxRetransmits: 0, protocol: "p" });
  const { channel } = await opened;
  equal([channel instanceof DataChannel, channel.label, channel.native.protocol], [true, "positions", "p"]);
  equal([channel.native.ordered, channel.native.maxRetransmits, channel.native.id === sent.native.id], [false, 0, true]);
  const received = channel[Symbol.asyncIterator]().next();
  await sent.sendJson({ x: 1 });
  equal((await received).value, '{"x":1}');
  await exchange(a, b);

  const camera = await getUserMedia({ audio: true, video: true });
  const streamed = once(b, "stream");
  a.addStream(camera);
  equal([(await streamed).stream.id, (await b.remoteStream()).id, b.remoteStreams.length], [camera.id, camera.id, 1]);
  const tones = [];
  a.on("tone", ({ tone }) => tones.push(tone));
  const [voice] = a.connection.getSenders().filter(({ track }) => track?.kind === "audio");
  while (!voice.dtmf.canInsertDTMF) await sleep(20);
  await a.dtmf.play("1#", { duration: 70 });
  equal(tones, ["1", "#"]);
  const [audio] = camera.getAudioTracks();
  equal((await a.replaceTrack(audio, null)).track, null);
  a.removeStream(camera);
  stop(camera);

  const ended = [once(a, "ended"), once(b, "ended")];
  a.close();
  a.close();
  const reasons = (await Promise.all(ended)).map(({ reason }) => reason);
  equal([reasons, await a.ended(), await b.ended()], [["closed", "peerClosed"], "closed", "peerClosed"]);
  await rejects(a.channel("late"), "ClosedError");
  equal([a.connection.signalingState, b.connection.signalingState], ["closed", "closed"]);
  a.receive({ kind: "ping" });
});

test("sessions agree who is polite and carry files", async () => {
  const [a, b] = await sessions();
  const [mine, theirs] = await Promise.all([a, b].map((session) => session.channel("files", { negotiated: true, id: 1 })));
  const offered = once(theirs.files(), "offer");
  const file = await mine.files().offer(new File(["x".repeat(100_000)], "text.txt"));
  const { offer } = await offered;
  equal([(await offer.accept().finished()).size, await file.finished()], [100_000, undefined]);
  b.close();
  equal(await a.ended(), "peerClosed");
});

test("BroadcastChannel and MessagePort carry signals", async () => {
  const [one, two] = [new BroadcastChannel("a call"), new BroadcastChannel("a call")];
  const { port1, port2 } = new MessageChannel();
  for (const [left, right] of [[one, two], [port1, port2]]) {
    // Messages of the page on the same transport are ignored.
    left.postMessage("hello");
    left.postMessage({ kind: "not a signal" });
    const [a, b] = await Promise.all([createSession(left), createSession(right)]);
    const failures = [];
    for (const session of [a, b]) session.on("failed", ({ error }) => failures.push(String(error)));
    await exchange(a, b);
    a.close();
    equal([await b.ended(), failures], ["peerClosed", []]);
  }
  for (const end of [one, two, port1, port2]) end.close();
});

test("WebSocket carries signals", async () => {
  const sockets = [1, 2].map(() => new WebSocket(`${runner.replace("http", "ws")}/socket`));
  // The sockets are still connecting.
  const [a, b] = await Promise.all(sockets.map((socket) => createSession(socket)));
  await exchange(a, b);
  const failed = once(a, "failed");
  sockets[0].close();
  await new Promise((resolve) => (sockets[0].onclose = resolve));
  a.addStream(await getUserMedia({ audio: true }));
  const { error } = await failed;
  equal([error instanceof RtcError, error.name, error.operation, error.message], [true, "NetworkError", "send", "send: the WebSocket is closed"]);
  a.close();
  // The end arrives by the connection itself, or by the closed channel.
  b.close();
  sockets[1].close();
});

test("lost and repeated signals do not matter", async () => {
  const ends = [];
  let count = 0;
  const transport = (other) => async (signal) => {
    count += 1;
    if (count % 3 === 0) throw new Error("the network is down");
    await sleep(1);
    for (let times = 0; times < 2; times += 1) ends[other]?.receive(signal);
  };
  ends.push(await createSession(transport(1), { polite: true }), await createSession(transport(0), { polite: false }));
  const failed = once(ends[0], "failed");
  await exchange(...ends);
  equal((await failed).error.cause.message, "the network is down");
  ends[0].close();
  ends[1].close();
});

test("plain peer negotiates with a session", async () => {
  const plain = new RTCPeerConnection();
  let session;
  // The example of perfect negotiation in the WebRTC specification, as the impolite peer.
  const send = ({ description, candidate }) => {
    if (description) session.receive({ kind: "description", type: description.type, sdp: description.sdp });
    else if (candidate) session.receive({ kind: "candidate", ...candidate.toJSON() });
  };
  let makingOffer = false;
  let ignoreOffer = false;
  plain.onicecandidate = ({ candidate }) => send({ candidate });
  plain.onnegotiationneeded = async () => {
    makingOffer = true;
    await plain.setLocalDescription();
    send({ description: plain.localDescription });
    makingOffer = false;
  };
  const receive = async (signal) => {
    if (signal.kind === "description") {
      ignoreOffer = signal.type === "offer" && (makingOffer || plain.signalingState !== "stable");
      if (ignoreOffer) return;
      await plain.setRemoteDescription({ type: signal.type, sdp: signal.sdp });
      if (signal.type !== "offer") return;
      await plain.setLocalDescription();
      send({ description: plain.localDescription });
    } else if (signal.kind === "candidate") {
      const { kind, ...candidate } = signal;
      await plain.addIceCandidate(candidate).catch((error) => ignoreOffer || Promise.reject(error));
    }
  };
  const kinds = new Set();
  session = await createSession((signal) => {
    kinds.add(signal.kind);
    return receive(signal);
  }, { polite: true, plainPeer: true });
  const echo = new Promise((resolve) => (plain.ondatachannel = ({ channel }) => resolve(channel)));
  const chat = await session.channel("chat");
  (await echo).send("from the plain peer");
  equal((await chat[Symbol.asyncIterator]().next()).value, "from the plain peer");
  const opened = once(session, "channel");
  plain.createDataChannel("theirs");
  equal((await opened).channel.label, "theirs");
  equal([...kinds].sort(), ["candidate", "description"], "the kinds of signals");
  session.close();
  plain.close();
});

test("invalid arguments of sessions are TypeErrors", async () => {
  await init();
  const send = () => {};
  for (const transport of [undefined, 5, "wss://example.org", {}, new EventTarget()]) await rejects(createSession(transport), "TypeError");
  for (const options of [5, null, { polite: 1 }, { plainPeer: "yes" }, { singal: 1 }, { signal: {} }, { sdpTransform: 5 }]) {
    await rejects(createSession(send, options), "TypeError");
  }
  await rejects(createSession(send, { signalLimit: -1 }), "RangeError");
  await rejects(createSession(send, { rtcConfiguration: { iceServers: [{ urls: "no" }] } }), "SyntaxError");
  const reason = new Error("changed my mind");
  equal(await createSession(send, { signal: AbortSignal.abort(reason) }).catch((error) => error === reason), true);
  const session = await createSession(send);
  for (const signal of [undefined, 5, "{}", {}, { kind: 5 }, { kind: "unknown" }, { kind: "description", sdp: "" }]) {
    await rejects(Promise.resolve().then(() => session.receive(signal)), "TypeError");
  }
  const waiting = session.channel("chat", { signal: AbortSignal.timeout(20) });
  await rejects(waiting, "TimeoutError");
  await rejects(session.remoteStream({ signal: AbortSignal.timeout(20) }), "TimeoutError");
  const stream = session.remoteStream();
  session.connection.close();
  equal(await session.ended(), "closed", "the reason after the connection is closed");
  await rejects(stream, "ClosedError");
});

test("first example of the README connects two tabs", async () => {
  const readme = await (await fetch("/package/README.md")).text();
  const [example] = readme.split("\n## ").find((section) => section.startsWith("Sessions")).match(/(?<=^```js\n).*?(?=^```$)/ms);
  // Each tab is a module of this page, which writes its lines here.
  const lines = [];
  globalThis.tabs = [0, 1].map((tab) => ({ log: (line) => lines.push(`${tab}: ${line}`) }));
  const tab = (_, index) => {
    const script = example.replace('"browser-rtc/session"', `"${location.origin}/npm/session.js"`).replace(/^const (session) =/m, "export const $1 =");
    const text = `const console = tabs[${index}];\n${script}`;
    return import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  };
  const modules = await Promise.all(globalThis.tabs.map(tab));
  while (lines.length < 2) await sleep(20);
  modules[0].session.close();
  while (lines.length < 4) await sleep(20);
  const hello = "hello from the other tab";
  equal(lines.sort(), [`0: ended: closed`, `0: ${hello}`, `1: ended: peerClosed`, `1: ${hello}`]);
});

test("disposal closes sessions", async () => {
  if (!Symbol.dispose) return;
  const [a, b] = await sessions();
  await exchange(a, b);
  await a[Symbol.asyncDispose]();
  equal(await b.ended(), "peerClosed");
  const single = await createSession(() => {});
  single[Symbol.dispose]();
  equal(await single.ended(), "closed");
});

// Uses of `sdpTransform`.

const isChrome = "chrome" in window || !navigator.userAgent.includes("Firefox");

/** Adds a line after the connection line of video. */
const limited = (sdp) => sdp.replace(/(m=video.*\r\nc=.*\r\n)/g, "$1b=AS:100\r\nb=TIAS:100000\r\n");

/** Puts a codec first. */
const prefer = (codec) => (sdp) => {
  const types = [...sdp.matchAll(new RegExp(`^a=rtpmap:(\\d+) ${codec}/`, "gm"))].map(([, type]) => type);
  return sdp.replace(/^(m=video \d+ \S+) (.*)$/gm, (_, start, list) => {
    const others = list.split(" ").filter((type) => !types.includes(type));
    return [start, ...types, ...others].join(" ");
  });
};

async function entry(connection, type, kind) {
  for (const stat of (await connection.getStats()).values()) if (stat.type === type && stat.kind === kind) return stat;
  return undefined;
}

/** Returns both ends of a call whose local descriptions are transformed. */
async function transformed(sdpTransform, constraints) {
  const { ada, bob } = await pair();
  const media = await getUserMedia(constraints);
  const incoming = once(bob, "incoming");
  const [caller, callee] = await Promise.all([
    ada.call(bob.me, { media, sdpTransform }),
    incoming.then(({ call }) => call.accept({ sdpTransform })),
  ]);
  await Promise.all([established(caller.connection), established(callee.connection)]);
  const end = () => {
    ada.leave();
    bob.leave();
    stop(media);
  };
  return { caller, callee, end };
}

test("sdpTransform limits the bit rate of a call", async () => {
  const types = [];
  const video = { width: 1280, height: 720 };
  const { caller, end } = await transformed((sdp, type) => (types.push(type), limited(sdp)), { video });
  equal([...new Set(types)].sort(), ["answer", "offer"]);
  // The bit rate begins high, and the limit applies within a few seconds.
  const rate = async () => {
    const before = await entry(caller.connection, "outbound-rtp", "video");
    await sleep(2000);
    const after = await entry(caller.connection, "outbound-rtp", "video");
    if (!before) return 0;
    return (8000 * (after.bytesSent - before.bytesSent)) / (after.timestamp - before.timestamp);
  };
  let measured;
  for (let round = 0; round < 8; round += 1) {
    measured = await rate();
    if (measured > 0 && measured < 130_000) return end();
  }
  throw new Error(`${measured} bit/s are sent`);
}, 30_000);

test("sdpTransform chooses a codec", async () => {
  const { caller, end } = await transformed(prefer("VP9"), { video: true });
  let codec;
  for (let round = 0; round < 50 && !codec; round += 1) {
    const report = await caller.connection.getStats();
    codec = report.get((await entry(caller.connection, "outbound-rtp", "video"))?.codecId)?.mimeType;
    await sleep(100);
  }
  equal(codec, "video/VP9");
  end();
});

test("sdpTransform makes a session send and play stereo", async () => {
  const stereo = (sdp) => sdp.replace(/(a=fmtp:\d+ )(?=.*useinbandfec)(?!.*stereo)/g, "$1stereo=1;");
  const [a, b] = await sessions([{ sdpTransform: stereo }, { sdpTransform: stereo }]);
  const context = new AudioContext();
  const [tone, both] = [new OscillatorNode(context), new ChannelMergerNode(context, { numberOfInputs: 2 })];
  const output = new MediaStreamAudioDestinationNode(context, { channelCount: 2 });
  tone.connect(both, 0, 0);
  both.connect(output);
  tone.start();
  a.addStream(output.stream);
  const remote = await b.remoteStream();
  await established(a.connection);
  equal(b.connection.remoteDescription.sdp.includes("stereo=1"), true);
  equal(b.connection.localDescription.sdp.includes("stereo=1"), true);
  // The audio context of Firefox stays suspended without a user.
  if (isChrome) {
    const player = new Audio();
    Object.assign(player, { muted: true, srcObject: remote });
    void player.play();
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    context.createMediaStreamSource(remote).connect(splitter);
    const sides = [0, 1].map((side) => {
      const analyser = new AnalyserNode(context);
      splitter.connect(analyser, side);
      return analyser;
    });
    const loudness = (analyser) => {
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      return Math.max(...samples);
    };
    for (let left = 0; left < 0.1; left = loudness(sides[0])) await sleep(50);
    equal(loudness(sides[1]) < 0.01, true, "whether the right side is silent");
  }
  await context.close();
  a.close();
  b.close();
});

test("failing sdpTransform ends the call with a typed error", async () => {
  const cases = [
    [() => { throw new Error("no such codec"); }, "no such codec"],
    [() => undefined, "must return a string"],
  ];
  for (const [sdpTransform, message] of cases) {
    const { ada, bob } = await pair();
    const incoming = once(bob, "incoming");
    const [caller, callee] = await Promise.all([ada.call(bob.me, { sdpTransform }), incoming.then(({ call }) => call.accept())]);
    const [failed, lost, stream] = [once(caller, "failed"), once(caller, "lost"), caller.remoteStream()];
    const rejected = stream.then(() => undefined, (error) => error);
    const { error } = await failed;
    equal([error instanceof RtcError, error.name, error.operation], [true, "OperationError", "sdpTransform"]);
    equal(error.message.includes(message), true, `whether "${error.message}" contains the reason`);
    equal((await lost).reason, "sdpTransformFailed");
    equal([await caller.ended(), (await rejected) instanceof RtcError], ["connectionFailed", true]);
    await callee.ended();
    ada.leave();
    bob.leave();
  }
  const [a, b] = await sessions([{ sdpTransform: () => { throw new TypeError("no"); } }, {}]);
  void a.channel("chat").catch(() => {});
  equal([await a.ended(), await b.ended()], ["sdpTransformFailed", "peerClosed"]);
});
