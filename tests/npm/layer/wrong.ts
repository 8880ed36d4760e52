// Wrong uses of the layer, each of which must fail to compile: an `@ts-expect-error` without an error is an error itself.
import { Call, type CallEvent, type DataChannel, type Files, type IncomingCall, init, joinRoom, Room, type RoomEvent, RtcError } from "browser-rtc";
import { advice, getUserMedia, record, snapshot } from "browser-rtc/media";
import { LargeMessages, PackedMessages } from "browser-rtc/channels";
import { createSession, Session } from "browser-rtc/session";
import { rates, stats, watchRates } from "browser-rtc/stats";

const options = { room: "lobby", name: "Ada" };
const url = "wss://example.org/signal";

export async function joining(): Promise<void> {
  // @ts-expect-error: the options are required.
  await joinRoom(url);
  // @ts-expect-error: the name is required.
  await joinRoom(url, { room: "lobby" });
  // @ts-expect-error: a URL is not a number.
  await joinRoom(7, options);
  // @ts-expect-error: a token is a string or a function.
  await joinRoom(url, { ...options, token: 5 });
  // @ts-expect-error: a token function returns a string.
  await joinRoom(url, { ...options, token: () => 5 });
  // @ts-expect-error: an omitted option is not `undefined`.
  await joinRoom(url, { ...options, giveUpAfter: undefined });
  // @ts-expect-error: the option is misspelled.
  await joinRoom(url, { room: "lobby", name: "Ada", singal: AbortSignal.timeout(5) });
  // @ts-expect-error: the signal is not an AbortSignal.
  await joinRoom(url, { ...options, signal: new AbortController() });
  // @ts-expect-error: the value is not an RTCIceTransportPolicy.
  await joinRoom(url, { ...options, rtcConfiguration: { iceTransportPolicy: "none" } });
  // @ts-expect-error: the module is in an options object.
  await init("browser_rtc_bg.wasm");
  // @ts-expect-error: rooms are created by joinRoom.
  new Room();
  // @ts-expect-error: calls are created by rooms.
  new Call();
}

export async function inRoom(room: Room, stream: MediaStream): Promise<void> {
  // @ts-expect-error: the peer may be undefined.
  await room.call(room.peers.find(({ name }) => name === "Bob"));
  // @ts-expect-error: a peer is not a number.
  await room.call(7);
  // @ts-expect-error: the stream is the option `media`.
  await room.call("id", stream);
  // @ts-expect-error: the signal is the option `signal`.
  await room.call("id", AbortSignal.timeout(5));
  // @ts-expect-error: a track is not a stream.
  await room.call("id", { media: stream.getTracks()[0] });
  // @ts-expect-error: the ring time is a number.
  await room.call("id", { ringTime: "long" });
  // @ts-expect-error: the metadata is an option.
  await room.call("id", { media: stream }, { subject: "the invoice" });
  // @ts-expect-error: a message has a receiver.
  await room.send({ text: "hello" });
  // @ts-expect-error: the signal is the option `signal`.
  await room.say("hello", AbortSignal.timeout(5));
  // @ts-expect-error: a reply is unknown.
  (await room.request("id", "question")).toString();
  // @ts-expect-error: a request is answered by the value that the handler returns.
  room.onRequest(({ reply }) => reply(1));
  // @ts-expect-error: the name is `onRequest`.
  room.on("request", () => {});
  // @ts-expect-error: event types are in camel case.
  room.on("peer_joined", () => {});
  // @ts-expect-error: the event has no member `peer`.
  room.on("said", ({ peer }) => peer);
  // @ts-expect-error: the name of a peer is not changed here.
  room.me.name = "Eve";
  // @ts-expect-error: the list of peers is not changed here.
  room.peers.push(room.me);
}

export function roomEvent(event: RoomEvent): string {
  // @ts-expect-error: not every event has a peer.
  if (event.type === "recovered") return event.peer.name;
  // @ts-expect-error: there is no such type.
  if (event.type === "incoming_call") return "";
  // @ts-expect-error: data is unknown.
  if (event.type === "said") return event.data.text;
  return "";
}

