// The call of the demo in plain JavaScript, with the npm package. In your own project the import is
// `import init, { isSupported, joinRoom } from "browser-rtc"`.

const $ = (id) => document.getElementById(id);
const show = (id, shown) => ($(id).hidden = !shown);

const { default: init, isSupported, joinRoom } = await import("./npm/browser_rtc.js");
await init();
show("loading", false);

if (isSupported() && navigator.mediaDevices) {
  const query = new URLSearchParams(location.search);
  for (const field of ["name", "room"]) if (query.has(field)) $(field).value = query.get(field);
  view("join");
} else {
  const missing = document.createElement("li");
  missing.dataset.missing = isSupported() ? "getUserMedia" : "RTCPeerConnection";
  missing.textContent = missing.dataset.missing;
  $("missing").append(missing);
  view("unsupported");
}
document.body.dataset.ready = "true";

let busy = false;

$("join-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
  try {
    await stay(await joinRoom(url, { room: $("room").value, name: $("name").value }));
  } catch (error) {
    fail(error);
  }
});

$("dismiss-failure").addEventListener("click", () => show("failure", false));

/** Runs until the user leaves the room, or the connection to the server is permanently lost. */
async function stay(room) {
  view("room");
  $("you").textContent = room.me.name;
  showStatus("joined", "You are in the room.");
  const leave = () => room.leave();
  $("leave").addEventListener("click", leave);
  listPeople(room);
  for await (const event of room) {
    if (event.type === "incoming") ring(event.call);
    else if (event.type === "reconnecting") showStatus("reconnecting", "The connection to the server is lost. Reconnecting…");
    else if (event.type === "recovered") showStatus("recovered", "The connection to the server is restored.");
    else if (event.type === "lost") fail(event.error);
    listPeople(room);
  }
  $("leave").removeEventListener("click", leave);
  $("people").replaceChildren();
  view("join");
  showStatus("left", "You have left the room.");
}

function listPeople(room) {
  $("people").replaceChildren(...room.peers.map(({ id, name }) => {
    const person = $("person-template").content.firstElementChild.cloneNode(true);
    Object.assign(person.dataset, { peerId: id, name });
    person.querySelector(".avatar").textContent = name.slice(0, 1).toUpperCase();
    person.querySelector(".name").textContent = name;
    const button = person.querySelector(".call");
    button.setAttribute("aria-label", `Call ${name}`);
    button.addEventListener("click", () => callOut(room, { id, name }));
    return person;
  }));
}

async function callOut(room, peer) {
  if (busy) return;
  const abort = new AbortController();
  const cancel = () => abort.abort();
  $("outgoing-name").textContent = peer.name;
  $("cancel").addEventListener("click", cancel);
  show("outgoing", true);
  showStatus("ringing", `Calling ${peer.name}.`);
  await withCamera((camera) => room.call(peer, camera, abort.signal).finally(() => {
    $("cancel").removeEventListener("click", cancel);
    show("outgoing", false);
  }));
  show("outgoing", false);
}

async function ring(incoming) {
  if (busy) return incoming.decline("busy");
  busy = true;
  $("incoming-name").textContent = incoming.peer.name;
  show("incoming", true);
  const answer = await Promise.race([clicked("accept"), clicked("decline"), incoming.ended()]);
  show("incoming", false);
  busy = false;
  if (answer === "accept") await withCamera((camera) => incoming.accept(camera));
  else if (answer === "decline") incoming.decline();
  else showStatus("cancelled", `You missed a call from ${incoming.peer.name}.`);
}

/** Opens the camera for one call, and frees it when the call has ended or failed. */
async function withCamera(begin) {
  busy = true;
  let camera;
  try {
    camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    await talk(await begin(camera), camera);
  } catch (error) {
    fail(error);
  } finally {
    for (const track of camera?.getTracks() ?? []) track.stop();
    busy = false;
  }
}

/** Runs one call until it ends. */
async function talk(call, camera) {
  $("call-name").textContent = call.peer.name;
  $("local-video").srcObject = camera;
  $("chat-log").replaceChildren();
  show("call", true);
  showStatus("in-call", `You are talking to ${call.peer.name}.`);
  const over = new AbortController();
  const on = (id, event, handler) => $(id).addEventListener(event, handler, { signal: over.signal });
  on("hang-up", "click", () => call.hangUp());
  on("tones-form", "submit", async (event) => {
    event.preventDefault();
    try {
      for await (const tone of call.playTones($("tones").value)) $("lit").textContent = tone;
    } catch (error) {
      fail(error);
    }
    $("lit").textContent = "";
  });
  call.remoteStream().then((stream) => ($("remote-video").srcObject = stream), () => {});
  call.channel("chat").then((chat) => talkOver(chat, call.peer.name, on), () => {});

  const reason = await call.ended();
  over.abort();
  show("call", false);
  $("local-video").srcObject = $("remote-video").srcObject = null;
  $("chat-send").disabled = true;
  showStatus(reason === "peer-left" ? "peer-left" : "ended", "The call has ended.");
}

async function talkOver(chat, name, on) {
  $("chat-send").disabled = false;
  on("chat-form", "submit", (event) => {
    event.preventDefault();
    const text = $("chat-text").value;
    if (text === "" || chat.state !== "open") return;
    chat.send(text);
    addLine("me", "You", text);
    $("chat-text").value = "";
  });
  // The Rust demo marks a message as received when its number arrives, as a binary message.
  let received = 0;
  for await (const message of chat) {
    if (typeof message !== "string") continue;
    addLine("them", name, message);
    const count = new Uint8Array(4);
    new DataView(count.buffer).setUint32(0, ++received);
    chat.send(count).catch(() => {}); // The channel may close at this moment.
  }
}

function addLine(from, who, text) {
  const line = $("chat-line-template").content.firstElementChild.cloneNode(true);
  line.dataset.from = from;
  line.querySelector(".who").textContent = who;
  line.querySelector(".text").textContent = text;
  $("chat-log").append(line);
}

function clicked(id) {
  return new Promise((resolve) => $(id).addEventListener("click", () => resolve(id), { once: true }));
}

function view(name) {
  document.body.dataset.view = name;
  show("unsupported", name === "unsupported");
  show("join-view", name === "join");
  show("room-view", name === "room");
  show("room-bar", name === "room");
}

function showStatus(code, sentence) {
  $("status").dataset.code = code;
  $("status").textContent = sentence;
}

const OUTCOMES = { Declined: "declined", Busy: "busy", Timeout: "unanswered", PeerLeft: "peer-left", AbortError: "cancelled" };

/** Shows how a call ended in the status line, and any other error in the failure box. */
function fail(error) {
  const outcome = OUTCOMES[error.name];
  if (outcome) return showStatus(outcome, error.message);
  $("failure").dataset.kind = error.name.replace(/Error$/, "");
  $("failure-text").textContent = error.message;
  show("failure", true);
}
