import { init } from "browser-rtc";
import wasm from "browser-rtc/browser_rtc.wasm";
import { call } from "./call.js";

const show = (outcome) => (document.body.dataset.outcome = outcome);
init({ wasm }).then(call).then(show, (error) => show(`${error.name}: ${error.message}`));
