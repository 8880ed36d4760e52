// This crate, used from Rust. The work itself is in `bench/src/lib.rs`.

import init, { connect, meet as meetIn } from "/rust/browser_rtc_bench.js";

import { SIGNAL, newRoom } from "../work.js";

export const name = "rust";
export { init as prepare, connect };

export async function meet(camera, show) {
  const ends = await meetIn(SIGNAL, newRoom(), camera, show);
  return () => ends.leave();
}
