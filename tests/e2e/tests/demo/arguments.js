// Calls every export of the npm package with invalid values in every argument position.
import { broken, exported, objects, prepare, sleep } from "./arguments_objects.js";
import { table } from "./arguments_table.js";
import { getterError, values } from "./arguments_values.js";

const PENDING = Symbol("pending");
/** `joinRoom` times out after 20 s if the server does not answer, as with the WebSocket of Firefox to the URL of this page. */
const TIMEOUT = 30_000;

/** The functions of the loader of wasm-bindgen. */
const LOADER = ["default", "initSync"];

const uncaught = [];
addEventListener("error", (event) => uncaught.push(`error: ${event.message}`));
addEventListener("unhandledrejection", (event) => uncaught.push(`rejection: ${event.reason}`));

const isClass = (value) => typeof value === "function" && "free" in (value.prototype ?? {});
const keyOf = (key) => (typeof key === "symbol" ? `[${key.description}]` : key);

/** Returns the functions of all exports by their names in the table. */
function exports() {
  const found = {};
  for (const [name, value] of Object.entries(exported)) {
    if (LOADER.includes(name)) continue;
    if (!isClass(value)) {
      found[name] = value;
      continue;
    }
    for (const key of Reflect.ownKeys(value.prototype)) {
      const { get, set, value: method } = Object.getOwnPropertyDescriptor(value.prototype, key);
      // Names that begin with two underscores are internal, and `Symbol.dispose` is the same function as `free`.
      if (key === "constructor" || key === Symbol.dispose || String(key).startsWith("__")) continue;
      if (get) found[`${name}.get ${keyOf(key)}`] = get;
      if (set) found[`${name}.set ${keyOf(key)}`] = set;
      if (method) found[`${name}.${keyOf(key)}`] = method;
    }
  }
  return found;
}

/** Returns the outcome of a call: its result, its error, or that it is pending. */
async function outcome(run) {
  try {
    const result = run();
    if (!(result instanceof Promise)) return { result };
    const settled = await Promise.race([result, sleep(TIMEOUT).then(() => PENDING)]);
    return settled === PENDING ? { pending: true } : { result: settled };
  } catch (error) {
    return { error };
  }
}

/** Returns the fault in the outcome for an invalid value, if there is one. */
function faultOfInvalid({ error, pending }, operation, name, isMalformed) {
  if (pending) return "is pending";
  if (error === getterError) return;
  if (error === undefined) return "is accepted";
  if (!(error instanceof TypeError || error instanceof RangeError)) return `gives ${error?.name}: ${error?.message}`;
  if (isMalformed) return;
  // If the options lack a required member, the message names the member.
  const parts = [`${operation}: argument \`${name}`, " must be ", ", got "];
  if (!parts.every((part) => error.message.includes(part))) return `has the message ${error.message}`;
}

/** Returns the fault in the outcome for a valid value, if there is one. Other errors are allowed. */
function faultOfValid({ error, pending }, name) {
  if (pending) return "is pending";
  if (error instanceof WebAssembly.RuntimeError) return `faults: ${error.message}`;
  if (error?.message?.includes(`argument \`${name}\``)) return `is rejected: ${error.message}`;
}

async function tryPosition(key, run, { on = () => undefined }, position, faults) {
  const operation = key.split(/[. ]/).at(-1);
  const property = key.includes(".set ") ? operation : undefined;
  for (const [kind, make] of Object.entries(values)) {
    const value = make();
    if (value === undefined && kind !== "undefined") continue;
    const isValid = position.valid.includes(kind);
    const target = on(isValid);
    const before = property && target[property];
    const found = await outcome(() => run.apply(target, position.list(value)));
    const { name, malformed } = position;
    const fault = isValid ? faultOfValid(found, name) : faultOfInvalid(found, operation, name, malformed.includes(kind));
    if (fault) faults.push(`${key}: ${name} of ${kind} ${fault}`);
    if (property && !isValid && target[property] !== before) faults.push(`${key}: ${kind} has changed the property`);
    if (property) target[property] = before;
    // A handle that was created is freed.
    found.result?.free?.();
  }
}

/** Calls a method on receivers of another type. */
async function tryReceivers(key, run, faults) {
  for (const receiver of [undefined, null, {}, document.body]) {
    const { error, pending } = await outcome(() => run.call(receiver, "a", "b"));
    if (pending || !(error instanceof Error) || error instanceof WebAssembly.RuntimeError) {
      faults.push(`${key} on ${receiver} gives ${error}`);
    }
  }
}

async function run() {
  const found = exports();
  const names = Object.keys(table);
  const faults = [
    ...Object.keys(found).filter((name) => !names.includes(name)).map((name) => `${name} is not in the table`),
    ...names.filter((name) => !(name in found)).map((name) => `${name} is not exported`),
  ];
  if (faults.length) return { faults, uncaught };
  await prepare();
  let calls = 0;
  for (const [key, entry] of Object.entries(table)) {
    const exportedFunction = found[key];
    if (exportedFunction.length !== entry.positions.length) faults.push(`${key} has ${exportedFunction.length} arguments`);
    if (key.includes(".")) await tryReceivers(key, exportedFunction, faults);
    if (!entry.positions.length && entry.on) {
      const { pending, error } = await outcome(() => exportedFunction.call(entry.on()));
      if (pending || error instanceof WebAssembly.RuntimeError) faults.push(`${key} gives ${error ?? "nothing"}`);
    }
    for (const position of entry.positions.flat()) {
      document.body.dataset.at = `${key} ${position.name}`;
      await tryPosition(key, exportedFunction, entry, position, faults);
      calls += Object.keys(values).length;
    }
  }
  document.body.dataset.at = "afterwards";
  faults.push(...(await broken()).map((name) => `${name} does not work afterwards`));
  await sleep(200);
  return { faults, uncaught, calls, shared: objects.shared !== undefined };
}

const outcomeOfAll = await run().catch((error) => ({ faults: [`${document.body.dataset.at}: ${error?.stack ?? error}`], uncaught }));
document.body.dataset.outcome = JSON.stringify(outcomeOfAll);
