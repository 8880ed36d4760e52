// What a page does with the package, for the TypeScript compiler to agree to: it is checked, not run.
import { joinRoom, isSupported, type Call, type EndReason, type PartialFile, type Peer, type RoomEvent } from "browser-rtc";

export async function takeCalls(picture: HTMLVideoElement): Promise<void> {
  if (!isSupported()) return;
  const room = await joinRoom("wss://example.org/signal", { room: "lobby", name: "Ada" });
  const everybody: Peer[] = [room.me, ...room.peers];
  const accepted: Promise<void> = room.say({ hello: everybody.map((peer) => peer.name) });
  await accepted;
  const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for await (const event of room) {
    if (event.type === "incoming") {
      const reason: EndReason = await talk(await event.call.accept(camera), picture);
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
      return console.log(event.from.name, event.data);
    case "reconnecting":
      return console.log(event.attempt.toFixed());
    case "recovered":
      return console.log(event.type);
    case "lagged":
      return console.log(event.missed.toFixed());
    case "refused":
    case "lost":
      return console.log(event.error.message);
  }
}

async function talk(call: Call, picture: HTMLVideoElement): Promise<EndReason> {
  picture.srcObject = await call.remoteStream();
  const chat = await call.channel("chat");
  chat.send("hello");
  await chat.send(new Uint8Array([1, 2, 3]));
  chat.highWaterMark = 4 * chat.lowWaterMark;
  chat.receiveLimit = 1_000_000;
  const waiting: Promise<void> | undefined = chat.send(new Blob(["large"]));
  const atOnce: boolean = chat.trySend(new ArrayBuffer(8));
  await Promise.all([waiting, chat.flush()]);
  console.log(atOnce, chat.bufferedAmount.toFixed(), chat.maxMessageSize?.toFixed());
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
  const room = await joinRoom("/signal", { room: "lobby", name: "Ada", token: "secret", giveUpAfter: 60_000 });
  const peer = room.peers.find((peer) => peer.name === name);
  const givingUp = new AbortController();
  // @ts-expect-error: a peer is called by its id.
  room.call(peer);
  return peer && room.call(peer.id, null, givingUp.signal);
}

export async function sendFile(call: Call, file: File, bar: HTMLProgressElement): Promise<void> {
  const files = (await call.channel("files")).files();
  const transfer = await files.offer(file);
  for await (const { bytes, total } of transfer.progress()) bar.value = bytes / total;
  await transfer.finished();
  const again = await files.offerAgain(transfer);
  again.cancel();
  console.log(again.id === transfer.id, (await files.offer(new Blob(["text"]), "a name")).id);
}

export async function takeFiles(call: Call, disk: WritableStream, kept?: PartialFile): Promise<Blob | undefined> {
  for await (const offer of (await call.channel("files")).files()) {
    if (offer.size > 1e9 || offer.type === "text/html") {
      offer.refuse();
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
