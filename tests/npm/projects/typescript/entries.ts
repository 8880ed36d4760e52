// The entries that only the packed package has.
import { joinRoom, type Room } from "browser-rtc";
import * as inline from "browser-rtc/inline";
import wasm from "browser-rtc/browser_rtc.wasm";

export async function join(options: inline.JoinOptions): Promise<Room> {
  await inline.init({ wasm });
  // @ts-expect-error: the room and the name are required.
  await inline.joinRoom("wss://example.org/signal").catch(() => {});
  return (await inline.joinRoom("wss://example.org/signal", options)) ?? joinRoom("wss://example.org/signal", options);
}
