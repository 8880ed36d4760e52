// Loads the WebAssembly program when a lab is opened for the first time. The program does everything else.
let loading;

addEventListener("hashchange", load);
load();

function load() {
  if (location.hash.length > 1) loading ??= start().catch(showFailure);
}

async function start() {
  document.body.dataset.view = "loading";
  if (typeof WebAssembly !== "object") throw new Error("This browser has no WebAssembly.");
  const { default: init } = await import("./pkg/browser_rtc_labs.js");
  await init();
}

function showFailure(error) {
  console.error(error);
  const box = document.getElementById("load-failure");
  box.textContent = `The labs could not be loaded: ${error?.message ?? error}`;
  box.hidden = false;
  document.body.dataset.view = "index";
}
