// Both languages have the same words with the same blanks, each is said somewhere, and no component holds text of its
// own: node checks/words.mjs
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

const root = new URL("..", import.meta.url).pathname;
const READ_ALOUD = ["title", "alt", "placeholder", "aria-label", "label"];
const LETTER = /\p{L}/u;
const SAME_EVERYWHERE = ["code", "kbd"]; // elements whose text is no language

function sources(at) {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function parse(path, text = readFileSync(path, "utf8")) {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX);
}

// key -> text of the one object literal in a catalogue's file.
export function catalogue(source) {
  const found = new Map();
  const visit = (node) => {
    if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.initializer))
      found.set(node.name.text, node.initializer.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const blanks = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();

function isUntranslated(node) {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (!ts.isJsxElement(at)) continue;
    const { tagName, attributes } = at.openingElement;
    if (SAME_EVERYWHERE.includes(tagName.getText())) return true;
    if (attributes.properties.some((p) => p.name?.getText() === "translate")) return true;
  }
  return false;
}

export function textFaults(source, name) {
  const found = [];
  const say = (node, text) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${name}:${line + 1}: '${text.trim()}' stands in a component; give it a word of the catalogue`);
  };
  const visit = (node) => {
    if (ts.isJsxText(node) && LETTER.test(node.text) && !isUntranslated(node)) say(node, node.text);
    if (ts.isJsxAttribute(node) && READ_ALOUD.includes(node.name.getText())) {
      const value = node.initializer;
      if (value !== undefined && ts.isStringLiteral(value) && LETTER.test(value.text)) say(node, value.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function faults() {
  const [en, zh] = ["en", "zh"].map((name) => catalogue(parse(join(root, `src/words/${name}.ts`))));
  const found = [];
  for (const key of new Set([...en.keys(), ...zh.keys()])) {
    if (!en.has(key) || !zh.has(key)) found.push(`'${key}' is missing in ${en.has(key) ? "zh" : "en"}.ts`);
    else if (blanks(en.get(key)) !== blanks(zh.get(key))) found.push(`'${key}' has other blanks in zh.ts`);
  }
  const paths = sources(join(root, "src"));
  const code = paths
    .filter((p) => !/words\/(en|zh)\.ts$/.test(p))
    .map((p) => readFileSync(p, "utf8"))
    .join("\n");
  for (const key of en.keys()) {
    // Said as it is, or as one of a family: say(`run_${state}`).
    const family = key.includes("_") ? `\`${key.split("_")[0]}_$` : null;
    const said = code.includes(`"${key}"`) || (family !== null && code.includes(family));
    if (!said) found.push(`'${key}' is said nowhere`);
  }
  for (const path of paths) found.push(...textFaults(parse(path), relative(root, path)));
  // The check itself: what is planted is found.
  const planted = parse("planted.tsx", 'const a = <p title="Hello">World <code>ok</code> {1}</p>;');
  if (textFaults(planted, "planted").length !== 2) found.push("a planted text is not found");
  return [found, en.size, paths.length];
}

const [found, words, files] = faults();
for (const fault of found) console.error(fault);
console.log(`${words} words in two languages, ${files} files, ${found.length} faults`);
process.exit(found.length === 0 ? 0 : 1);
