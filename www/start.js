// Starts the WebAssembly program, which does everything else on the page.
// The import is dynamic so that a missing file can be reported as well.
try {
  if (typeof WebAssembly !== "object") throw new Error("This browser has no WebAssembly.");
  const { default: init } = await import("./pkg/browser_rtc_demo.js");
  await init();
} catch (error) {
  console.error(error);
  if (document.body.dataset.view === "loading") showFailure(error);
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
