// Recipes side by side: the text as "path -> value" lines, as far as recipes are written: maps by indentation, lists
// with "- ", and what stands in {} or [] as it is. Only for comparing; the server reads recipes.

function withoutComment(line: string): string {
  const at = line.search(/(^|\s)#/);
  return at < 0 ? line : line.slice(0, at);
}

// {a: 1, b: {c: 2}} as its entries; anything else as itself.
function inlineEntries(text: string): [string, string][] | null {
  if (!text.startsWith("{") || !text.endsWith("}")) return null;
  const entries: [string, string][] = [];
  let depth = 0;
  let start = 0;
  const inner = text.slice(1, -1);
  for (let i = 0; i <= inner.length; i++) {
    const c = inner[i];
    if (c === "{" || c === "[") depth++;
    if (c === "}" || c === "]") depth--;
    if (i === inner.length || (c === "," && depth === 0)) {
      const part = inner.slice(start, i).trim();
      start = i + 1;
      if (part === "") continue;
      const colon = part.indexOf(":");
      if (colon < 0) return null;
      entries.push([part.slice(0, colon).trim(), part.slice(colon + 1).trim()]);
    }
  }
  return entries;
}

function put(into: Map<string, string>, path: string, value: string): void {
  const entries = inlineEntries(value);
  if (entries === null) into.set(path, value);
  else for (const [key, inner] of entries) put(into, path === "" ? key : `${path}.${key}`, inner);
}

export function flatten(recipe: string): Map<string, string> {
  const found = new Map<string, string>();
  const stack: { indent: number; path: string; items: number }[] = [{ indent: -1, path: "", items: 0 }];
  for (const raw of recipe.split("\n")) {
    const line = withoutComment(raw).trimEnd();
    if (line.trim() === "") continue;
    let indent = line.length - line.trimStart().length;
    let text = line.trim();
    while (stack.length > 1 && indent <= (stack.at(-1)?.indent ?? 0)) stack.pop();
    if (text.startsWith("- ") || text === "-") {
      const parent = stack.at(-1);
      if (parent === undefined) continue;
      const path = `${parent.path}[${parent.items++}]`;
      text = text.slice(1).trim();
      stack.push({ indent, path, items: 0 });
      indent += 2;
      if (!/^[\w-]+:(\s|$)/.test(text)) {
        put(found, path, text);
        continue;
      }
    }
    const colon = text.indexOf(":");
    const parent = stack.at(-1)?.path ?? "";
    const key = colon < 0 ? text : text.slice(0, colon).trim();
    const value = colon < 0 ? "" : text.slice(colon + 1).trim();
    const path = parent === "" ? key : `${parent}.${key}`;
    if (value === "") stack.push({ indent, path, items: 0 });
    else put(found, path, value);
  }
  return found;
}

export interface RecipeRow {
  path: string;
  values: (string | undefined)[];
  differs: boolean;
}

export function compareRecipes(recipes: string[]): RecipeRow[] {
  const maps = recipes.map(flatten);
  const paths: string[] = [];
  for (const map of maps) for (const path of map.keys()) if (!paths.includes(path)) paths.push(path);
  return paths.map((path) => {
    const values = maps.map((map) => map.get(path));
    return { path, values, differs: new Set(values).size > 1 };
  });
}
