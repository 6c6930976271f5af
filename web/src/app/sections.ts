// Where one can go, and what lies over every page when it is asked for.
import { Signal } from "../lib/signal";
import type { Word } from "../words/words";

// The path, what it is called, the key after "g".
export const SECTIONS: [string, Word, string][] = [
  ["", "overview", "o"],
  ["data", "data", "d"],
  ["labels", "labels", "l"],
  ["runs", "runs", "r"],
  ["jobs", "jobs", "j"],
  ["models", "models", "m"],
  ["services", "services", "s"],
];

export const keysShown = new Signal(false);
export const searchShown = new Signal(false);
