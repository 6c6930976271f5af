// Where the console is: "#/services/fashion/try?sample=3". Behind the '#', so that the server's paths stay free for the
// protocols that it speaks.
import { Signal } from "../lib/signal";

export interface Place {
  segments: string[];
  query: URLSearchParams;
}

export function parsePlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const segments = path
    .split("/")
    .filter((s) => s !== "")
    .map((s) => {
      try {
        return decodeURIComponent(s);
      } catch {
        return s; // a link that somebody broke still leads somewhere: to what is not there
      }
    });
  return { segments, query: new URLSearchParams(query) };
}

export function link(...segments: string[]): string {
  return `#/${segments.map(encodeURIComponent).join("/")}`;
}

export const place = new Signal<Place>(parsePlace(location.hash));
addEventListener("hashchange", () => place.set(parsePlace(location.hash)));

export function go(to: string): void {
  location.hash = to;
}

// The code of a one-time link, once: it leaves the address bar and the history at once.
export function takeSignInCode(): string | null {
  const match = /^#signin=([0-9a-f]+)$/.exec(location.hash);
  if (match === null) return null;
  history.replaceState(null, "", "#/");
  place.set(parsePlace(location.hash));
  return match[1] ?? null;
}
