// Uses of every member of the layer. The TypeScript compiler checks this file, and nothing runs it.
import {
  type AcceptOptions,
  Call,
  type CallEvent,
  type CallOptions,
  type ChannelEvent,
  type ChannelOptions,
  DataChannel,
  Dtmf,
  type EndReason,
  FileOffer,
  type FileProgress,
  Files,
  IncomingCall,
  IncomingFile,
  init,
  type InitOptions,
  isSupported,
  type JoinOptions,
  joinRoom,
  type LeaveReason,
  type ListenerOptions,
  type LostReason,
  type Message,
  type OfferOptions,
  OutgoingFile,
  PartialFile,
  type Peer,
  type PeerRequest,
  type ReceivedMessage,
  type RecoveryOptions,
  type RequestOptions,
  Room,
  type RoomEvent,
  RtcError,
  type RtcErrorName,
  type RtcErrorOptions,
  type SignalingCode,
  type ToneOptions,
  type TransferEvent,
  type WaitOptions,
  type WasmSource,
} from "browser-rtc";
import * as media from "browser-rtc/media";
import * as statistics from "browser-rtc/stats";

/** Fails to compile unless the types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const wait: WaitOptions = { signal: new AbortController().signal };

export async function load(response: Promise<Response>, bytes: Uint8Array, module: WebAssembly.Module): Promise<void> {
  const sources: (WasmSource | Promise<WasmSource>)[] = [
    "browser_rtc_bg.wasm",
    new URL("https://example.org/browser_rtc_bg.wasm"),
    new Request("browser_rtc_bg.wasm"),
    response,
    bytes.buffer as ArrayBuffer,
    module,
  ];
  for (const wasm of sources) {
    const options: InitOptions = { wasm };
    await init(options);
    await init({ ...options, ...wait });
  }
  await init();
  const supported: boolean = isSupported();
  console.log(supported);
}

export async function rooms(url: string | URL, fetchToken: () => Promise<string>): Promise<Room> {
  const recovery: RecoveryOptions = { patience: 2_000, attempts: 3, attemptTime: 5_000 };
  const options: JoinOptions = {
    room: "lobby",
    name: "Ada",
    token: fetchToken,
    giveUpAfter: Infinity,
    ringTime: 30_000,
    rtcConfiguration: {
      iceServers: [{ urls: "turn:turn.example.org", username: "ada", credential: "secret" }],
      iceTransportPolicy: "relay",
    },
    recovery,
    keepSeat: true,
    ...wait,
  };
  const room = await joinRoom(url, { ...options, token: "secret" });
  const people: readonly Peer[] = [room.me, ...room.peers];
  await room.say({ hello: people.map(({ id, name }) => [id, name]) });
  await room.say("hello", wait);
  for (const peer of room.peers) await room.send(peer, { to: peer.name });
  await room.send("id", null, wait);
  room.on("message", ({ from, data }) => [same<typeof from, Peer>(true), same<typeof data, unknown>(true)]);
  const listening: ListenerOptions = wait;
  const off: () => void = room.on("peerJoined", ({ peer, type }) => {
    same<typeof peer, Peer>(true);
    same<typeof type, "peerJoined">(true);
  }, listening);
  off();
  room.on("peerLeft", ({ reason }) => same<typeof reason, LeaveReason>(true));
  room.on("incoming", ({ call }) => same<typeof call, IncomingCall>(true));
  room.on("said", ({ from, data }) => [same<typeof from, Peer>(true), same<typeof data, unknown>(true)]);
  for await (const event of room) describeRoomEvent(event);
  const iterator: AsyncIterableIterator<RoomEvent> = room[Symbol.asyncIterator]();
  await iterator.return?.();
  room.leave();
  room[Symbol.dispose]();
  await room[Symbol.asyncDispose]();
  return room;
}

export async function requests(room: Room, peer: Peer): Promise<void> {
  const options: RequestOptions = { timeout: 5_000, ...wait };
  const reply: unknown = await room.request(peer, { question: "free on monday?" }, options);
  console.log(reply, await room.request(peer.id, "and on tuesday?"));
  const off: () => void = room.onRequest(async ({ from, data, signal }: PeerRequest) => {
    const response = await fetch(`/calendar/${from.name}`, { signal });
    return { data, free: await response.json() };
  });
  off();
  room.onRequest(({ data }) => typeof data, wait);
}

function describeRoomEvent(event: RoomEvent): string | undefined {
  switch (event.type) {
    case "incoming":
      return event.call.peer.name;
    case "peerJoined":
      return event.peer.name;
    case "peerLeft":
      return event.reason;
    case "said":
    case "message":
      return event.from.name;
    case "reconnecting":
      return event.attempt.toFixed();
    case "recovered":
      return event.type;
    case "lagged":
      return event.missed.toFixed();
    case "refused":
    case "lost":
      return explain(event.error);
  }
}

function explain(error: RtcError): string {
  const name: RtcErrorName = error.name;
  const code: SignalingCode | (string & {}) | undefined = error.code;
  if (error.code === "nameTaken") return "This name is taken.";
  const limit: number | undefined = error.limit;
  const options: RtcErrorOptions = { code: "roomFull", limit: 1, cause: error.cause };
  const copy: Error = new RtcError("TooLargeError", error.operation, error.message, options);
  return `${name} ${code} ${limit} ${copy.message}`;
}

export async function callOut(room: Room, camera: MediaStream): Promise<EndReason> {
  const peer = room.peers[0];
  if (!peer) throw new RtcError("PeerLeftError", "callOut", "there is no peer");
  const options: CallOptions = {
    media: navigator.mediaDevices.getUserMedia({ video: true }),
    metadata: { subject: "the invoice" },
    ringTime: 60_000,
    rtcConfiguration: { iceTransportPolicy: "relay" },
    ...wait,
  };
  await room.call(peer.id);
  await room.call(peer, options);
  const call = await room.call(peer, { media: camera });
  const first: MediaStream = await call.remoteStream(wait);
  const all: readonly MediaStream[] = call.remoteStreams;
  call.addStream(first);
  call.removeStream(first);
  const [track] = camera.getVideoTracks();
  if (track) {
    const sender: RTCRtpSender = await call.replaceTrack(track, null, wait);
    console.log(sender.track, all.length);
  }
  const connection: RTCPeerConnection = call.connection;
  const metadata: unknown = call.metadata;
  console.log(connection.iceConnectionState, call.peer.name, metadata);
  call.on("stream", ({ stream }) => same<typeof stream, MediaStream>(true));
  call.on("ended", ({ reason }) => same<typeof reason, EndReason>(true));
  call.on("lost", ({ reason }) => same<typeof reason, LostReason>(true));
  for await (const event of call) describeCallEvent(event);
  await tones(call.dtmf);
  call.hangUp();
  call[Symbol.dispose]();
  await call[Symbol.asyncDispose]();
  await call.ended(wait);
  return call.ended();
}

function describeCallEvent(event: CallEvent): string {
  switch (event.type) {
    case "stream":
      return event.stream.id;
    case "tone":
      return event.tone;
    case "reconnecting":
      return event.attempt.toFixed();
    case "recovered":
      return event.type;
    case "lost":
    case "ended":
      return event.reason;
    case "failed":
      return explain(event.error);
  }
}

async function tones(dtmf: Dtmf): Promise<void> {
  const options: ToneOptions = { duration: 200, gap: 100, ...wait };
  await dtmf.play("12#");
  await dtmf.play("*", options);
}

export async function answer(incoming: IncomingCall): Promise<Call | EndReason> {
  if (incoming.peer.name === "Eve") incoming.decline();
  incoming.decline("busy");
  incoming[Symbol.dispose]();
  const ended: EndReason = await incoming.ended(wait);
  if (ended === "peerHungUp") return incoming.ended();
  await incoming.accept();
  const metadata: unknown = incoming.metadata;
  const options: AcceptOptions = { media: null, metadata, rtcConfiguration: {}, ...wait };
  return incoming.accept(options);
}

export async function channels(call: Call): Promise<void> {
  const options: ChannelOptions = { ordered: false, maxRetransmits: 0, protocol: "p", negotiated: true, id: 5, ...wait };
  await call.channel("positions", { maxPacketLifeTime: 100 });
  await call.channel("positions", options);
  const channel: DataChannel = await call.channel("chat");
  const state: RTCDataChannelState = channel.state;
  console.log(channel.label, state, channel.bufferedAmount.toFixed(), channel.maxMessageSize?.toFixed());
  channel.highWaterMark = 4 * channel.lowWaterMark;
  channel.lowWaterMark = 0;
  channel.receiveLimit = Infinity;
  const messages: Message[] = ["text", new ArrayBuffer(8), new Uint8Array(8), new DataView(new ArrayBuffer(8)), new Blob()];
  for (const message of messages) await channel.send(message);
  const sent: boolean = channel.trySend("text");
  await channel.sendJson({ sent });
  await channel.sendJson({ sent }, wait);
  await channel.send("text", wait);
  const native: RTCDataChannel = channel.native;
  console.log(native.protocol);
  await channel.flush();
  await channel.flush(wait);
  const off: () => void = channel.on("message", ({ data }) => same<typeof data, ReceivedMessage>(true), wait);
  off();
  channel.on("error", ({ error }) => explain(error));
  channel.on("closed", (event) => describeChannelEvent(event));
  for await (const message of channel) console.log(new Blob([message]).size, typeof message === "string" ? message.length : message.byteLength);
  for await (const value of channel.json()) same<typeof value, unknown>(true);
  await channel.readable.cancel();
  await new Response("text").body?.pipeTo(channel.writable);
  channel.close();
  channel[Symbol.dispose]();
  await channel[Symbol.asyncDispose]();
  await channel.closed();
  await channel.closed(wait);
}

function describeChannelEvent(event: ChannelEvent): string {
  switch (event.type) {
    case "message":
      return typeof event.data;
    case "error":
      return event.error.name;
    case "closed":
      return event.type;
  }
}

export async function sendFiles(files: Files, file: File): Promise<void> {
  const options: OfferOptions = { name: "a name", ...wait };
  await files.offer(new Blob(["text"]), options);
  const outgoing: OutgoingFile = await files.offer(file);
  const id: string = outgoing.id;
  const progress: AsyncIterableIterator<FileProgress> = outgoing.progress();
  for await (const { bytes, total } of progress) console.log(id, bytes / total);
  const off: () => void = outgoing.on("progress", (event: TransferEvent) => console.log(event.type, event.bytes, event.total), wait);
  off();
  await outgoing.finished();
  await outgoing.finished(wait);
  await files.offerAgain(outgoing);
  (await files.offerAgain(outgoing, wait)).cancel();
  outgoing[Symbol.dispose]();
}

export async function takeFiles(call: Call, disk: WritableStream, kept?: PartialFile): Promise<Blob | undefined> {
  const files = (await call.channel("files")).files();
  files.on("offer", ({ offer }) => same<typeof offer, FileOffer>(true), wait);
  for await (const offer of files) {
    console.log(offer.name.length, offer.type.length);
    if (offer.size > 1e9) {
      offer.decline();
      offer[Symbol.dispose]();
    } else if (kept?.id === offer.id) {
      return offer.resume(kept).finished(wait);
    } else {
      const incoming: IncomingFile = offer.size > 1e8 ? offer.accept({ into: disk }) : offer.accept();
      for await (const { bytes } of incoming.progress()) if (bytes > 1e9) incoming.cancel();
      incoming.on("progress", ({ bytes }) => bytes.toFixed());
      try {
        return await incoming.finished();
      } catch {
        kept = (await incoming.partial()) ?? (await incoming.partial(wait));
      }
      incoming[Symbol.dispose]();
    }
  }
  kept?.discard();
  kept?.[Symbol.dispose]();
  return undefined;
}

export async function capture(video: HTMLVideoElement): Promise<void> {
  try {
    const camera: MediaStream = await media.getUserMedia({ audio: true, video: true }, wait);
    const screen: MediaStream = await media.getDisplayMedia({ video: true }, wait);
    video.srcObject = screen;
    const levelOptions: media.LevelOptions = { interval: 100, ...wait };
    for await (const level of media.levels(camera, levelOptions)) level.toFixed();
    const recordOptions: media.RecordOptions = { mimeType: "video/webm", interval: 500, ...wait };
    const recording: media.Recording = media.record(camera, recordOptions);
    for await (const part of recording) console.log(part.size, recording.mimeType);
    const whole: Blob = (await recording.finished(wait)) ?? (await recording.stop(wait)) ?? (await recording.finished()) ?? (await recording.stop());
    recording[Symbol.dispose]();
    console.log(whole.size);
    media.stop(camera);
  } catch (error) {
    const sentence: string | undefined = media.advice(error);
    console.log(sentence);
  }
  const snapshotOptions: media.SnapshotOptions = { type: "image/jpeg", quality: 0.8, ...wait };
  const image: Blob = await media.snapshot(video, snapshotOptions);
  const devices: MediaDeviceInfo[] = await media.devices();
  await media.devices(wait);
  media.onDevicesChanged(() => {}, wait)();
  const off: () => void = media.onDevicesChanged((devices) => devices.length.toFixed());
  console.log(image.size, devices.length);
  off();
}

export async function measure(call: Call): Promise<void> {
  const sources: statistics.StatsSource[] = [call, call.connection, ...call.connection.getSenders(), ...call.connection.getReceivers()];
  const reports: statistics.StatsReport[] = await Promise.all(sources.map((source) => statistics.stats(source, wait)));
  const connected: statistics.Connected = call;
  await statistics.stats(connected);
  const [earlier, later] = [reports[0], reports[1]];
  if (!earlier || !later) return;
  const raw: RTCStatsReport = earlier.raw;
  console.log(raw, earlier.size, earlier.get("id")?.type, earlier.selectedPair?.currentRoundTripTime);
  const types: statistics.StatsType[] = [];
  for (const entry of earlier) {
    types.push(entry.type);
    if (entry.type === "codec") console.log(entry.mimeType.length);
    if (entry.type === "inbound-rtp") console.log(entry.packetsLost?.toFixed());
  }
  const remote: statistics.EntryOf<"remote-inbound-rtp">[] = earlier.ofType("remote-inbound-rtp");
  console.log(remote[0]?.roundTripTime?.toFixed());
  const rates: statistics.Rates = statistics.rates(earlier, later);
  const options: statistics.WatchOptions = { interval: 500, ...wait };
  for await (const { outgoingBitRate, incoming } of statistics.watchRates(call, options)) {
    const streams: readonly statistics.StreamRates[] = incoming;
    console.log(outgoingBitRate?.toFixed(), streams[0]?.frameRate?.toFixed(), rates.roundTripTime?.toFixed());
  }
}
