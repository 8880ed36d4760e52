// One call with the npm package: video, chat, files, telephone tones and statistics.
import { watchRates } from "browser-rtc/stats";
import { $, copyOf, fail, show, showStatus } from "./npm-page.js";

/** Runs a call until it ends. */
export async function talk(call, camera) {
  const over = new AbortController();
  const { signal } = over;
  const on = (id, event, handler) => $(id).addEventListener(event, handler, { signal });
  $("call-name").textContent = call.peer.name;
  $("local-video").srcObject = camera;
  $("chat-log").replaceChildren();
  for (const link of $("files").querySelectorAll("a[href]")) URL.revokeObjectURL(link.href);
  $("files").replaceChildren();
  $("rates").textContent = "Measuring…";
  show("call", true);
  showStatus("in-call", `You are talking to ${call.peer.name}.`);

  on("hang-up", "click", () => call.hangUp());
  call.on("stream", ({ stream }) => ($("remote-video").srcObject = stream));
  call.on("reconnecting", () => showStatus("call-reconnecting", "The connection is lost. Reconnecting…"));
  call.on("recovered", () => showStatus("call-recovered", "The connection is restored."));
  // These end with the call, whose end is reported below.
  for (const part of [chat, shareFiles, showRates]) part(call, on, signal).catch(() => {});
  dialTones(call, on);

  const reason = await call.ended();
  over.abort();
  show("call", false);
  $("local-video").srcObject = $("remote-video").srcObject = null;
  $("chat-send").disabled = $("file").disabled = true;
  showStatus(reason === "peerLeft" ? "peer-left" : "ended", "The call has ended.");
}

async function chat(call, on) {
  const chat = await call.channel("chat");
  $("chat-send").disabled = false;
  on("chat-form", "submit", (event) => {
    event.preventDefault();
    const text = $("chat-text").value;
    if (text === "" || chat.state !== "open") return;
    chat.send(text).catch(fail);
    addLine("me", "You", text);
    $("chat-text").value = "";
  });
  // The Rust demo marks a message as received when its number arrives, as a binary message.
  let received = 0;
  for await (const message of chat) {
    if (typeof message !== "string") continue;
    addLine("them", call.peer.name, message);
    const count = new Uint8Array(4);
    new DataView(count.buffer).setUint32(0, ++received);
    chat.send(count).catch(() => {}); // The channel may close at this moment.
  }
}

function addLine(from, who, text) {
  const line = copyOf("chat-line-template");
  line.dataset.from = from;
  line.querySelector(".who").textContent = who;
  line.querySelector(".text").textContent = text;
  $("chat-log").append(line);
}

async function shareFiles(call, on) {
  const files = (await call.channel("files")).files();
  $("file").disabled = false;
  on("file", "change", () => {
    for (const file of $("file").files) send(files, file);
    $("file").value = "";
  });
  for await (const offer of files) receive(offer);
}

async function send(files, file) {
  const item = addFile(file, "waiting");
  try {
    const outgoing = await files.offer(file);
    await transfer(outgoing, item);
  } catch (error) {
    item.show(error.name === "DeclinedError" ? "refused" : "failed", error.message);
  }
}

async function receive(offer) {
  const item = addFile(offer, "offered");
  const answer = await item.answer();
  if (answer === "refuse") {
    offer.decline();
    return item.show("refused", "Refused");
  }
  try {
    item.save(await transfer(offer.accept(), item));
  } catch (error) {
    item.show("failed", error.message);
  }
}

/** Shows the progress of a file until it is transferred, and returns the blob that was received, if any. */
async function transfer(file, item) {
  // The first report is that of a file that has not been accepted.
  file.on("progress", ({ bytes, total }) => bytes > 0 && item.progress(bytes / total));
  const blob = await file.finished();
  item.show("done", "Done");
  return blob;
}

/** Adds a file to the list, and returns what can be done with the entry. */
function addFile({ name, size }, state) {
  const item = copyOf("file-template");
  const part = (name) => item.querySelector(`.file-${name}`);
  const show = (state, text) => {
    item.dataset.state = state;
    part("state").textContent = text;
    part("accept").hidden = part("refuse").hidden = state !== "offered";
  };
  part("name").textContent = name;
  part("size").textContent = `${(size / 1e6).toFixed(1)} MB`;
  show(state, state === "waiting" ? "Waiting" : "Offered");
  $("files").prepend(item);
  return {
    show,
    answer: () =>
      new Promise((resolve) => {
        for (const answer of ["accept", "refuse"]) part(answer).onclick = () => resolve(answer);
      }),
    progress(done) {
      if (item.dataset.state !== "done") show("under-way", `${Math.round(100 * done)} %`);
    },
    save(blob) {
      Object.assign(part("save"), { href: URL.createObjectURL(blob), download: name, hidden: false });
    },
  };
}

function dialTones(call, on) {
  call.on("tone", ({ tone }) => ($("lit").textContent = tone));
  const play = (tones) => call.dtmf.play(tones).then(() => ($("lit").textContent = ""), fail);
  on("keypad", "click", ({ target }) => target.dataset.tone && play(target.dataset.tone));
  on("tones-form", "submit", (event) => {
    event.preventDefault();
    play($("tones").value);
  });
}

const megabits = (rate = 0) => `${(rate / 1e6).toFixed(1)} Mbit/s`;

async function showRates(call, _on, signal) {
  for await (const { incomingBitRate, outgoingBitRate, roundTripTime } of watchRates(call, { signal })) {
    const delay = roundTripTime === undefined ? "unknown" : `${Math.round(1000 * roundTripTime)} ms`;
    $("rates").textContent =
      `Receiving ${megabits(incomingBitRate)}, sending ${megabits(outgoingBitRate)}, round trip ${delay}`;
  }
}
