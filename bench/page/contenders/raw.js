// The browser's API without a library: the baseline for the other contenders.

import { LOW, SIGNAL, SLICE, newRoom, once, opened, receive, room, roundTrips, sendAll } from "../work.js";

export const name = "raw";

export async function connect() {
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  const channel = near.createDataChannel("bench");
  const incoming = new Promise((resolve) => (far.ondatachannel = (event) => resolve(event.channel)));
  near.onicecandidate = (event) => far.addIceCandidate(event.candidate);
  far.onicecandidate = (event) => near.addIceCandidate(event.candidate);
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
  const other = await incoming;
  await Promise.all([channel, other].map(opened));
  return new Pair(channel, other, [near, far]);
}

/** The two ends join a room of this repository's signaling server, which relays descriptions and candidates. */
export async function meet(camera, show) {
  const room = newRoom();
  const [near, far] = await Promise.all([join(room, "near"), join(room, "far")]);
  const connections = [end(near, far.id, 0), end(far, near.id, 1)];
  function end({ socket }, to, number) {
    const connection = new RTCPeerConnection();
    const signal = (data) => socket.send(JSON.stringify({ type: "signal", to, data }));
    connection.onicecandidate = ({ candidate }) => signal({ candidate });
    connection.ontrack = ({ streams }) => show(number, streams[0]);
    socket.onmessage = async ({ data: text }) => {
      const { type, data } = JSON.parse(text);
      if (type !== "signal") return;
      if (data.candidate !== undefined) return connection.addIceCandidate(data.candidate);
      await connection.setRemoteDescription(data.description);
      if (data.description.type === "offer") await describe();
    };
    for (const track of camera.getTracks()) connection.addTrack(track, camera);
    const describe = async () => {
      await connection.setLocalDescription();
      signal({ description: connection.localDescription });
    };
    if (number === 0) describe();
    return connection;
  }
  return () => {
    for (const connection of connections) connection.close();
    for (const { socket } of [near, far]) socket.close();
  };
}

async function join(room, name) {
  const socket = new WebSocket(SIGNAL, "browser-rtc.v1");
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "join", room, name }));
  const { data } = await once(socket, "message");
  return { socket, id: JSON.parse(data).you.id };
}

class Pair {
  constructor(near, far, connections) {
    Object.assign(this, { near, far, connections });
    near.binaryType = far.binaryType = "arraybuffer";
  }

  async transfer(bytes, count) {
    const received = receive(count, (take) => (this.far.onmessage = (event) => take(event.data.byteLength)));
    await sendAll(this.near, (message) => this.near.send(message), bytes, count);
    return received;
  }

  async roundTrips(bytes, count) {
    this.far.onmessage = (event) => this.far.send(event.data);
    return roundTrips(bytes, count, {
      send: (message) => this.near.send(message),
      answered: (take) => (this.near.onmessage = (event) => take(event.data.byteLength)),
    });
  }

  /** The common loop: slices of 64 KiB, joined by the receiver. */
  async file(bytes) {
    const file = new Blob([new Uint8Array(bytes)]);
    const parts = [];
    const received = receive(Math.ceil(bytes / SLICE), (take) => {
      this.far.onmessage = (event) => {
        parts.push(event.data);
        take(event.data.byteLength);
      };
    });
    this.near.bufferedAmountLowThreshold = LOW;
    for (let at = 0; at < bytes; at += SLICE) {
      const slice = await file.slice(at, at + SLICE).arrayBuffer();
      await room(this.near);
      this.near.send(slice);
    }
    await received;
    return new Blob(parts).size;
  }

  close() {
    for (const connection of this.connections) connection.close();
  }
}
