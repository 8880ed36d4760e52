import { initialize, type InitOptions, served } from "./load.js";

/**
 * The location of the WebAssembly module. Bundlers recognize this expression, and copy the file.
 *
 * @internal
 */
export const wasm = (): URL => served(new URL("./wasm/browser_rtc_bg.wasm", import.meta.url));

/**
 * Loads the WebAssembly module, which the first call of `joinRoom` or `createSession` does otherwise. Further calls have no
 * effect.
 *
 * The promise is rejected with an `RtcError` whose name is `NetworkError` if the module cannot be loaded, after which a later
 * call retries, and `NotSupportedError` outside of browsers.
 */
export function init(options?: InitOptions): Promise<void> {
  return initialize(options, wasm);
}
