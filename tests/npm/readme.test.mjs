// Compiles the examples of npm/README.md, and each entry, against the declarations in npm/dist. `cargo xtask npm` runs this test with Node.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const readme = readFileSync(path("npm/README.md"), "utf8");
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);

/** Compiles files, by their names, with the package of this repository. */
function compile(files, options) {
  const folder = mkdtempSync(join(tmpdir(), "browser-rtc-compile-"));
  try {
    const dist = path("npm/dist");
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: "ES2022",
      module: "ES2022",
      moduleResolution: "bundler",
      lib: ["ES2022", "DOM"],
      types: [],
      paths: { "browser-rtc": [`${dist}/index`], "browser-rtc/*": [`${dist}/*`] },
      ...options,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
    const tsc = process.env.TSC ?? path("npm/node_modules/typescript/bin/tsc");
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("examples of the README compile", () => {
  assert.ok(examples.length >= 5);
  // Each example is a module of its own.
  const files = examples.map((code, index) => [`example-${index + 1}.js`, `${code}export {};\n`]);
  const lib = ["ES2022", "DOM", "DOM.Iterable"];
  compile(Object.fromEntries(files), { allowJs: true, checkJs: true, lib });
});

test("first example is that of the repository", () => {
  const repository = readFileSync(path("README.md"), "utf8");
  for (const file of ["index.html", "main.js"]) {
    const [example] = readme.match(new RegExp(`^\`\`\`\\w+\n(// |<!-- )${file}.*?^\`\`\`$`, "ms"));
    assert.ok(repository.includes(example), file);
  }
});

test("each entry compiles without the others", () => {
  for (const entry of ["browser-rtc", ...["channels", "inline", "media", "session", "stats"].map((name) => `browser-rtc/${name}`)]) {
    compile({ "entry.ts": `export * from "${entry}";\n` });
  }
});

test("names in the README exist", () => {
  const error = readFileSync(path("npm/src/error.ts"), "utf8");
  const used = new Set([...readme.matchAll(/`(\w+Error)`/g)].map(([, name]) => name));
  for (const name of ["TypeError", "RangeError", "RtcError"]) used.delete(name);
  for (const name of used) assert.ok(error.includes(`"${name}"`), name);
});
