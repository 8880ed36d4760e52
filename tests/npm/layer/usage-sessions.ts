// Uses of every member of sessions, codecs, and large and packed messages. The TypeScript compiler checks this file.
import type {
  BroadcastMessages,
  Codec,
  ConnectionEvent,
  DataChannel,
  EndedEvent,
  EndReason,
  Message,
  Messages,
  PeerSession,
  ReceivedMessage,
  RtcError,
  SdpTransform,
  SdpTransformOption,
  TypedMessages,
  WaitOptions,
} from "browser-rtc";
import { LargeMessages, type LargeOptions, PackedMessages, type PackedOptions } from "browser-rtc/channels";
import * as sessions from "browser-rtc/session";

/** Fails to compile unless the types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const wait: WaitOptions = { signal: new AbortController().signal };

interface Position {
  x: number;
  y: number;
}

export async function codecs(channel: DataChannel, large: LargeMessages, packed: PackedMessages): Promise<void> {
  const json: Codec<Position> = { encode: (value) => JSON.stringify(value), decode: (message) => JSON.parse(String(message)) as Position };
  const positions: TypedMessages<Position> = channel.withCodec(json);
  await positions.send({ x: 1, y: 2 });
  await positions.send({ x: 1, y: 2 }, wait);
  const off: () => void = positions.on("message", ({ data }) => same<typeof data, Position>(true), wait);
  off();
  positions.on("error", ({ error }) => same<typeof error, RtcError>(true));
  positions.on("closed", ({ type }) => same<typeof type, "closed">(true));
  for await (const { x, y } of positions) console.log(x + y);
  const readable: ReadableStream<Position> = positions.readable;
  const writable: WritableStream<Position> = positions.writable;
  await readable.pipeTo(writable);
  console.log(positions.messages === channel);
  const bytes: TypedMessages<number, ArrayBuffer | ArrayBufferView, Uint8Array> = packed.withCodec({
    encode: (value: number) => Uint8Array.of(value),
    decode: (message) => message[0] ?? 0,
  });
  await bytes.send(5);
  await large.withCodec(json).send({ x: 1, y: 2 });
  const all: Messages<Message, ReceivedMessage>[] = [channel, large];
  const queues: BroadcastMessages<Message, ReceivedMessage>[] = [channel, large];
  console.log(all.length, queues.length);
  positions.close();
  positions[Symbol.dispose]();
  await positions[Symbol.asyncDispose]();
  await positions.closed(wait);
}

export async function framing(channel: DataChannel): Promise<void> {
  const largeOptions: LargeOptions = { limit: 1e9 };
  const large = new LargeMessages(channel, largeOptions);
  await large.send(new Blob(["text"]));
  await large.send("text", wait);
  for await (const message of large) same<typeof message, ReceivedMessage>(true);
  console.log(large.limit.toFixed(), large.channel.label);
  large.close();
  await large.closed();
  const packedOptions: PackedOptions = { frameSize: 1000 };
  const packed = new PackedMessages(channel, packedOptions);
  await packed.send(new Uint8Array(8));
  await packed.send(new ArrayBuffer(8), wait);
  const sent: boolean = packed.trySend(new DataView(new ArrayBuffer(8)));
  await packed.flush();
  await packed.flush(wait);
  for await (const message of packed) console.log(message.byteLength, sent);
  console.log(packed.frameSize.toFixed(), packed.channel.label);
  packed.close();
  await packed.closed(wait);
  console.log(new LargeMessages(channel), new PackedMessages(channel));
}

export async function ownTransport(socket: WebSocket, port: MessagePort, camera: MediaStream): Promise<sessions.SessionEndReason> {
  const sdpTransform: SdpTransform = (sdp, type) => (type === "offer" ? sdp : sdp.replace("useinbandfec=1", "useinbandfec=1;stereo=1"));
  const transform: SdpTransformOption = { sdpTransform };
  const options: sessions.SessionOptions = {
    polite: true,
    plainPeer: false,
    answerOnly: false,
    signalLimit: 65_536,
    rtcConfiguration: { iceServers: [{ urls: "stun:stun.example.org" }] },
    recovery: { attempts: 3 },
    ...transform,
    ...wait,
  };
  await sessions.init();
  console.log(sessions.isSupported());
  const transports: sessions.SignalTransport[] = [socket, port, new BroadcastChannel("call"), (signal) => socket.send(JSON.stringify(signal))];
  for (const transport of transports) await sessions.createSession(transport);
  const session: sessions.Session = await sessions.createSession(async (signal) => describeSignal(signal), options);
  session.receive({ kind: "candidate", candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: null });
  session.addStream(camera);
  session.removeStream(camera);
  const [track] = camera.getVideoTracks();
  if (track) await session.replaceTrack(track, null);
  const stream: MediaStream = await session.remoteStream(wait);
  await session.dtmf.play("12#");
  const channel: DataChannel = await session.channel("chat", { negotiated: true, id: 1, ...wait });
  const off: () => void = session.on("channel", ({ channel }) => same<typeof channel, DataChannel>(true), wait);
  off();
  session.on("ended", ({ reason }) => same<typeof reason, sessions.SessionEndReason>(true));
  for await (const event of session) describeSessionEvent(event);
  console.log(session.remoteStreams.length, session.connection.connectionState, channel.label, stream.id);
  const connections: PeerSession<string, never>[] = [];
  console.log(connections.length);
  session.close();
  session[Symbol.dispose]();
  await session[Symbol.asyncDispose]();
  return session.ended(wait);
}

function describeSignal(signal: sessions.Signal): void {
  const header: sessions.SignalHeader | undefined = signal.session;
  if (signal.kind === "description") console.log(signal.type, signal.sdp.length, header?.from);
  else if (signal.kind === "candidate") console.log(signal.candidate.length);
  else if (signal.kind === "refuse") console.log(signal.offer.toFixed());
}

function describeSessionEvent(event: sessions.SessionEvent): string {
  if (event.type === "channel") return event.channel.label;
  if (event.type === "ended") return event.reason;
  return describeConnection(event);
}

function describeConnection(event: ConnectionEvent | EndedEvent<EndReason>): string {
  return event.type === "lost" ? event.reason : event.type;
}
