// A use of each entry, and uses that must be errors.

import { init, isSupported, joinRoom, RtcError, type Call, type Peer, type Room } from "browser-rtc";
import * as inline from "browser-rtc/inline";
import wasm from "browser-rtc/browser_rtc.wasm";

export async function call(name: string): Promise<Call | undefined> {
  if (!isSupported()) return undefined;
  await init({ wasm });
  const room: Room = await joinRoom(new URL("wss://example.org/signal"), { room: "lobby", name });
  const peer: Peer | undefined = room.peers.find((peer) => peer.name === "Grace");
  // @ts-expect-error: the peer may be undefined.
  await room.call(peer).catch(() => {});
  room.on("peerJoined", ({ peer }) => console.log(peer.name.toUpperCase()));
  // @ts-expect-error: there is no such event.
  room.on("peer_joined", () => {});
  try {
    return peer && (await room.call(peer, { media: navigator.mediaDevices.getUserMedia({ audio: true }) }));
  } catch (error) {
    if (error instanceof RtcError && error.name === "BusyError") return undefined;
    throw error;
  }
}

export async function callInline(): Promise<Room> {
  // @ts-expect-error: `name` is missing.
  await inline.joinRoom("wss://example.org/signal", { room: "lobby" }).catch(() => {});
  return inline.joinRoom("wss://example.org/signal", { room: "lobby", name: "Ada" });
}
