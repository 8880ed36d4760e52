// A mesh of calls with the npm package: each new peer calls all peers that are in the room.
const { default: init, joinRoom } = await import("/npm/wasm/browser_rtc.js");
await init();

// A low frame rate and a small size, because all browsers share one machine.
const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 120, frameRate: 5 } });
const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const frames = {};
const connections = {};
const failures = [];
// The events of the latest call with each peer, with minute and second, for comparison with the other page.
const history = {};
const note = (name, what) => (history[name] ??= []).push(`${new Date().toISOString().slice(14, 23)} ${what}`);
let room;

/** The reasons with which a call ends if one of its peers leaves. */
const LEFT = ["room-closed", "peer-left", "peer-hung-up"];

const watch = async (name, call) => {
  const { connection } = call;
  connections[name] = connection;
  for (const state of ["connectionState", "iceConnectionState", "iceGatheringState", "signalingState"]) {
    const changed = () => note(name, `${state} ${connection[state]}`);
    connection.addEventListener(`${state.toLowerCase()}change`, changed);
  }
  connection.addEventListener("icecandidate", ({ candidate }) => {
    if (candidate?.candidate) note(name, `${candidate.protocol} ${candidate.address}:${candidate.port}`);
  });
  for await (const event of call.events()) note(name, Object.values(event).join(" "));
};

const talk = async (name, calling) => {
  try {
    const call = await calling;
    history[name] = [];
    note(name, "connected");
    watch(name, call);
    const ended = call.ended().then((reason) => {
      note(name, `ended: ${reason}`);
      if (!LEFT.includes(reason)) failures.push(`${name}: ${reason}`);
      delete frames[name];
      delete connections[name];
    });
    const video = document.createElement("video");
    Object.assign(video, { muted: true, srcObject: await call.remoteStream() });
    document.body.append(video);
    frames[name] = 0;
    const count = () => {
      if (!(name in frames)) return;
      frames[name] += 1;
      video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
    video.play().catch(() => {});
    await ended;
    video.remove();
  } catch (error) {
    note(name, error);
    failures.push(`${name}: ${error}`);
  }
};

window.mesh = {
  /** Returns the number of frames shown of each peer, and the failed calls. */
  seen: () => ({ frames: { ...frames }, failures: [...failures] }),
  async join(name) {
    room = await joinRoom(url, { room: "mesh", name });
    for (const peer of room.peers) talk(peer.name, room.call(peer.id, camera));
    (async () => {
      for await (const event of room) {
        if (event.type === "incoming") talk(event.call.peer.name, event.call.accept(camera));
        else note(event.peer?.name ?? "room", `${event.type} ${event.reason ?? event.error ?? ""}`);
      }
    })();
  },
  leave: () => room.leave(),
};

/** Diagnostics after a failure: the events of each call, and the traffic of each connected call. */
window.diagnostics = async () => {
  const lines = Object.entries(history).map(([name, events]) => `${name}: ${events.join(", ")}`);
  for (const [name, connection] of Object.entries(connections)) {
    const stats = [...(await connection.getStats()).values()];
    const sum = (type, member) => stats.reduce((sum, entry) => sum + (entry.type === type ? entry[member] ?? 0 : 0), 0);
    const bytes = ["bytesSent", "bytesReceived"].map((member) => `${member} ${sum("candidate-pair", member)}`);
    lines.push(`${name}: ${bytes.join(", ")}, framesDecoded ${sum("inbound-rtp", "framesDecoded")}`);
  }
  return lines;
};
