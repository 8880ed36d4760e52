// A WebDriver client with the few commands that the tests use.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, Program } from "./programs.mjs";

const START_LIMIT = 60_000;
const LIMITS = { script: 60_000, pageLoad: 60_000 };

const { CHROME, CHROMEDRIVER = "chromedriver", FIREFOX, GECKODRIVER = "geckodriver" } = process.env;
const { WEBDRIVER_JSON = join(import.meta.dirname, "../../../webdriver.json") } = process.env;

/** The capabilities of the browser tests in Rust, which need the same fake devices. */
const shared = JSON.parse(await readFile(WEBDRIVER_JSON, "utf8"));
const chrome = shared["goog:chromeOptions"];
const firefox = shared["moz:firefoxOptions"];
/** With a loopback candidate of Chrome, Firefox may never connect: see `Browser` in `tests/e2e`. */
const LOOPBACK = "--allow-loopback-in-peer-connection";
const CHROME_ARGUMENTS = [
  ...chrome.args.filter((argument) => argument !== LOOPBACK),
  "--headless=new",
  "--no-sandbox",
  "--disable-dev-shm-usage",
];

const BROWSERS = {
  chrome: {
    driver: CHROMEDRIVER,
    options: [],
    capabilities: { "goog:chromeOptions": { ...chrome, args: CHROME_ARGUMENTS, binary: CHROME } },
  },
  firefox: {
    driver: GECKODRIVER,
    // A free port, because the default is the same for every geckodriver.
    options: ["--websocket-port=0"],
    capabilities: { "moz:firefoxOptions": { ...firefox, args: ["-headless"], binary: FIREFOX } },
  },
};

/** A browser with one window, and its driver. */
export class Browser {
  #driver;
  #folder;
  #session;

  constructor(driver, folder, session) {
    this.#driver = driver;
    this.#folder = folder;
    this.#session = session;
  }

  /** Starts "chrome" or "firefox". */
  static async open(name) {
    const { driver: program, options, capabilities } = BROWSERS[name];
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "browser-rtc-npm-"));
    const driver = new Program(program, [`--port=${port}`, ...options], { env: { TMPDIR: folder } });
    const url = `http://127.0.0.1:${port}`;
    await driver.until(() => isReady(url), START_LIMIT);
    const body = { capabilities: { alwaysMatch: { timeouts: LIMITS, ...capabilities } } };
    const { sessionId } = await request("POST", `${url}/session`, body);
    return new Browser(driver, folder, `${url}/session/${sessionId}`);
  }

  goTo(url) {
    return request("POST", `${this.#session}/url`, { url });
  }

  /** Enters a text into the prompt of the page, and closes the prompt. */
  async answer(text) {
    await request("POST", `${this.#session}/alert/text`, { text });
    await request("POST", `${this.#session}/alert/accept`, {});
  }

  /** Clicks the element of a CSS selector, as a user does. */
  async click(selector) {
    const element = await request("POST", `${this.#session}/element`, { using: "css selector", value: selector });
    await request("POST", `${this.#session}/element/${Object.values(element)[0]}/click`, {});
  }

  /** Runs the body of a function in the page, and returns its result. */
  run(script) {
    return request("POST", `${this.#session}/execute/sync`, { script, args: [] });
  }

  /** Runs the script until its result is true or the time limit is over, and returns the result. */
  async until(script, limit) {
    const deadline = Date.now() + limit;
    for (;;) {
      const result = await this.run(script);
      if (result || Date.now() > deadline) return result;
      await sleep(50);
    }
  }

  async close() {
    await request("DELETE", this.#session).catch(() => {});
    this.#driver.stop();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function request(method, url, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  return value;
}

async function isReady(url) {
  try {
    return (await request("GET", `${url}/status`)).ready || undefined;
  } catch {
    // The driver does not listen yet.
    return undefined;
  }
}
