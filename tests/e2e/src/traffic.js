// Runs in the page before a call, and measures gaps in the frames and messages of the remote peer.
if (window.traffic) return;

const gauge = () => {
  let last = performance.now();
  let longest = 0;
  let count = 0;
  return {
    begin() {
      [last, longest, count] = [performance.now(), 0, 0];
    },
    add() {
      const now = performance.now();
      [longest, last, count] = [Math.max(longest, now - last), now, count + 1];
    },
    // The longest gap includes the current one.
    read() {
      const current = performance.now() - last;
      return { longest_gap: Math.max(longest, current) / 1000, current_gap: current / 1000, count };
    },
  };
};
const media = gauge();
const data = gauge();
let missed = 0;
let duplicated = 0;

const picture = document.querySelector("#remote-video");
const shown = () => {
  media.add();
  picture.requestVideoFrameCallback(shown);
};
picture.requestVideoFrameCallback(shown);

// A negotiated channel, of which the pages are not notified. It is created once the connection is established, so that
// it needs no negotiation.
const sendMessages = (connection) => {
const channel = connection.createDataChannel("traffic", { negotiated: true, id: 200 });
let sent = 0;
let last = null;
  const timer = setInterval(() => {
    if (channel.readyState === "open") channel.send(String(sent++));
    else if (channel.readyState === "closed") clearInterval(timer);
  }, 100);
  channel.addEventListener("message", (event) => {
    const number = Number(event.data);
    if (last !== null && number > last + 1) missed += number - last - 1;
    if (last !== null && number <= last) duplicated += 1;
    last = number;
    data.add();
  });
};

// An unordered channel without retransmissions, on which losses and reordering are observed: bursts of messages, each of
// which fills a packet.
const burstStats = { received: 0, reordered: 0, highest: -1 };
let bursting = false;
const sendBursts = (connection) => {
  const init = { negotiated: true, id: 202, ordered: false, maxRetransmits: 0 };
  const channel = connection.createDataChannel("bursts", init);
  let sent = 0;
  const timer = setInterval(() => {
    if (channel.readyState === "closed") clearInterval(timer);
    if (channel.readyState !== "open" || !bursting) return;
    for (let count = 0; count < 5; count++) channel.send(String(sent++).padEnd(900));
  }, 100);
  channel.addEventListener("message", (event) => {
    const number = Number(event.data);
    burstStats.received += 1;
    if (number < burstStats.highest) burstStats.reordered += 1;
    burstStats.highest = Math.max(burstStats.highest, number);
  });
};

const events = [];
const connections = [];
const started = performance.now();
const note = (what) => events.push(`${((performance.now() - started) / 1000).toFixed(1)} ${what}`);
const seats = [];
for (const operation of ["setLocalDescription", "setRemoteDescription", "addIceCandidate"]) {
  RTCPeerConnection.prototype[operation] = new Proxy(RTCPeerConnection.prototype[operation], {
    async apply(target, self, args) {
      try {
        return await Reflect.apply(target, self, args);
      } catch (error) {
        note(`${operation} failed in ${self.signalingState}: ${error}`);
        throw error;
      }
    },
  });
}
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(target, args, newTarget) {
    const connection = Reflect.construct(target, args, newTarget);
    connections.push(connection);
    connection.addEventListener("signalingstatechange", () => note(`signaling ${connection.signalingState}`));
    connection.addEventListener("track", ({ track }) => note(`track ${track.kind}`));
    let sends = false;
    connection.addEventListener("connectionstatechange", () => {
      note(connection.connectionState);
      if (sends || connection.connectionState !== "connected") return;
      sends = true;
      sendMessages(connection);
      sendBursts(connection);
    });
    return connection;
  },
});
window.WebSocket = new Proxy(window.WebSocket, {
  construct(target, args, newTarget) {
    const socket = Reflect.construct(target, args, newTarget);
    note("socket created");
    socket.addEventListener("open", () => note("socket open"));
    socket.addEventListener("close", (event) => note(`socket closed ${event.code}`));
    socket.addEventListener("message", ({ data }) => {
      const { type, you, resumed = false } = JSON.parse(data);
      if (type !== "joined") return;
      seats.push({ id: you.id, resumed });
      note(`joined as ${you.id}${resumed ? " (resumed)" : ""}`);
    });
    return socket;
  },
});
const status = document.querySelector("#status");
new MutationObserver(() => note(`status ${status.dataset.code}: ${status.textContent}`)).observe(status, {
  attributes: true,
  childList: true,
});

window.traffic = {
  begin() {
    media.begin();
    data.begin();
    [missed, duplicated] = [0, 0];
  },
  read: () => ({ media: media.read(), data: data.read(), missed, duplicated, seats: [...seats], events: [...events] }),
  burst() {
    bursting = true;
  },
  burstStats: () => ({ sent: burstStats.highest + 1, received: burstStats.received, reordered: burstStats.reordered }),
  // Diagnostics after a failure: the paths and the counters of all connections, and the state of the picture.
  async diagnostics() {
  const lines = [];
    for (const connection of connections.filter((connection) => connection.signalingState !== "closed")) {
      const stats = [...(await connection.getStats()).values()];
      const place = (id) => {
        const { address, port, candidateType } = stats.find((entry) => entry.id === id) ?? {};
        return `${address}:${port} ${candidateType}`;
      };
      lines.push(`${connection.connectionState}, ice ${connection.iceConnectionState}, ${connection.signalingState}`);
      for (const entry of stats) {
        if (entry.type === "candidate-pair" && (entry.nominated || entry.selected)) {
          const { localCandidateId, remoteCandidateId, bytesSent, bytesReceived } = entry;
          const pair = `${place(localCandidateId)} to ${place(remoteCandidateId)}`;
          lines.push(`pair ${pair}, ${entry.state}, ${bytesSent} bytes sent, ${bytesReceived} received`);
        } else if (entry.type === "inbound-rtp" && entry.kind === "video") {
          const { packetsReceived, framesDecoded, keyFramesDecoded, pliCount, freezeCount } = entry;
          const decoded = { packetsReceived, framesDecoded, keyFramesDecoded, pliCount, freezeCount };
          lines.push(`in ${JSON.stringify(decoded)}`);
        } else if (entry.type === "outbound-rtp" && entry.kind === "video") {
          const { packetsSent, framesEncoded, keyFramesEncoded, pliCount, active } = entry;
          lines.push(`out ${JSON.stringify({ packetsSent, framesEncoded, keyFramesEncoded, pliCount, active })}`);
        }
      }
    }
    const { paused, readyState, currentTime, srcObject } = picture;
    const received = new Set(connections.flatMap((connection) => connection.getReceivers().map(({ track }) => track)));
    const tracks = srcObject?.getTracks().map((track) => {
      const { kind, muted, readyState } = track;
      return { kind, muted, readyState, received: received.has(track) };
    });
    const { totalVideoFrames, droppedVideoFrames } = picture.getVideoPlaybackQuality();
    const shown = { paused, readyState, currentTime, totalVideoFrames, droppedVideoFrames, tracks };
    lines.push(`picture ${JSON.stringify(shown)}`);
    return { ...window.traffic.read(), lines };
  },
};

window.diagnostics = window.traffic.diagnostics;
