// The bundle names no address outside and stays small: node checks/bundle.mjs FOLDER
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

// Names of markup languages, which nobody fetches.
const NAMES = ["http://www.w3.org/"];
// Of scripts and styles together, compressed: what a first visit loads besides the fonts, and all there is.
const MOST_FIRST = 90_000;
const MOST_BYTES = 140_000;
const ADDRESS = /(?:https?:|wss?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`)\\]*/gi;

export function foreign(text) {
  return (text.match(ADDRESS) ?? []).filter((address) => !NAMES.some((name) => address.startsWith(name)));
}

function files(at) {
  return readdirSync(at, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? files(join(at, e.name)) : [join(at, e.name)],
  );
}

const found = [];
let bytes = 0;
let packed = 0;
let first = 0;
const page = readFileSync(join(process.argv[2], "index.html"), "utf8");
for (const path of files(process.argv[2])) {
  bytes += statSync(path).size;
  if (path.endsWith(".woff2")) continue;
  const size = gzipSync(readFileSync(path)).length;
  packed += size;
  if (path.endsWith("index.html") || page.includes(basename(path))) first += size;
  for (const address of foreign(readFileSync(path, "utf8"))) found.push(`${path}: ${address}`);
}
if (packed > MOST_BYTES)
  found.push(`scripts and styles have ${packed} bytes compressed, and ${MOST_BYTES} are the most`);
if (first > MOST_FIRST) found.push(`a first visit loads ${first} bytes compressed, and ${MOST_FIRST} are the most`);
if (foreign('fetch("https://cdn.example.com/x.js")').length !== 1) found.push("a planted address is not found");
for (const fault of found) console.error(fault);
console.log(
  `${bytes} bytes, ${packed} of them scripts and styles, compressed (${first} at first); ${found.length} faults`,
);
process.exit(found.length === 0 ? 0 : 1);
