// This crate, used from Rust. The work itself is in `bench/src/lib.rs`.

import init, { connect } from "/rust/browser_rtc_bench.js";

export const name = "rust";
export { init as prepare, connect };
