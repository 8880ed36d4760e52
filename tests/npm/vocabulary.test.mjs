// Compares the words of the layer's types with those that the Rust sources emit. `cargo xtask npm` runs this test with Node.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const camelCase = (text) => text.replace(/[-_](\w)/g, (_, letter) => letter.toUpperCase());
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, word]) => word).sort();

/** Returns the part of a file from a line that begins with `start` to the next occurrence of `end`. */
function part(path, start, end) {
  const text = read(path);
  const from = text.indexOf(start);
  assert.notEqual(from, -1, `${path} contains ${start}`);
  return text.slice(from, text.indexOf(end, from));
}

/** Returns the string literals of a TypeScript type. */
const literals = (path, name) => all(part(path, `export type ${name} =`, ";\n"), /"(\w+)"/g);
const eventTypes = (path, name) => all(part(path, `export type ${name} =`, ";\n\n"), /readonly type: "(\w+)"/g);
const emitted = (path) => all(read(path), /typed\(\s*"(\w+)"/g).map(camelCase).sort();
const specEnum = (name) => all(part("proto/src/signaling/code.rs", `    ${name} {`, "\n    }"), /= "(\w+)"/g).map(camelCase).sort();
const asStr = (path, type) => all(part(path, `impl ${type} {`, "\n}"), /Self::\w+ => "([\w-]+)"/g).map(camelCase).sort();

test("room events are those of Rust", () => {
  assert.deepEqual(eventTypes("npm/src/room.ts", "RoomEvent"), emitted("src/npm/room.rs"));
});

test("call events are those of Rust and of the layer", () => {
  const own = ["stream", "tone"];
  const connection = [...emitted("src/npm/connection.rs"), ...own].sort();
  assert.deepEqual(eventTypes("npm/src/peer-session.ts", "ConnectionEvent"), connection);
  assert.deepEqual(eventTypes("npm/src/session.ts", "SessionEvent"), emitted("src/npm/session.rs"));
});

test("listeners take the types of the events", () => {
  const cases = [
    ["npm/src/room.ts", eventTypes("npm/src/room.ts", "RoomEvent")],
    ["npm/src/peer-session.ts", [...eventTypes("npm/src/peer-session.ts", "ConnectionEvent"), "ended"].sort()],
  ];
  for (const [path, expected] of cases) {
    const types = all(part(path, "const TYPES", "];"), /"(\w+)"(?=[,\]]|$)/gm).filter((type) => type !== "type");
    assert.deepEqual(types, expected);
  }
});

test("reasons and codes are those of Rust", () => {
  assert.deepEqual(literals("npm/src/call.ts", "EndReason"), asStr("proto/src/call/end_reason.rs", "EndReason"));
  assert.deepEqual(literals("npm/src/peer-session.ts", "LostReason"), asStr("src/session/events.rs", "LostReason"));
  assert.deepEqual(literals("npm/src/room.ts", "LeaveReason"), specEnum("LeaveReason"));
  assert.deepEqual(literals("npm/src/error.ts", "SignalingCode"), specEnum("ErrorCode"));
});

test("error names are the kinds of Rust", () => {
  const kinds = all(part("src/error.rs", "pub fn name(&self)", "\n    }"), /=> "(\w+)"/g);
  // These are a TypeError, a RangeError, the UnknownError, and the result `false` of `trySend`.
  const others = ["Type", "Range", "Other", "WouldBlock"];
  const names = kinds.filter((kind) => !others.includes(kind)).map((kind) => `${kind}Error`);
  assert.deepEqual(literals("npm/src/error.ts", "RtcErrorName"), [...names, "UnknownError"].sort());
});
