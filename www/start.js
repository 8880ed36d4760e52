// Starts the WebAssembly program, which does everything else on the page.
// The import is dynamic so that a missing file can be reported as well.
try {
  if (typeof WebAssembly !== "object") throw new Error("This browser has no WebAssembly.");
  watchSockets();
  const { default: init } = await import("./pkg/browser_rtc_demo.js");
  await init();
} catch (error) {
  console.error(error);
  if (document.body.dataset.view === "loading") showFailure(error);
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
