// The call of the demo in plain JavaScript, with the npm package as `npm install browser-rtc` gives it. The import map in
// npm.html stands for a bundler.
import { isSupported, joinRoom } from "browser-rtc";
import { getUserMedia, stop } from "browser-rtc/media";
import { talk } from "./npm-call.js";
import { $, clicked, copyOf, fail, show, showStatus, view } from "./npm-page.js";

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
  const url = new URL("/signal", location.href.replace(/^http/, "ws"));
  try {
    await stay(await joinRoom(url, { room: $("room").value, name: $("name").value }));
  } catch (error) {
    fail(error);
  }
});

/** Runs until the user leaves the room, or the connection to the server is permanently lost. */
async function stay(room) {
  view("room");
  $("you").textContent = room.me.name;
  showStatus("joined", "You are in the room.");
  const leave = () => room.leave();
  $("leave").addEventListener("click", leave);
  room.on("incoming", ({ call }) => ring(call));
  room.on("reconnecting", () => showStatus("reconnecting", "The connection to the server is lost. Reconnecting…"));
  room.on("recovered", () => showStatus("recovered", "The connection to the server is restored."));
  room.on("lost", ({ error }) => fail(error));
  listPeople(room);
  // The loop ends when the room is left or lost.
  for await (const _event of room) listPeople(room);
  $("leave").removeEventListener("click", leave);
  $("people").replaceChildren();
  view("join");
  showStatus("left", "You have left the room.");
}

function listPeople(room) {
  const people = room.peers.map(({ id, name }) => {
    const person = copyOf("person-template");
    Object.assign(person.dataset, { peerId: id, name });
    person.querySelector(".avatar").textContent = name.slice(0, 1).toUpperCase();
    person.querySelector(".name").textContent = name;
    const button = person.querySelector(".call");
    button.setAttribute("aria-label", `Call ${name}`);
    button.addEventListener("click", () => callOut(room, { id, name }));
    return person;
  });
  $("people").replaceChildren(...people);
}

async function callOut(room, peer) {
  if (busy) return;
  const abort = new AbortController();
  const cancel = () => abort.abort();
  $("outgoing-name").textContent = peer.name;
  $("cancel").addEventListener("click", cancel);
  show("outgoing", true);
  showStatus("ringing", `Calling ${peer.name}.`);
  await withCamera((media) =>
    room.call(peer, { media, signal: abort.signal }).finally(() => {
      $("cancel").removeEventListener("click", cancel);
      show("outgoing", false);
    }),
  );
}

async function ring(incoming) {
  if (busy) return incoming.decline("busy");
  busy = true;
  $("incoming-name").textContent = incoming.peer.name;
  show("incoming", true);
  const answer = await Promise.race([clicked("accept"), clicked("decline"), incoming.ended()]);
  show("incoming", false);
  busy = false;
  if (answer === "accept") await withCamera((media) => incoming.accept({ media }));
  else if (answer === "decline") incoming.decline();
  else showStatus("cancelled", `You missed a call from ${incoming.peer.name}.`);
}

/** Opens the camera for one call, and frees it when the call has ended or failed. */
async function withCamera(begin) {
  busy = true;
  // A promise, because the peer can be called while the user allows the camera.
  const media = getUserMedia({ audio: true, video: true });
  try {
    await talk(await begin(media), await media);
  } catch (error) {
    fail(error);
  } finally {
    media.then(stop, () => {});
    busy = false;
  }
}
