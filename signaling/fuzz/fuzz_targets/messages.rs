#![no_main]

use browser_rtc_signaling::fuzz;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::messages(input));
