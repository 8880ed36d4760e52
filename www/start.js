// Starts the lobby, a small WebAssembly program, which does everything on the page until the user joins a room. Imports are
// dynamic so that a missing file can be reported as well.
let room;
let attempts = 0;
try {
  if (typeof WebAssembly !== "object") throw new Error("This browser has no WebAssembly.");
  watchSockets();
  const { default: init, run } = await import("./lobby/pkg/browser_rtc_lobby.js");
  await init();
  const running = run(loadRoom);
  loadRoomInBackground();
  await running;
} catch (error) {
  console.error(error);
  if (document.body.dataset.view === "loading") showFailure(error);
}

// Loads the program of the room when the lobby has nothing more to do, unless the browser cannot run it. A failure is
// reported when the user joins and another attempt fails.
function loadRoomInBackground() {
  const whenIdle = window.requestIdleCallback ?? setTimeout;
  whenIdle(() => document.body.dataset.view === "join" && loadRoom().catch(() => {}));
}

// Loads the program of the room once, or again if that has failed.
function loadRoom() {
  room ??= importRoom().catch((error) => {
    room = undefined;
    throw error;
  });
  return room;
}

async function importRoom() {
  const path = "./pkg/browser_rtc_demo.js";
  attempts += 1;
  // Browsers remember that a URL has failed.
  const program = await import(attempts === 1 ? path : `${path}?attempt=${attempts}`);
  await program.default();
  return program;
}

// The connection panel shows the state of the signaling socket, and can drop it. The program has no access to the socket,
// because the library owns it. A socket that is closed with 4002 keeps its seat, as after a failure of the network.
function watchSockets() {
  const KEEPS_SEAT = 4002;
  const report = (detail) => document.dispatchEvent(new CustomEvent("signaling-socket", { detail }));
  window.WebSocket = class extends WebSocket {
    constructor(...parameters) {
      super(...parameters);
      const drop = () => this.close(KEEPS_SEAT);
      document.addEventListener("drop-socket", drop);
      this.addEventListener("open", () => report("open"));
      this.addEventListener("close", ({ code }) => {
        document.removeEventListener("drop-socket", drop);
        report(`closed with ${code}`);
      });
    }
  };
}

function showFailure(error) {
  const withoutWasm = typeof WebAssembly !== "object";
  document.getElementById("unsupported-title").textContent = withoutWasm
    ? "This browser cannot run the demo"
    : "The demo could not be started";
  document.getElementById("unsupported-text").textContent = withoutWasm
    ? "The demo needs WebAssembly, which this browser does not support or has disabled."
    : "The program did not load. Check the connection and reload the page.";
  const hint = document.getElementById("unsupported-hint");
  hint.textContent = withoutWasm
    ? "Current versions of Chrome, Edge, Firefox and Safari support WebAssembly."
    : `Error of the browser: ${error?.message ?? error}`;
  document.getElementById("loading").hidden = true;
  document.getElementById("unsupported").hidden = false;
  document.body.dataset.view = "unsupported";
}
