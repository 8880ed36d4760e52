// Runs in the page after it has loaded and before it joins: records tracks and connections, and reads the content.
if (window.e2e) return;

// Checked before any object is wrapped.
const undetected = [];
if (!window.RTCPeerConnection) undetected.push("RTCPeerConnection");
if (!navigator.mediaDevices?.getUserMedia) undetected.push("getUserMedia");

const tracks = [];
const connections = [];
const tones = [];
const problems = [];
const held = [];
let holding = false;

const remember = (track, origin) => {
  if (!tracks.some((known) => known.track === track)) tracks.push({ track, origin });
  return track;
};

// Proxies keep `instanceof` and static members.
if (window.RTCPeerConnection) {
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args, newTarget) {
      const connection = Reflect.construct(target, args, newTarget);
      const states = [];
      connections.push({ connection, states });
      connection.addEventListener("connectionstatechange", () => states.push(connection.connectionState));
      connection.addEventListener("track", (event) => remember(event.track, "received"));
      return connection;
    },
  });
}
if (navigator.mediaDevices?.getUserMedia) {
  navigator.mediaDevices.getUserMedia = new Proxy(navigator.mediaDevices.getUserMedia, {
    async apply(target, self, args) {
      const stream = await Reflect.apply(target, self, args);
      for (const track of stream.getTracks()) remember(track, "captured");
      return stream;
    },
  });
}
if (window.MediaStreamTrack) {
  MediaStreamTrack.prototype.clone = new Proxy(MediaStreamTrack.prototype.clone, {
    apply: (target, self, args) => remember(Reflect.apply(target, self, args), "cloned"),
  });
}

// Frames can be held back, so that two pages send at the same moment.
WebSocket.prototype.send = new Proxy(WebSocket.prototype.send, {
  apply(target, self, args) {
    const send = () => Reflect.apply(target, self, args);
    if (holding) held.push({ frame: String(args[0]), send });
    else return send();
  },
});

// The order of lit keys: of the keypad by their class, and of the plain page by its text.
const keypad = document.querySelector("#keypad");
const lit = document.querySelector("#lit");
if (keypad) {
  const recorded = new Set();
  new MutationObserver(() => {
    for (const key of keypad.querySelectorAll("[data-tone]")) {
      const isLit = key.classList.contains("lit");
      if (isLit && !recorded.has(key)) tones.push(key.dataset.tone);
      isLit ? recorded.add(key) : recorded.delete(key);
    }
  }).observe(keypad, { subtree: true, attributes: true, attributeFilter: ["class"] });
}
if (lit) {
  let last = "";
  new MutationObserver(() => {
    const now = lit.textContent.trim();
    if (now && now !== last) tones.push(now);
    last = now;
  }).observe(lit, { subtree: true, childList: true, characterData: true });
}

// All statuses in order. News disappear after some seconds, which may be between two looks at the page.
const statuses = [];
const line = document.querySelector("#status");
if (line) {
  new MutationObserver(() => {
    const [code, sentence] = [line.dataset.code ?? "", line.textContent.trim()];
    const last = statuses.at(-1);
    if (code && (last?.code !== code || last.text !== sentence)) statuses.push({ code, text: sentence });
  }).observe(line, { attributes: true, attributeFilter: ["data-code"], childList: true, characterData: true });
}

for (const level of ["error", "warn"]) {
  console[level] = new Proxy(console[level], {
    apply(target, self, args) {
      problems.push(`${level}: ${args.map(String).join(" ")}`);
      return Reflect.apply(target, self, args);
    },
  });
}
addEventListener("error", (event) => problems.push(`uncaught: ${event.message}`));
addEventListener("unhandledrejection", (event) => problems.push(`uncaught: ${event.reason}`));

const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const text = (selector) => one(selector)?.textContent.trim().replace(/\s+/g, " ") ?? "";
const visible = (selector) => (one(selector)?.getClientRects().length ?? 0) > 0;
const shown = (selector, what) => (visible(selector) ? text(what) : null);
const lines = (log) =>
  all(`${log} li[data-from]`).map((line) => ({
    from: line.dataset.from,
    who: line.querySelector(".who")?.textContent ?? "",
    text: line.querySelector(".text").textContent,
    elements: line.querySelector(".text").childElementCount,
  }));
