// Runs the tests of the module that the query names.
import "./handles.js";
import { run } from "./harness.js";

await import(`./${new URLSearchParams(location.search).get("tests")}.js`);
await run();
