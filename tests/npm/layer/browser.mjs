// Runs page.js in browsers: `node browser.mjs chrome firefox`. SIGNALING_SERVER names the signaling server.
import { resolve } from "node:path";
import { freePort, Program } from "../projects/programs.mjs";
import { Browser } from "../projects/webdriver.mjs";

const here = import.meta.dirname;
const { DIST = resolve(here, "../../../npm/dist"), SIGNALING_SERVER = "signaling-server" } = process.env;
const port = await freePort();
const server = new Program(SIGNALING_SERVER, ["--port", String(port), "--mount", `/=${here};/npm=${DIST}`]);
await server.until((output) => output.includes("listening on") || undefined, 30_000);

let failed = false;
for (const name of process.argv.slice(2)) {
  const browser = await Browser.open(name);
  try {
    await browser.goTo(`http://localhost:${port}/index.html`);
    const results = await browser.until("return document.body.dataset.results", 120_000);
    if (!results) throw new Error(`${name}: no results; last test: ${await browser.run("return document.body.dataset.progress")}`);
    for (const [test, outcome] of JSON.parse(results)) {
      failed ||= outcome !== "ok";
      console.log(`${outcome === "ok" ? "ok" : "FAILED"} ${name}: ${test}${outcome === "ok" ? "" : `: ${outcome}`}`);
    }
  } finally {
    await browser.close();
  }
}
server.stop();
process.exit(failed ? 1 : 0);
