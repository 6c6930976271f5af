// Figures of runs by step, as curves.
import type { Series } from "../api/types";

export interface FigureCurve {
  xs: number[];
  ys: (number | null)[];
  at: number[]; // seconds since 1970
}

// What is no number (a loss that is NaN) leaves a gap.
export function curveOf(series: Series): FigureCurve {
  return {
    xs: series.steps,
    ys: series.mean.map((v) => (typeof v === "number" && Number.isFinite(v) ? v : null)),
    at: series.wall_ms.map((ms) => ms / 1000),
  };
}

// What the machine did: cores, memory, how long the training waited for data.
export const isSystem = (name: string) => name.startsWith("system/");

// Names that are drawn together: "train.loss" and "test.loss" are both the loss. What matters most first.
export function groups(names: string[]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const name of names) {
    const dot = name.indexOf(".");
    const what = dot < 0 ? name : name.slice(dot + 1);
    found.set(what, [...(found.get(what) ?? []), name]);
  }
  // Training before its tests: the first curve is drawn whole, and its many points would drown in dashes.
  for (const members of found.values())
    members.sort((a, b) => Number(b.startsWith("train.")) - Number(a.startsWith("train.")));
  const first = ["loss", "accuracy"];
  const rank = (what: string) => (first.includes(what) ? first.indexOf(what) : first.length);
  return [...found].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
