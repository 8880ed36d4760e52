import { initialize, type InitOptions } from "./load.js";
import { join, type JoinOptions, type Room } from "./room.js";
import { wasm } from "./wasm/inline.js";

export * from "./index.js";

async function inlined(): Promise<ArrayBuffer> {
  const compressed = Uint8Array.from(atob(wasm), (char) => char.charCodeAt(0));
  const bytes = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(bytes).arrayBuffer();
}

/**
 * Loads the WebAssembly module, as `init` of `browser-rtc` does, but from a string in the JavaScript file instead of a file
 * beside it.
 */
export function init(options?: InitOptions): Promise<void> {
  return initialize(options, inlined);
}

/** Joins a room on a signaling server, as `joinRoom` of `browser-rtc` does. */
export function joinRoom(url: string | URL, options: JoinOptions): Promise<Room> {
  return join(url, options, inlined);
}
