// Starts the WebAssembly program. Everything else on the page is done by it.
// The import is dynamic so that a file that is missing can be told as well.
try {
  if (typeof WebAssembly !== "object") throw new Error("This browser has no WebAssembly.");
  const { default: init } = await import("./pkg/browser_rtc_demo.js");
  await init();
} catch (error) {
  console.error(error);
  if (document.body.dataset.view === "loading") tell(error);
}

function tell(error) {
  const withoutWasm = typeof WebAssembly !== "object";
  document.getElementById("unsupported-title").textContent = withoutWasm
    ? "This browser cannot run the demo"
    : "The demo could not be started";
  document.getElementById("unsupported-text").textContent = withoutWasm
    ? "It needs WebAssembly, which this browser does not have or has switched off."
    : "Its program did not load. Check the connection and reload the page.";
  const hint = document.getElementById("unsupported-hint");
  hint.textContent = withoutWasm
    ? "A current version of Chrome, Edge, Firefox or Safari has it."
    : `What the browser said: ${error?.message ?? error}`;
  document.getElementById("loading").hidden = true;
  document.getElementById("unsupported").hidden = false;
  document.body.dataset.view = "unsupported";
}
