import { joinRoom } from "./entry.js";

/** Calls the peer "Demo" with camera and microphone, sends a message over a channel, and returns the answer. */
export async function call(signal) {
  const query = new URLSearchParams(location.search);
  const name = query.get("name");
  const room = await joinRoom(query.get("server"), { room: "lobby", name, signal });
  const demo = room.peers.find((peer) => peer.name === "Demo");
  const call = await room.call(demo, { media: navigator.mediaDevices.getUserMedia({ audio: true, video: true }) });

  const picture = document.createElement("video");
  picture.muted = true;
  picture.srcObject = await call.remoteStream();
  await picture.play();

  const chat = await call.channel("chat");
  await chat.send(`hello from ${name}`);
  for await (const message of chat) {
    // The demo acknowledges each text with bytes.
    if (typeof message !== "string") continue;
    call.hangUp();
    room.leave();
    return message;
  }
  throw new Error("the channel was closed before the answer");
}
