// Builds the projects with the packed package, and opens each page in the browsers: `node run.mjs [NAME…]`.
//
// The packages of package.json are installed in the folder of this file. Each project installs `browser-rtc` from the file
// that PACKAGE names, and its page calls the demo in Rust, whose folder is DEMO. SIGNALING_SERVER is the program.

import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { freePort, Program, run } from "./programs.mjs";
import { PROJECTS } from "./projects.mjs";
import { serve } from "./site.mjs";
import { Browser } from "./webdriver.mjs";

const HERE = import.meta.dirname;
/** The time limits, in milliseconds. */
const START_LIMIT = 120_000;
const CALL_LIMIT = 60_000;
/** The number of failures after which the rest is not run, because each may take as long as its limit. */
const FAILURE_LIMIT = 6;
const ENVIRONMENT = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: undefined };
const { DEMO, PACKAGE, SIGNALING_SERVER } = process.env;

/** Returns the outcome that a page has written into an element. */
const OUTCOME = "return document.querySelector('[data-outcome]')?.dataset.outcome";

const NODE = process.execPath;
const only = process.argv.slice(2);
const projects = PROJECTS.filter(({ name }) => only.length === 0 || only.includes(name));
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Creates a project and builds it. Returns the URL of its page, if it has one, and a function that stops its server. */
async function build(project, server) {
  const folder = join(HERE, "built", project.name.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
  const options = { cwd: folder, env: ENVIRONMENT };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const source of project.folders) await cp(join(HERE, source), folder, { recursive: true });
  const dependencies = { "browser-rtc": `file:${PACKAGE}` };
  const manifest = { name: "project", private: true, type: "module", dependencies };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await run("npm", ["install", "--offline", "--no-package-lock", "--no-audit", "--no-fund"], options);
  if (project.readme) await paste(folder, project.readme, server);

  if (project.build) await run(NODE, commandLine(folder, project.build), options);
  for (const [from, to] of project.copy ?? []) await copy(join(folder, from), join(folder, to));
  for (const check of project.checks ?? []) await run(NODE, commandLine(folder, check), options);
  if (project.checks) return {};
  if (!project.serve) return { url: await serve(join(folder, project.site ?? "dist")) };

  const port = await freePort();
  const url = `http://localhost:${port}/`;
  const program = new Program(NODE, commandLine(folder, project.serve(port)), options);
  const page = () => fetch(url).then((response) => response.text(), () => undefined);
  const html = await program.until(page, START_LIMIT);
  const { contains = "" } = project;
  if (!html.includes(contains)) throw new Error(`the page does not contain "${contains}":\n${html}`);
  return { url, stop: () => program.stop() };
}

/** Returns the arguments of Node.js that run a script of the project, or of a package. */
function commandLine(folder, [script, ...args]) {
  const own = join(folder, script);
  return [existsSync(own) ? own : join(HERE, "node_modules", script), ...args.map(String)];
}

