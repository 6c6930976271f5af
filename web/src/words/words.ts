// Every word that people read, in each language. The type of the second catalogue is the keys of the first, so that a
// word that one of them lacks does not compile.
import { Signal } from "../lib/signal";
import { type Catalogue, en, type Word } from "./en";
import { zh } from "./zh";

export type { Word } from "./en";
export type Language = "en" | "zh";

const catalogues: Record<Language, Catalogue> = { en, zh };
const KEY = "sinter.language";

function first(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export const language = new Signal<Language>(first());

export function say(word: Word, values: Record<string, string | number> = {}): string {
  return catalogues[language.get()][word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

// "no run", "1 run", "2 runs". Chinese has one form for the last two.
export function count(n: number, none: Word, one: Word, many: Word): string {
  return say(n === 0 ? none : n === 1 ? one : many, { n });
}

// Of the language to switch to, in itself.
export const languageName = () => say("otherLanguage");

export function switchLanguage(): void {
  const next: Language = language.get() === "en" ? "zh" : "en";
  localStorage.setItem(KEY, next);
  language.set(next);
}
