// Assembles the package in `dist`: `node build.mjs [RAW]`. RAW is the output of `wasm-pack build --target web` at the root
// of the repository, `../pkg` by default.

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const here = import.meta.dirname;
const raw = resolve(process.argv[2] ?? join(here, "../pkg"));
const sources = join(here, "src/wasm");
const dist = join(here, "dist");

for (const folder of [sources, dist]) rmSync(folder, { recursive: true, force: true });

// The types of the raw module are used by the sources only: the declarations of the package do not mention them.
mkdirSync(sources);
for (const file of ["browser_rtc.d.ts", "browser_rtc_bg.wasm"]) copyFileSync(join(raw, file), join(sources, file));
// The comments of the glue, which the declarations contain too, are a third of its compressed size.
const glue = readFileSync(join(raw, "browser_rtc.js"), "utf8");
writeFileSync(join(sources, "browser_rtc.js"), glue.replace(/^ *\/\*\*.*?\*\/\n|^ *\/\/[^\n]*\n/gms, ""));
// Base64 of the compressed module is less than half as large as base64 of the module itself.
const wasm = gzipSync(readFileSync(join(raw, "browser_rtc_bg.wasm")), { level: 9 }).toString("base64");
writeFileSync(join(sources, "inline.js"), `/** The WebAssembly module, compressed by gzip, in base64. */\nexport const wasm =\n  "${wasm}";\n`);
writeFileSync(join(sources, "inline.d.ts"), "export declare const wasm: string;\n");

execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "-p", here], { stdio: "inherit" });

const shipped = (file) => !file.endsWith(".d.ts");
cpSync(sources, join(dist, "wasm"), { recursive: true, filter: shipped });
writeFileSync(
  join(dist, "wasm/browser_rtc_bg.wasm.d.ts"),
  "/** The URL of the WebAssembly module, as loaders for files of bundlers return it. */\ndeclare const url: string;\nexport default url;\n",
);

// Folders for resolvers that do not read `exports`: that of Parcel, and TypeScript's `node10`.
const { exports } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
for (const [entry, { types, default: main = "" }] of Object.entries(exports)) {
  if (entry === "." || !main.endsWith(".js")) continue;
  mkdirSync(join(here, entry), { recursive: true });
  const manifest = { type: "module", sideEffects: false, main: `.${main}`, types: `.${types}` };
  writeFileSync(join(here, entry, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

for (const file of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(join(here, "..", file), join(here, file));
