// Runs the tests of the layer in browsers: `node browser.mjs chrome firefox`. SIGNALING_SERVER names the signaling server.
import { resolve } from "node:path";
import { freePort, Program } from "../projects/programs.mjs";
import { Browser } from "../projects/webdriver.mjs";
import { network } from "./network.mjs";

const TESTS = ["page", "sessions", "messages", "capture", "network", "rounds"];
/** The time limit of a page, in milliseconds. */
const LIMIT = 240_000;

const here = import.meta.dirname;
const { DIST = resolve(here, "../../../npm/dist"), SIGNALING_SERVER = "signaling-server" } = process.env;
const port = await freePort();
let program;
const server = {
  async start() {
    program = new Program(SIGNALING_SERVER, ["--port", String(port), "--mount", `/=${here};/npm=${DIST};/package=${resolve(here, "../../../npm")}`]);
    await program.until((output) => output.includes("listening on") || undefined, 30_000);
  },
  async stop() {
    program.stop();
    await program.ended;
  },
};
await server.start();
const runner = await network(server);
const [names, modules] = [process.argv.slice(2).filter((name) => !TESTS.includes(name)), process.argv.slice(2).filter((name) => TESTS.includes(name))];

let failures = 0;
for (const name of names) {
  const browser = await Browser.open(name);
  try {
    for (const tests of modules.length > 0 ? modules : TESTS) {
      await browser.goTo(`http://localhost:${port}/index.html?${new URLSearchParams({ tests, runner })}`);
      const results = await outcome(browser);
      if (!results) throw new Error(`${name}: no results; last test: ${await browser.run("return document.body.dataset.progress")}`);
      for (const { name: test, error, note, seconds } of JSON.parse(results)) {
        failures += Number(error !== undefined);
        const line = `${name}, ${tests}: ${test} (${seconds.toFixed(1)} s)`;
        console.log(error === undefined ? `ok ${line}${note ? `: ${note}` : ""}` : `FAILED ${line}: ${error}`);
      }
    }
  } finally {
    await browser.close();
  }
}
await server.stop();

/** Waits for the results of the page, and clicks the button that a test shows, which the browser takes for the user's click. */
async function outcome(browser) {
  const deadline = Date.now() + LIMIT;
  for (;;) {
    const script = "return document.body.dataset.results ?? (document.querySelector('button') ? 'click' : '')";
    const results = await browser.until(script, deadline - Date.now());
    if (results !== "click") return results;
    await browser.click("button");
  }
}

process.exit(failures === 0 ? 0 : 1);
