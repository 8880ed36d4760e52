// The projects, each as a new user of a bundler or a framework would write it.
//
// A project consists of the files of `folders`, in this order. `build` is a command that is run in it, `copy` copies files to
// others, and the folder `site` is served, which is `dist` by default. `serve` is the command of a server instead. A project
// without a page has `checks`, which are commands. `readme` lists files whose content is an example of the README.

const VITE = "vite/bin/vite.js";
const VITE_7 = "vite7/bin/vite.js";
const WEBPACK = "webpack-cli/bin/cli.js";
const ROLLUP = "rollup/dist/bin/rollup";
const ESBUILD = ["esbuild/bin/esbuild", "main.js", "--bundle", "--outdir=dist"];
const NEXT = "next/dist/bin/next";

const HTML = ["index.html", "dist/index.html"];
/** Rollup and esbuild do not copy the file that `new URL("…", import.meta.url)` names. */
const WASM = ["node_modules/browser-rtc/dist/wasm/browser_rtc_bg.wasm", "dist/wasm/browser_rtc_bg.wasm"];

/** The outcome of a worker: `isSupported()`, whether the error is an `RtcError`, and its name. */
const UNSUPPORTED = "false true NotSupportedError";

/** The tests of the types, which are compiled with both kinds of resolution that know `exports`. */
const TYPES = ["../layer", "typescript"];
const NODE_NEXT = ["--module", "nodenext", "--moduleResolution", "nodenext"];
const tsc = (version, ...projects) =>
  projects.flatMap((project) => {
    const command = [`${version}/bin/tsc`, "-p", project];
    return [command, [...command, ...NODE_NEXT]];
  });

const { PACKAGE } = process.env;

export const PROJECTS = [
  {
    name: "Next.js",
    folders: ["page", "next"],
    build: [NEXT, "build"],
    serve: (port) => [NEXT, "start", "--port", port],
    contains: "On the server: <!-- -->false",
  },
  {
    name: "Next.js, development",
    folders: ["page", "next"],
    serve: (port) => [NEXT, "dev", "--port", port],
    contains: "On the server: <!-- -->false",
  },
  {
    name: "README",
    folders: [],
    readme: ["index.html", "main.js"],
    serve: (port) => [VITE, "--port", port, "--strictPort"],
    prompt: true,
    script: "return document.querySelector('video').videoWidth > 0 && 'video'",
    outcome: "video",
  },
  { name: "Vite 8, development", folders: ["page"], serve: (port) => [VITE, "--port", port, "--strictPort"] },
  { name: "Vite 8", folders: ["page"], build: [VITE, "build"] },
  { name: "Vite 7, development", folders: ["page"], serve: (port) => [VITE_7, "--port", port, "--strictPort"] },
  { name: "Vite 7", folders: ["page"], build: [VITE_7, "build"] },
  {
    name: "webpack 5, development",
    folders: ["page", "webpack"],
    serve: (port) => [WEBPACK, "serve", "--mode", "development", "--static", ".", "--port", port],
  },
  { name: "webpack 5", folders: ["page", "webpack"], build: [WEBPACK], copy: [HTML] },
  { name: "Rollup", folders: ["page", "rollup"], build: [ROLLUP, "-c"], copy: [HTML, WASM] },
  { name: "Rollup, inline", folders: ["page", "rollup", "inline"], build: [ROLLUP, "-c"], copy: [HTML] },
  { name: "esbuild", folders: ["page"], build: [...ESBUILD, "--format=esm"], copy: [HTML, WASM] },
  { name: "esbuild, inline", folders: ["page", "inline"], build: ESBUILD, copy: [HTML] },
  {
    name: "esbuild, URL for init",
    folders: ["page", "esbuild-url"],
    build: [...ESBUILD, "--format=esm", "--loader:.wasm=file"],
    copy: [HTML],
  },
  { name: "Parcel", folders: ["page"], build: ["parcel/lib/bin.js", "build", "index.html"] },
  { name: "Parcel, inline", folders: ["page", "inline"], build: ["parcel/lib/bin.js", "build", "index.html"] },
  { name: "plain page", folders: ["page", "plain"], site: "." },
  { name: "worker, Vite 8", folders: ["page", "worker"], build: [VITE, "build"], outcome: UNSUPPORTED },
  {
    name: "worker, webpack 5",
    folders: ["page", "webpack", "worker"],
    build: [WEBPACK],
    copy: [HTML],
    outcome: UNSUPPORTED,
  },
  { name: "Node.js", folders: ["server"], checks: [["import.js"]] },
  {
    name: "Vite 8, on the server",
    folders: ["vite-server"],
    build: [VITE, "build", "--ssr", "server.js"],
    checks: [["dist/server.js"]],
  },
  {
    name: "TypeScript 7",
    folders: TYPES,
    checks: tsc("typescript", "tsconfig.json", "tsconfig.latest.json", "tsconfig.entries.json"),
  },
  { name: "TypeScript 5.0", folders: TYPES, checks: tsc("typescript5.0", "tsconfig.json", "tsconfig.entries.json") },
  { name: "publint", folders: [], checks: [["publint/src/cli.js", "run", PACKAGE, "--strict"]] },
  {
    name: "Are the types wrong?",
    folders: [],
    // The package has no CommonJS, which this profile expects.
    checks: [["@arethetypeswrong/cli/dist/index.js", PACKAGE, "--profile", "esm-only"]],
  },
];
