// Everybody in the room calls everybody, on the npm package: who comes calls those who are there.
const { default: init, joinRoom } = await import("./npm/browser_rtc.js");
await init();

// Few pictures and small ones: all the browsers share one machine.
const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 120, frameRate: 5 } });
const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const frames = {};
const failures = [];
let room;

const talk = async (calling) => {
  try {
    const call = await calling;
    const { name } = call.peer;
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
    await call.ended();
    video.remove();
    delete frames[name];
  } catch (error) {
    failures.push(String(error));
  }
};

window.mesh = {
  failures,
  /** How many frames of each other one have been shown. */
  frames: () => ({ ...frames }),
  async join(name) {
    room = await joinRoom(url, { room: "mesh", name });
    for (const peer of room.peers) talk(room.call(peer.id, camera));
    (async () => {
      for await (const event of room) if (event.type === "incoming") talk(event.call.accept(camera));
    })();
  },
  leave: () => room.leave(),
};
