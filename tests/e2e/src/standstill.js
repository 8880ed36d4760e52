// Run in the page before a call: measures how long the other side's pictures and messages stand still.
if (window.standstill) return;

const gauge = () => {
  let last = performance.now();
  let longest = 0;
  let beats = 0;
  return {
    begin() {
      [last, longest, beats] = [performance.now(), 0, 0];
    },
    beat() {
      const now = performance.now();
      [longest, last, beats] = [Math.max(longest, now - last), now, beats + 1];
    },
    // A standstill that goes on counts too.
    read() {
      const now = performance.now() - last;
      return { still: Math.max(longest, now) / 1000, now: now / 1000, beats };
    },
  };
};
const media = gauge();
const data = gauge();
let missed = 0;
let doubled = 0;

const picture = document.querySelector("#their-picture");
const shown = () => {
  media.beat();
  picture.requestVideoFrameCallback(shown);
};
picture.requestVideoFrameCallback(shown);

// A channel beside those of the page, agreed on beforehand, so that the other side's page is told nothing of it. It
// comes once there is a connection, when it changes nothing that was negotiated.
const talk = (connection) => {
  const channel = connection.createDataChannel("standstill", { negotiated: true, id: 200 });
  let said = 0;
  let heard = null;
  const timer = setInterval(() => {
    if (channel.readyState === "open") channel.send(String(said++));
    else if (channel.readyState === "closed") clearInterval(timer);
  }, 100);
  channel.addEventListener("message", (event) => {
    const number = Number(event.data);
    if (heard !== null && number > heard + 1) missed += number - heard - 1;
    if (heard !== null && number <= heard) doubled += 1;
    heard = number;
    data.beat();
  });
};

// Another channel, unordered and without a second try, on which losses and overtaking are to be seen: bursts of
// messages, each of a size that has a packet of its own.
const loose = { heard: 0, overtaken: 0, highest: -1 };
let bursting = false;
const burst = (connection) => {
  const init = { negotiated: true, id: 202, ordered: false, maxRetransmits: 0 };
  const channel = connection.createDataChannel("bursts", init);
  let said = 0;
  const timer = setInterval(() => {
    if (channel.readyState === "closed") clearInterval(timer);
    if (channel.readyState !== "open" || !bursting) return;
    for (let count = 0; count < 5; count++) channel.send(String(said++).padEnd(900));
  }, 100);
  channel.addEventListener("message", (event) => {
    const number = Number(event.data);
    loose.heard += 1;
    if (number < loose.highest) loose.overtaken += 1;
    loose.highest = Math.max(loose.highest, number);
  });
};

const events = [];
const connections = [];
const begun = performance.now();
const note = (what) => events.push(`${((performance.now() - begun) / 1000).toFixed(1)} ${what}`);
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
    let talks = false;
    connection.addEventListener("connectionstatechange", () => {
      note(connection.connectionState);
      if (talks || connection.connectionState !== "connected") return;
      talks = true;
      talk(connection);
      burst(connection);
    });
    return connection;
  },
});
window.WebSocket = new Proxy(window.WebSocket, {
  construct(target, args, newTarget) {
    const socket = Reflect.construct(target, args, newTarget);
    note("socket begun");
    socket.addEventListener("open", () => note("socket open"));
    socket.addEventListener("close", (event) => note(`socket closed ${event.code}`));
    socket.addEventListener("message", ({ data }) => {
      const { type, you, resumed = false } = JSON.parse(data);
      if (type !== "joined") return;
      seats.push({ id: you.id, resumed });
      note(`joined as ${you.id}${resumed ? " again" : ""}`);
    });
    return socket;
  },
});
const status = document.querySelector("#status");
new MutationObserver(() => note(`status ${status.dataset.code}: ${status.textContent}`)).observe(status, {
  attributes: true,
  childList: true,
});

window.standstill = {
  begin() {
    media.begin();
    data.begin();
    [missed, doubled] = [0, 0];
  },
  read: () => ({ media: media.read(), data: data.read(), missed, doubled, seats: [...seats], events: [...events] }),
  burst() {
    bursting = true;
  },
  loose: () => ({ said: loose.highest + 1, heard: loose.heard, overtaken: loose.overtaken }),
  // For one who looks for what went wrong: where each connection's packets go, and what comes of them.
  async tell() {
    const told = [];
    for (const connection of connections.filter((connection) => connection.signalingState !== "closed")) {
      const stats = [...(await connection.getStats()).values()];
      const place = (id) => {
        const { address, port, candidateType } = stats.find((entry) => entry.id === id) ?? {};
        return `${address}:${port} ${candidateType}`;
      };
      told.push(`${connection.connectionState}, ice ${connection.iceConnectionState}, ${connection.signalingState}`);
      for (const entry of stats) {
        if (entry.type === "candidate-pair" && (entry.nominated || entry.selected)) {
          const { localCandidateId, remoteCandidateId, bytesSent, bytesReceived } = entry;
          const pair = `${place(localCandidateId)} to ${place(remoteCandidateId)}`;
          told.push(`pair ${pair}, ${entry.state}, ${bytesSent} bytes sent, ${bytesReceived} received`);
        } else if (entry.type === "inbound-rtp" && entry.kind === "video") {
          const { packetsReceived, framesDecoded, keyFramesDecoded, pliCount, freezeCount } = entry;
          const decoded = { packetsReceived, framesDecoded, keyFramesDecoded, pliCount, freezeCount };
          told.push(`in ${JSON.stringify(decoded)}`);
        } else if (entry.type === "outbound-rtp" && entry.kind === "video") {
          const { packetsSent, framesEncoded, keyFramesEncoded, pliCount, active } = entry;
          told.push(`out ${JSON.stringify({ packetsSent, framesEncoded, keyFramesEncoded, pliCount, active })}`);
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
    told.push(`picture ${JSON.stringify(shown)}`);
    return { ...window.standstill.read(), told };
  },
};

window.tell = window.standstill.tell;
