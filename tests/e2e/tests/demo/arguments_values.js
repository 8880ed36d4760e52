// Values of all kinds, and the kinds that are valid for an argument.
import { exported, objects } from "./arguments_objects.js";

export const getterError = new Error("a getter of the page");
const throwing = () => {
  throw getterError;
};
/** A member of each object that the functions read. */
const MEMBERS = [
  "room", "signal", "id", "duration", "ordered", "href", "iceServers", "patience", "metadata", "timeout", "send",
];

/** Factories of values by name, which create a new value for each call. */
export const values = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  "minus one": () => -1,
  NaN: () => NaN,
  Infinity: () => Infinity,
  "one and a half": () => 1.5,
  "two to the 53": () => 2 ** 53,
  bigint: () => 1n,
  symbol: () => Symbol("wrong"),
  "empty string": () => "",
  string: () => "a string",
  surrogate: () => "lone \ud800",
  function: () => () => {},
  class: () => class Wrong {},
  array: () => [],
  object: () => ({}),
  "frozen object": () => Object.freeze({}),
  "object without prototype": () => Object.create(null),
  "throwing getters": () =>
    Object.defineProperties({}, Object.fromEntries(MEMBERS.map((name) => [name, { get: throwing }]))),
  proxy: () => new Proxy({}, {}),
  "throwing proxy": () => new Proxy({}, { get: throwing, getPrototypeOf: throwing }),
  "revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  promise: () => Promise.resolve(new MediaStream()),
  event: () => new Event("click"),
  track: () => objects.track,
  element: () => document.createElement("div"),
  document: () => document,
  date: () => new Date(),
  "array buffer": () => new ArrayBuffer(4),
  "detached buffer": () => {
    const buffer = new ArrayBuffer(4);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  },
  "shared buffer": () => objects.shared,
  view: () => new DataView(new ArrayBuffer(4)),
  url: () => new URL("ws://127.0.0.1:1/"),
  blob: () => new Blob(["a blob"]),
  "proxy of a blob": () => new Proxy(new Blob(["a blob"]), {}),
  stream: () => new MediaStream(),
  "proxy of a stream": () => new Proxy(new MediaStream(), {}),
  "forged stream": () => Object.create(MediaStream.prototype),
  "writable stream": () => new WritableStream(),
  signal: () => new AbortController().signal,
  "forged signal": () => Object.create(AbortSignal.prototype),
  handle: () => objects.call,
  "disposed handle": () => objects.disposed,
  "handle without an object": () => Object.create(exported.OutgoingFile.prototype),
};

export const STRINGS = ["empty string", "string", "surrogate"];
const HANDLES = ["handle", "disposed handle", "handle without an object"];
export const OPTIONS = ["undefined", "object", "frozen object", "object without prototype", "proxy", ...HANDLES];
export const MEDIA = ["undefined", "null", "stream", "promise"];
export const MESSAGES = [...STRINGS, "array buffer", "detached buffer", "view", "blob"];
export const BYTES = ["zero", "Infinity"];
export const TIMES = ["zero", "Infinity", "one and a half", "two to the 53"];
export const SHORTS = ["undefined", "zero"];
export const FUNCTIONS = ["function", "class"];

/** Values for which `JSON.stringify` returns `undefined`. */
const NOT_JSON = ["undefined", "symbol", ...FUNCTIONS];
/** Values of which `JSON.stringify` makes a text, or throws an error of its own. */
export const JSON_VALUES = Object.keys(values).filter((kind) => !NOT_JSON.includes(kind));
