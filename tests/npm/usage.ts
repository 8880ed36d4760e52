// Uses of the package in a page. The TypeScript compiler checks this file, and nothing runs it.
import {
  joinRoom, isSupported, type Call, type EndReason, type IncomingRequest, type PartialFile, type Peer, type Room, type RoomEvent, type RtcFailure,
} from "browser-rtc";

export async function takeCalls(video: HTMLVideoElement): Promise<void> {
  if (!isSupported()) return;
  const room = await joinRoom("wss://example.org/signal", { room: "lobby", name: "Ada" });
  const everyone: Peer[] = [room.me, ...room.peers];
  const accepted: Promise<void> = room.say({ hello: everyone.map((peer) => peer.name) });
  await accepted;
  const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for await (const event of room) {
    if (event.type === "incoming") {
      const reason: EndReason = await talk(await event.call.accept(camera), video);
      console.log(reason);
    } else {
      report(event);
    }
  }
}

function report(event: Exclude<RoomEvent, { type: "incoming" }>): void {
  switch (event.type) {
    case "peer_joined":
      return console.log(event.peer.name);
    case "peer_left":
      return console.log(event.peer.name, event.reason);
    case "said":
    case "message":
      return console.log(event.from.name, event.data);
    case "reconnecting":
      return console.log(event.attempt.toFixed());
    case "recovered":
      return console.log(event.type);
    case "lagged":
      return console.log(event.missed.toFixed());
    case "refused":
    case "lost":
      return explain(event.error);
  }
}

function explain(error: RtcFailure): void {
  console.log(error.message, error.operation?.toUpperCase(), error.code?.toUpperCase(), error.limit?.toFixed());
}

async function talk(call: Call, video: HTMLVideoElement): Promise<EndReason> {
  video.srcObject = await call.remoteStream();
  const chat = await call.channel("chat");
  chat.send("hello");
  await chat.send(new Uint8Array([1, 2, 3]));
  chat.highWaterMark = 4 * chat.lowWaterMark;
  chat.receiveLimit = Infinity;
  // @ts-expect-error: a limit is a number.
  chat.receiveLimit = "none";
  chat.trySend(new DataView(new ArrayBuffer(8), 2));
  const waiting: Promise<void> | undefined = chat.send(new Blob(["large"]));
  const accepted: boolean = chat.trySend(new ArrayBuffer(8));
  await Promise.all([waiting, chat.flush()]);
  console.log(accepted, chat.bufferedAmount.toFixed(), chat.maxMessageSize?.toFixed());
  // @ts-expect-error: a message is text or bytes.
  chat.send({ hello: "Ada" });
  for await (const tone of call.playTones("12#", { duration: 200 })) console.log(tone.length);
  for await (const event of call.events()) if (event.type === "reconnecting") console.log(event.attempt.toFixed());
  for await (const tone of call.playTones("3")) console.log(tone.length);
  for await (const message of chat) console.log(typeof message === "string" ? message.length : message.byteLength);
  const positions = await call.channel("positions", { ordered: false, maxRetransmits: 0 });
  positions.trySend(new Uint8Array(8));
  // @ts-expect-error: a limit is a number.
  await call.channel("positions", { maxRetransmits: "none" });
  call.connection.getStats();
  return call.ended();
}

export async function ring(name: string): Promise<Call | undefined> {
  const url = new URL("/signal", location.href);
  const signal = AbortSignal.timeout(60_000);
  const room = await joinRoom(url, { room: "lobby", name: "Ada", token: "secret", giveUpAfter: 60_000, signal });
  const peer = room.peers.find((peer) => peer.name === name);
  // @ts-expect-error: the peer may be undefined.
  room.call(peer);
  // @ts-expect-error: a peer is not a number.
  room.call(7);
  // @ts-expect-error: the second argument is a stream, or a promise of one.
  room.call("id", signal);
  if (!peer) return room.leave(), undefined;
  const abort = new AbortController();
  return (await room.call(peer, null, abort.signal)) ?? room.call(peer.id, new MediaStream(), { signal }) ?? room.call(peer, navigator.mediaDevices.getUserMedia({ audio: true }));
}

export async function configured(url: URL, fetchToken: () => Promise<string>): Promise<void> {
  const room = await joinRoom(url, {
    room: "lobby",
    name: "Ada",
    token: fetchToken,
    configuration: { iceServers: [{ urls: "turn:turn.example.org", username: "ada", credential: "secret" }], iceTransportPolicy: "relay" },
    recovery: { patience: 2_000, attempts: 3, attemptTime: 5_000 },
    ringTime: 30_000,
    keepSeat: true,
  });
  // @ts-expect-error: the value is not an RTCIceTransportPolicy.
  await joinRoom(url, { room: "lobby", name: "Ada", configuration: { iceTransportPolicy: "none" } });
  await room.say("hello", { signal: AbortSignal.timeout(5_000) });
  await room.send("id", { to: "one peer" }, AbortSignal.timeout(5_000));
  const reply: unknown = await room.request("id", "free?", { timeout: 5_000, signal: AbortSignal.timeout(5_000) });
  console.log(reply);
  const call = await room.call("id", null, { metadata: { subject: "the invoice" }, ringTime: 5_000, configuration: {} });
  console.log(call.metadata);
  // @ts-expect-error: the name is `configuration`.
  await room.call("id", null, { rtcConfiguration: {} });
}

export async function answerRequests(room: Room): Promise<void> {
  const requests = room.requests();
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const request: IncomingRequest = next.value;
    if (request.data === "free?") request.reply(true);
    else request.fail(`${request.from.name} asks something else`);
    await request.ended();
  }
}

export async function briefly(url: string, video: HTMLVideoElement): Promise<void> {
  using room = await joinRoom(url, { room: "lobby", name: "Ada" });
  for await (const event of room) {
    if (event.type !== "incoming") continue;
    using call = await event.call.accept(undefined, { signal: AbortSignal.timeout(5_000) });
    video.srcObject = await call.remoteStream(AbortSignal.timeout(5_000));
    using chat = await call.channel("chat", { ordered: false, signal: AbortSignal.timeout(5_000) });
    await chat.send("hello");
    return;
  }
}

export async function sendFile(call: Call, file: File, bar: HTMLProgressElement): Promise<void> {
  const files = (await call.channel("files")).files();
  const outgoing = await files.offer(file);
  for await (const { bytes, total } of outgoing.progress()) bar.value = bytes / total;
  await outgoing.finished();
  const again = await files.offerAgain(outgoing);
  again.cancel();
  console.log(again.id === outgoing.id, (await files.offer(new Blob(["text"]), "a name")).id);
}

export async function takeFiles(call: Call, disk: WritableStream, kept?: PartialFile): Promise<Blob | undefined> {
  for await (const offer of (await call.channel("files")).files()) {
    if (offer.size > 1e9 || offer.type === "text/html") {
      offer.decline();
    } else if (kept?.id === offer.id) {
      return offer.resume(kept).finished();
    } else {
      const incoming = offer.size > 1e8 ? offer.accept(disk) : offer.accept();
      for await (const { bytes } of incoming.progress()) if (bytes > 1e9) incoming.cancel();
      try {
        return await incoming.finished();
      } catch {
        kept = await incoming.partial();
      }
    }
  }
}
