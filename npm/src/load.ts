import loadRaw from "./wasm/browser_rtc.js";
import { abortable, options as checkOptions, signal as checkSignal, type WaitOptions } from "./check.js";
import { RtcError } from "./error.js";

/** A WebAssembly module: its URL, a response, its bytes, or the compiled module. */
export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** The options of `init`. */
export interface InitOptions extends WaitOptions {
  /** The WebAssembly module, if it is not served beside the JavaScript file. */
  wasm?: WasmSource | Promise<WasmSource>;
}

let loading: Promise<void> | undefined;

/**
 * Returns whether this environment has WebRTC. This function needs no WebAssembly module.
 */
export function isSupported(): boolean {
  return typeof globalThis.RTCPeerConnection === "function";
}

/**
 * Loads the WebAssembly module, once. A failed attempt is not kept, so that a later call retries.
 *
 * @internal
 */
export function load(operation: string, source: () => WasmSource | Promise<WasmSource>): Promise<void> {
  if (!isSupported()) {
    const where = typeof document === "undefined" ? "on a server and in a worker" : "in this browser";
    const advice = `there is no RTCPeerConnection ${where}. Import the package anywhere, but call it in a page of a browser, and check isSupported() first`;
    return Promise.reject(new RtcError("NotSupportedError", operation, advice));
  }
  loading ??= instantiate(operation, source).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function instantiate(operation: string, source: () => WasmSource | Promise<WasmSource>): Promise<void> {
  try {
    await loadRaw({ module_or_path: source() });
  } catch (cause) {
    const advice = "Serve browser_rtc_bg.wasm beside the script, or pass its URL or bytes to init({ wasm })";
    const message = `the WebAssembly module cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}. ${advice}`;
    throw new RtcError("NetworkError", operation, message, { cause });
  }
}

/**
 * Returns the URL from which a development server serves the module. Vite 7 and earlier serve the JavaScript files of a package
 * from a folder of optimized dependencies, which has no other files, but they serve the folder of the package too.
 *
 * @internal
 */
export function served(module: URL): URL {
  if (!module.pathname.includes("/node_modules/.vite/deps/wasm/")) return module;
  return new URL("../../../browser-rtc/dist/wasm/browser_rtc_bg.wasm", module);
}

/**
 * Loads the module of the options of `init`, or that of `fallback` if they contain none.
 *
 * @internal
 */
export async function initialize(value: InitOptions | undefined, fallback: () => WasmSource | Promise<WasmSource>): Promise<void> {
  const { wasm, signal: given } = checkOptions("init", "options", value, ["wasm", "signal"]);
  const signal = checkSignal("init", given);
  signal?.throwIfAborted();
  await abortable(signal, load("init", wasm === undefined ? fallback : () => wasm));
}
