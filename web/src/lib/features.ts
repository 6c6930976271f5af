// What this server offers: asked of its own description, once, so that what an older one lacks is not asked for.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";

let paths: Promise<Set<string>> | null = null;

async function read(): Promise<Set<string>> {
  const described = await get<{ paths: Record<string, unknown> }>("/openapi.json");
  return new Set(Object.keys(described.paths));
}

// Null until it is known. `path`: below /sinter/v1, as the description has it.
export function useFeature(path: string): boolean | null {
  const [there, say] = useState<boolean | null>(null);
  useEffect(() => {
    paths ??= read();
    paths.then(
      (all) => say(all.has(`/sinter/v1${path}`)),
      () => {
        paths = null; // asked again by the next page
      },
    );
  }, [path]);
  return there;
}
