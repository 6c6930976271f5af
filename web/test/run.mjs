// Bundles the unit tests for Node.js and runs them: node test/run.mjs FOLDER-FOR-THE-BUNDLES
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const here = new URL(".", import.meta.url).pathname;
const out = process.argv[2];
const entries = readdirSync(here).filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: entries.map((name) => join(here, name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  jsx: "automatic",
  jsxImportSource: "preact",
  // What the modules look at when they are loaded, as far as a browser without anything kept would show it.
  banner: {
    js: `globalThis.localStorage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
globalThis.location = { hash: "" };
globalThis.navigator ??= { language: "en" };
globalThis.addEventListener = () => {};`,
  },
});
const tests = entries.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
process.exit(spawnSync(process.execPath, ["--test", ...tests], { stdio: "inherit" }).status ?? 1);
