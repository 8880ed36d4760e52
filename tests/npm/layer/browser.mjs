// Runs the tests of the layer in browsers, at the same time: `node browser.mjs chrome firefox`, or only those of some modules:
// `node browser.mjs chrome network`. SIGNALING_SERVER names the signaling server.
import { resolve } from "node:path";
import { freePort, Program } from "../projects/programs.mjs";
import { Browser } from "../projects/webdriver.mjs";
import { network } from "./network.mjs";

const MODULES = ["page", "sessions", "messages", "capture", "network", "rounds"];
/** The time limits of the server and of a module, in milliseconds. */
const START_LIMIT = 60_000;
const LIMIT = 450_000;

const here = import.meta.dirname;
const npm = resolve(here, "../../../npm");
const { DIST = resolve(npm, "dist"), SIGNALING_SERVER = "signaling-server" } = process.env;

/** A server that can be stopped and started again. */
class Server {
  #port;
  #program;

  static async start() {
    const server = new Server();
    server.#port = await freePort();
    await server.start();
    return server;
  }

  get url() {
    return `http://localhost:${this.#port}`;
  }

  async start() {
    const mounts = `/=${here};/npm=${DIST};/package=${npm}`;
    // Some tests connect to another port, which the default policy of the server does not allow.
    this.#program = new Program(SIGNALING_SERVER, ["--port", String(this.#port), "--mount", mounts, "--content-security-policy="]);
    await this.#program.until((output) => output.includes("listening on") || undefined, START_LIMIT);
  }

  async stop() {
    this.#program.stop();
    await this.#program.ended;
  }
}

/** Waits for the results of the page. Clicks the buttons that tests show, as a user does. */
async function outcomes(browser) {
  const deadline = Date.now() + LIMIT;
  for (;;) {
    const script = "return document.body.dataset.results ?? (document.querySelector('button') ? 'click' : '')";
    const results = await browser.until(script, deadline - Date.now());
    if (results !== "click") return results;
    await browser.click("button");
  }
}

/** Runs the tests of modules in a browser, and returns the number of failures. */
async function run(name, modules) {
  const server = await Server.start();
  const runner = await network(server);
  const browser = await Browser.open(name);
  let failures = 0;
  for (const tests of modules) {
    await browser.goTo(`${server.url}/index.html?${new URLSearchParams({ tests, runner })}`);
    const results = await outcomes(browser);
    const last = () => browser.run("return document.body.dataset.progress");
    if (!results) throw new Error(`${name}, ${tests}: no results; the last test: ${await last()}`);
    for (const { name: test, error, note, seconds } of JSON.parse(results)) {
      failures += Number(error !== undefined);
      const outcome = error ?? note;
      const line = `${name}, ${tests}: ${test} (${seconds.toFixed(1)} s)${outcome ? `: ${outcome}` : ""}`;
      console.log(`${error === undefined ? "ok" : "FAILED"} ${line}`);
    }
  }
  await browser.close();
  await server.stop();
  return failures;
}

const args = process.argv.slice(2);
const named = MODULES.filter((module) => args.includes(module));
const browsers = args.filter((arg) => !MODULES.includes(arg));
const failures = await Promise.all(browsers.map((name) => run(name, named.length > 0 ? named : MODULES)));
process.exit(failures.every((count) => count === 0) ? 0 : 1);
