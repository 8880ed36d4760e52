// Imports every entry of the package in Node.js, and checks that the import has no effect.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const manifest = new URL(import.meta.resolve("browser-rtc/package.json"));
const { exports } = JSON.parse(await readFile(manifest, "utf8"));
const entries = Object.keys(exports)
  .filter((entry) => !/\.(json|wasm)$/.test(entry))
  .map((entry) => `browser-rtc${entry.slice(1)}`);

const globals = Object.getOwnPropertyNames(globalThis);
const called = [];
for (const [object, name] of [
  [globalThis, "fetch"],
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [WebAssembly, "compile"],
  [WebAssembly, "instantiate"],
  [WebAssembly, "instantiateStreaming"],
  [WebAssembly, "Module"],
  [WebAssembly, "Instance"],
]) {
  object[name] = () => called.push(name);
}

for (const entry of entries) {
  const before = process.getActiveResourcesInfo();
  const module = await import(entry);
  assert.ok(Object.keys(module).length > 0, `${entry} exports nothing`);
  assert.deepEqual(process.getActiveResourcesInfo(), before, `${entry} starts something`);
  assert.equal(createRequire(import.meta.url)(entry).joinRoom, module.joinRoom);
}
assert.deepEqual(Object.getOwnPropertyNames(globalThis), globals, "the import defines globals");
assert.deepEqual(called, [], "the import calls functions");

const { isSupported, joinRoom, RtcError } = await import("browser-rtc");
assert.equal(isSupported(), false);
await assert.rejects(joinRoom("ws://localhost/signal", { room: "lobby", name: "Node" }), (error) => {
  assert.ok(error instanceof RtcError && error instanceof Error);
  assert.equal(error.name, "NotSupportedError");
  assert.equal(error.operation, "joinRoom");
  return true;
});
