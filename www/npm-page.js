// The elements of npm.html.
import { advice } from "browser-rtc/media";

export const $ = (id) => document.getElementById(id);
export const show = (id, shown) => ($(id).hidden = !shown);
export const copyOf = (template) => $(template).content.firstElementChild.cloneNode(true);

/** Resolves to the id of an element when the element is clicked. */
export function clicked(id) {
  return new Promise((resolve) => $(id).addEventListener("click", () => resolve(id), { once: true }));
}

/** Shows the view "unsupported", "join" or "room". */
export function view(name) {
  document.body.dataset.view = name;
  show("loading", false);
  show("unsupported", name === "unsupported");
  show("join-view", name === "join");
  show("room-view", name === "room");
  show("room-bar", name === "room");
}

export function showStatus(code, sentence) {
  $("status").dataset.code = code;
  $("status").textContent = sentence;
}

/** The errors that are ordinary outcomes of a call. */
const OUTCOMES = {
  DeclinedError: "declined",
  BusyError: "busy",
  TimeoutError: "unanswered",
  PeerLeftError: "peer-left",
  AbortError: "cancelled",
};

/** Shows how a call ended in the status line, and any other error in the failure box. */
export function fail(error) {
  const outcome = OUTCOMES[error.name];
  if (outcome) return showStatus(outcome, error.message);
  $("failure").dataset.kind = error.name.replace(/Error$/, "");
  $("failure-text").textContent = advice(error) ?? error.message;
  show("failure", true);
}

$("dismiss-failure").addEventListener("click", () => show("failure", false));
