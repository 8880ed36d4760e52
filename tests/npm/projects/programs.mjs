// Programs that run in the background. They and their descendants end with this process.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** The time limit of a program that runs to its end, in milliseconds. */
const RUN_LIMIT = 300_000;

const groups = new Set();

process.on("exit", () => groups.forEach(kill));
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

function kill(id) {
  try {
    process.kill(-id, "SIGKILL");
  } catch {
    // The group has ended.
  }
}

/** A program in a process group of its own. */
export class Program {
  #process;
  #output = "";

  constructor(program, args, options = {}) {
    const env = { ...process.env, ...options.env };
    this.#process = spawn(program, args, { ...options, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const record = (text) => (this.#output += text);
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.on("data", record);
    this.#process.on("error", (error) => (this.#output += `${error}\n`));
    if (this.#process.pid) groups.add(this.#process.pid);
  }

  get output() {
    return this.#output;
  }

  /** Resolves to the exit code, or to `null` if the program could not be started or was killed. */
  get ended() {
    const child = this.#process;
    if (!child.pid || child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    return new Promise((resolve) => child.once("close", resolve));
  }

  /** Waits until `ready` resolves to a value other than `undefined`, and returns the value. */
  async until(ready, limit) {
    const deadline = Date.now() + limit;
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const value = await ready(this.#output);
      if (value !== undefined) return value;
      if (over || Date.now() > deadline) throw new Error(`${this.#process.spawnfile} does not start:\n${this.#output}`);
      await sleep(50);
    }
  }

  stop() {
    if (this.#process.pid) kill(this.#process.pid);
    groups.delete(this.#process.pid);
  }
}

/** Runs a program to its end. */
export async function run(program, args, options) {
  const running = new Program(program, args, options);
  const timer = setTimeout(() => running.stop(), RUN_LIMIT);
  const code = await running.ended;
  clearTimeout(timer);
  running.stop();
  if (code === 0) return;
  const reason = code === null ? "did not end" : `failed with exit code ${code}`;
  throw new Error(`\`${[program, ...args].join(" ")}\` ${reason}:\n${running.output}`);
}

/** Returns a port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
