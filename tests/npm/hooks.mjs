// Resolves the raw module of the layer to the fake: `node --import ./tests/npm/hooks.mjs --test tests/npm/layer.test.mjs`.
import { register } from "node:module";

const fake = JSON.stringify(new URL("./fake.mjs", import.meta.url).href);
const hook = `
export const resolve = (specifier, context, next) =>
  specifier.endsWith("/wasm/browser_rtc.js") ? { url: ${fake}, shortCircuit: true } : next(specifier, context);
`;
register(`data:text/javascript,${encodeURIComponent(hook)}`, import.meta.url);