/** Writes the examples of the README that begin with the names of these files. */
async function paste(folder, files, server) {
  const readme = await readFile(join(folder, "node_modules/browser-rtc/README.md"), "utf8");
  for (const file of files) {
    const example = readme.split(/^```/m).find((part) => /^\w+\n(?:\/\/|<!--) (\S+)/.exec(part)?.[1] === file);
    if (!example) throw new Error(`the README has no example of ${file}`);
    const text = example.replace(/^\w+\n/, "").replaceAll("localhost:8080", server);
    await writeFile(join(folder, file), text);
  }
}

async function copy(from, to) {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to);
}

/** Builds the projects, a few at a time. Returns a promise of the outcome of each. */
function buildAll(server) {
  const queue = projects.map((project) => {
    let settle;
    const outcome = new Promise((resolve) => (settle = resolve));
    return { project, outcome, settle };
  });
  let next = 0;
  const work = async () => {
    while (next < queue.length) {
      const { project, settle } = queue[next++];
      const start = performance.now();
      const built = build(project, server).catch((error) => ({ error }));
      settle({ ...(await built), took: seconds(start) });
    }
  };
  for (let worker = 0; worker < availableParallelism(); worker++) void work();
  return queue;
}

async function signalingServer() {
  const server = new Program(SIGNALING_SERVER, ["--port", "0", "--allow-origin", "*", "--www", DEMO]);
  const listening = (output) => /listening on http:\/\/[^:]*:(\d+)/.exec(output)?.[1];
  return `localhost:${await server.until(listening, START_LIMIT)}`;
}

/** Loads the demo, which then accepts each call, and answers each message. */
async function startDemo(demo, server) {
  // Another page first, because the browser does not load a page again for another fragment.
  await demo.goTo("about:blank");
  await demo.goTo(`http://${server}/?room=lobby&name=Demo`);
  const ready = await demo.until("return document.body.dataset.ready", START_LIMIT);
  if (!ready) throw new Error("the demo does not start");
  await demo.run(`
    const find = (id) => document.getElementById(id);
    let accepted = false;
    // Each page sends another text. The lines of a call that has ended remain until the next call.
    const answered = new Set();
    setInterval(() => {
      if (find("incoming").hidden) accepted = false;
      else if (!accepted) accepted = (find("accept").click(), true);
      if (find("call").hidden || find("chat-send").disabled) return;
      for (const { textContent: text } of document.querySelectorAll("#chat-log [data-from=them] .text")) {
        if (answered.has(text)) continue;
        answered.add(text);
        find("chat-text").value = "answer to " + text;
        find("chat-form").requestSubmit();
      }
    }, 50);
    find("join").click();
  `);
  const joined = await demo.until("return document.body.dataset.view === 'room'", START_LIMIT);
  if (!joined) throw new Error("the demo does not join");
}

/** Opens the page of a project, and returns an error if the outcome is another one than expected. */
async function open(project, browser, demo, url, server, name) {
  const free = `
    const others = document.querySelectorAll("#people [data-peer-id]");
    return document.getElementById("call").hidden && others.length === 0;
  `;
  if (!(await demo.until(free, CALL_LIMIT))) {
    const shown = await demo.run("return document.body.innerText.replace(/\\s*\\n\\s*/g, ' | ')");
    // The next project gets a demo that is free.
    await startDemo(demo, server);
    return `the demo is not free again, and shows: ${shown}`;
  }
  const query = new URLSearchParams({ server: `ws://${server}/signal`, name });
  await browser.goTo(`${url}?${query}`);
  if (project.prompt) await browser.answer(name);
  const outcome = await browser.until(project.script ?? OUTCOME, CALL_LIMIT);
  const expected = project.outcome ?? `answer to hello from ${name}`;
  if (outcome === expected) return undefined;
  return `the outcome is ${JSON.stringify(outcome)} instead of ${JSON.stringify(expected)}`;
}

async function main() {
  const begin = performance.now();
  const server = await signalingServer();
  const queue = buildAll(server);
  const names = ["chrome", "firefox"];
  const [demo, ...browsers] = await Promise.all(["chrome", ...names].map((name) => Browser.open(name)));
  await startDemo(demo, server);
  const failures = [];
  const report = (line, error) => {
    if (error) failures.push(line);
    console.log(error ? `FAILED ${line}: ${error}` : `ok ${line}`);
  };
  for (const { project, outcome } of queue) {
    if (failures.length >= FAILURE_LIMIT) {
      console.log(`${project.name} and the projects after it are not run`);
      break;
    }
    const { url, stop, took, error } = await outcome;
    if (error || !url) {
      report(`${project.name}: ${took}`, error?.message);
      continue;
    }
    for (const [index, browser] of browsers.entries()) {
      const start = performance.now();
      const name = `${project.name} ${names[index]}`;
      const problem = await open(project, browser, demo, url, server, name).catch((thrown) => thrown.message);
      // The page leaves the room.
      await browser.goTo("about:blank");
      report(`${project.name}: ready in ${took}, ${names[index]} ${seconds(start)}`, problem);
    }
    stop?.();
  }
  await Promise.all([demo, ...browsers].map((browser) => browser.close()));
  console.log(`${queue.length} projects in ${seconds(begin)}, ${failures.length} failures`);
  // Each again by its name, because the reasons are far above.
  for (const line of failures) console.log(`FAILED ${line}`);
  process.exit(failures.length === 0 ? 0 : 1);
}

await main();