export async function inCall(call: Call, incoming: IncomingCall): Promise<void> {
  // @ts-expect-error: a click is not an options object.
  document.body.onclick = (event: MouseEvent) => incoming.accept(event);
  // @ts-expect-error: an answer does not ring.
  await incoming.accept({ ringTime: 5 });
  // @ts-expect-error: metadata is unknown.
  incoming.metadata.subject;
  // @ts-expect-error: there is no such reason.
  incoming.decline("no");
  // @ts-expect-error: a label is a string.
  await call.channel(5);
  // @ts-expect-error: a limit is a number.
  await call.channel("positions", { maxRetransmits: "none" });
  // @ts-expect-error: tones are a string.
  await call.dtmf.play(12);
  // @ts-expect-error: the option is `duration`.
  await call.dtmf.play("12", { length: 100 });
  // @ts-expect-error: reasons are in camel case.
  if ((await call.ended()) === "hung-up") return;
  // @ts-expect-error: a stream is not a track.
  await call.replaceTrack(new MediaStream(), null);
  // @ts-expect-error: the connection is not replaced.
  call.connection = new RTCPeerConnection();
}

export function callEvent(event: CallEvent): string {
  // @ts-expect-error: only `reconnecting` has an attempt.
  return event.attempt.toFixed();
}

export async function onChannel(channel: DataChannel, files: Files): Promise<void> {
  // @ts-expect-error: a message is text or bytes.
  await channel.send({ hello: "Ada" });
  // @ts-expect-error: a message is not a number.
  channel.trySend(5);
  // @ts-expect-error: a limit is a number.
  channel.receiveLimit = "none";
  // @ts-expect-error: the label is not changed.
  channel.label = "other";
  // @ts-expect-error: there is no such event.
  channel.on("open", () => {});
  // @ts-expect-error: a message may be bytes.
  for await (const message of channel) message.toUpperCase();
  // @ts-expect-error: a file is a Blob.
  await files.offer(new ArrayBuffer(8));
  // @ts-expect-error: the name is an option.
  await files.offer(new Blob(), "name");
  // @ts-expect-error: an id is not an OutgoingFile.
  await files.offerAgain("id");
  // @ts-expect-error: the stream is the option `into`.
  for await (const offer of files) offer.accept(new WritableStream());
}

export async function onSession(session: Session, channel: DataChannel, url: string): Promise<void> {
  // @ts-expect-error: a transport is not a URL.
  await createSession(url);
  // @ts-expect-error: the transport is required.
  await createSession();
  // @ts-expect-error: the option is `polite`.
  await createSession(() => {}, { politeness: true });
  // @ts-expect-error: sessions are created by createSession.
  new Session();
  // @ts-expect-error: a transform returns a string.
  await createSession(() => {}, { sdpTransform: () => {} });
  // @ts-expect-error: signals are objects.
  session.receive("{}");
  // @ts-expect-error: there is no such kind of signal.
  session.receive({ kind: "goodbye" });
  // @ts-expect-error: the reason is that of a call.
  if ((await session.ended()) === "hungUp") return;
  // @ts-expect-error: sessions have no event `incoming`.
  session.on("incoming", () => {});
  // @ts-expect-error: a codec decodes too.
  channel.withCodec({ encode: String });
  // @ts-expect-error: the codec encodes numbers.
  await channel.withCodec({ encode: (value: number) => String(value), decode: Number }).send("5");
  // @ts-expect-error: packed messages are bytes.
  await new PackedMessages(channel).send("text");
  // @ts-expect-error: the limit is an option.
  new LargeMessages(channel, 1000);
}

export function errors(error: RtcError): void {
  // @ts-expect-error: names have the suffix `Error`.
  if (error.name === "Closed") return;
  // @ts-expect-error: the name of an error is not changed.
  error.name = "ClosedError";
  // @ts-expect-error: there is no such name.
  new RtcError("MyError", "operation", "message");
}

export async function others(call: Call, stream: MediaStream): Promise<void> {
  // @ts-expect-error: constraints are an object.
  await getUserMedia("camera");
  // @ts-expect-error: a picture is that of a video element.
  await snapshot(document.createElement("audio"));
  // @ts-expect-error: the interval is a number.
  record(stream, { interval: "1s" });
  // @ts-expect-error: the advice may be undefined.
  advice(new Error()).toUpperCase();
  // @ts-expect-error: a stream has no statistics.
  await stats(stream);
  // @ts-expect-error: a rate may be undefined.
  rates(await stats(call), await stats(call)).roundTripTime.toFixed();
  // @ts-expect-error: there is no such type of entry.
  (await stats(call)).ofType("inbound");
  // @ts-expect-error: rates are those of a connection.
  watchRates(stream);
}