const pressed = (selector) => one(selector)?.getAttribute("aria-pressed") === "true";

// Frames are counted by callbacks, because `getVideoPlaybackQuality` of Firefox counts no frames of a stream.
// The program may add videos after this script has run.
const frames = new Map();
const watch = (video) => {
  if (frames.has(video)) return;
  frames.set(video, 0);
  const count = () => {
    frames.set(video, frames.get(video) + 1);
    video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback?.(count);
};
all("video").forEach(watch);
new MutationObserver(() => all("video").forEach(watch)).observe(document.body, { childList: true, subtree: true });

// The tile of a video. The plain page has no tiles.
const tile = (selector) => {
  const tile = one(selector)?.closest(".tile");
  if (!tile || tile.getClientRects().length === 0) return null;
  const cover = tile.querySelector(".tile-cover");
  return {
    picture: tile.dataset.picture,
    muted: !tile.querySelector(".tile-muted").hasAttribute("hidden"),
    cover: cover.hidden ? null : cover.textContent,
    bars: Number(tile.querySelector(".bars").dataset.bars ?? 0),
  };
};

const picture = (selector) => {
  const video = one(selector);
  return {
    frames: frames.get(video) ?? 0,
    size: { width: video?.videoWidth ?? 0, height: video?.videoHeight ?? 0 },
  };
};

window.e2e = {
  seen: () => ({
    view: document.body.dataset.view ?? "",
    ready: document.body.dataset.ready === "true",
    you: text("#you"),
    people: all("#people li[data-peer-id]").map((person) => person.dataset.name),
    people_ids: all("#people li[data-peer-id]").map((person) => person.dataset.peerId),
    status: text("#status"),
    status_code: one("#status")?.dataset.code ?? "",
    statuses: [...statuses],
    person: tile("#remote-video"),
    screen: tile("#remote-screen"),
    focus: document.activeElement === document.body ? null : document.activeElement?.id || document.activeElement?.className || "",
    failure: visible("#failure") ? { kind: one("#failure").dataset.kind ?? "", text: text("#failure-text") } : null,
    incoming: shown("#incoming", "#incoming-name"),
    outgoing: shown("#outgoing", "#outgoing-name"),
    call: shown("#call", "#call-name"),
    states: Object.fromEntries(all("#states [data-state]").map((dd) => [dd.dataset.state, dd.textContent.trim()])),
    chat_open: one("#chat-form button:not([type=button])")?.disabled === false,
    chat: lines("#chat-log"),
    room_chat: lines("#room-chat-log"),
    lit: all("#keypad .lit").map((key) => key.dataset.tone).concat(lit?.textContent.trim() || []),
    tones: [...tones],
    microphone_muted: pressed("#toggle-microphone"),
    camera_muted: pressed("#toggle-camera"),
    local_video: picture("#local-video"),
    remote_video: picture("#remote-video"),
    tracks: tracks.map(({ track, origin }) => {
      const { width = 0, height = 0 } = track.getSettings();
      return { origin, kind: track.kind, state: track.readyState, enabled: track.enabled, size: { width, height } };
    }),
    connections: connections.map(({ connection, states }) => ({
      state: connection.connectionState,
      signaling: connection.signalingState,
      sections: connection.getTransceivers().filter(({ mid }) => mid !== null).length,
      states,
    })),
    missing: visible("#unsupported") ? all("#unsupported [data-missing]").map((item) => item.dataset.missing) : [],
    undetected,
    held: held.map(({ frame }) => frame),
    problems: [...problems],
  }),

  // Returns the average brightness of the picture, 0 to 255.
  brightness(selector) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [16, 12];
    const context = canvas.getContext("2d");
    context.drawImage(one(selector), 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += (data[at] + data[at + 1] + data[at + 2]) / 3;
    return sum / (data.length / 4);
  },

  addSection() {
    const open = connections.filter(({ connection }) => connection.signalingState !== "closed");
    for (const { connection } of open) connection.addTransceiver("audio", { direction: "recvonly" });
  },

  /** Returns the connection that was created last. */
  connection: () => connections.at(-1)?.connection,

  hold() {
    holding = true;
  },

  release() {
    holding = false;
    for (const { send } of held.splice(0)) send();
  },
};
