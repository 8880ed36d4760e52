// What a page does with the package, for the TypeScript compiler to agree to: it is checked, not run.
import { joinRoom, isSupported, type Call, type EndReason, type Peer, type RoomEvent } from "browser-rtc";

export async function takeCalls(picture: HTMLVideoElement): Promise<void> {
  if (!isSupported()) return;
  const room = await joinRoom("wss://example.org/signal", { room: "lobby", name: "Ada" });
  const everybody: Peer[] = [room.me, ...room.peers];
  room.say({ hello: everybody.map((peer) => peer.name) });
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
    case "refused":
    case "disconnected":
      return console.log(event.error.message);
  }
}

async function talk(call: Call, picture: HTMLVideoElement): Promise<EndReason> {
  picture.srcObject = await call.remoteStream();
  const chat = await call.channel("chat");
  chat.send("hello");
  chat.send(new Uint8Array([1, 2, 3]));
  for await (const tone of call.playTones("12#", { duration: 200 })) console.log(tone.length);
  for await (const tone of call.playTones("3")) console.log(tone.length);
  for await (const message of chat) console.log(typeof message === "string" ? message.length : message.byteLength);
  call.connection.getStats();
  return call.ended();
}

export async function ring(name: string): Promise<Call | undefined> {
  const room = await joinRoom("/signal", { room: "lobby", name: "Ada", token: "secret" });
  const peer = room.peers.find((peer) => peer.name === name);
  const givingUp = new AbortController();
  // @ts-expect-error: a peer is called by its id.
  room.call(peer);
  return peer && room.call(peer.id, null, givingUp.signal);
}
