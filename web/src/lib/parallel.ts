// Parallel coordinates: a line for each run through an axis for each parameter and figure. Places on an axis are from 0,
// its lower end, to 1.
import { figure } from "./format";

export type Cell = number | string | null;

export interface Axis {
  name: string;
  kind: "number" | "log" | "category";
  marks: { at: number; text: string }[];
  place: (value: Cell) => number | null;
}

export type Brushes = ReadonlyMap<string, [number, number]>;

const LOG_FROM = 50; // as many times larger is the most than the least: decades
const MARKS = 5;
const MOST_MARKS = 12;

function numbersOf(values: Cell[]): number[] | null {
  const found: number[] = [];
  for (const value of values) {
    if (value === null) continue;
    const number = typeof value === "number" ? value : Number(value);
    if (value === "" || !Number.isFinite(number)) return null;
    found.push(number);
  }
  return found.length > 0 ? found : null;
}

function categories(name: string, values: Cell[]): Axis {
  const names = [...new Set(values.filter((v) => v !== null).map(String))].sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  const at = (i: number) => (names.length === 1 ? 0.5 : i / (names.length - 1));
  return {
    name,
    kind: "category",
    marks: names.slice(0, MOST_MARKS).map((text, i) => ({ at: at(i), text })),
    place: (value) => {
      const i = value === null ? -1 : names.indexOf(String(value));
      return i < 0 ? null : at(i);
    },
  };
}

export function axisOf(name: string, values: Cell[]): Axis {
  const numbers = numbersOf(values);
  if (numbers === null) return categories(name, values);
  const least = Math.min(...numbers);
  const most = Math.max(...numbers);
  if (least === most) {
    return {
      name,
      kind: "number",
      marks: [{ at: 0.5, text: figure(least) }],
      place: (v) => (v === null ? null : 0.5),
    };
  }
  const log = least > 0 && most / least >= LOG_FROM;
  const scale = log ? Math.log : (x: number) => x;
  const back = log ? Math.exp : (x: number) => x;
  const [low, high] = [scale(least), scale(most)];
  // Few values are their own marks.
  const distinct = [...new Set(numbers)].sort((a, b) => a - b);
  const shown =
    distinct.length <= MARKS
      ? distinct
      : Array.from({ length: MARKS }, (_, i) => back(low + ((high - low) * i) / (MARKS - 1)));
  const place = (value: number) => (scale(value) - low) / (high - low);
  return {
    name,
    kind: log ? "log" : "number",
    marks: apart(shown.map((value) => ({ at: place(value), text: figure(value) }))),
    place: (value) => (value === null ? null : Math.min(1, Math.max(0, place(Number(value))))),
  };
}

const LEAST_APART = 0.06; // of an axis, between two marks

// Both ends, and of the others those that do not touch.
function apart(marks: Axis["marks"]): Axis["marks"] {
  const kept: Axis["marks"] = [];
  const end = marks.at(-1);
  for (const mark of marks) {
    const last = kept.at(-1);
    const fits = last === undefined || mark.at - last.at >= LEAST_APART;
    if (mark === end || (fits && (end === undefined || end.at - mark.at >= LEAST_APART))) kept.push(mark);
  }
  return kept;
}

// "learning_rate" of "optimizer.learning_rate", unless another axis would have the same.
export function shortName(name: string, all: string[]): string {
  const parts = name.split(".");
  for (let n = 1; n < parts.length; n++) {
    const short = parts.slice(-n).join(".");
    if (!all.some((other) => other !== name && (other === short || other.endsWith(`.${short}`)))) return short;
  }
  return name;
}

export interface Line {
  id: string;
  cells: Cell[]; // in the axes' order
}

// Whether a line goes through all brushes. Where it has no value, it goes through none.
export function passes(line: Line, axes: Axis[], brushes: Brushes): boolean {
  return axes.every((axis, i) => {
    const brush = brushes.get(axis.name);
    if (brush === undefined) return true;
    const at = axis.place(line.cells[i] ?? null);
    return at !== null && at >= brush[0] - 1e-9 && at <= brush[1] + 1e-9;
  });
}

const STEP = 0.05;
const LEAST = 0.02;

// What a key does to a brush: arrows move it, with Shift they move its upper end, Escape takes it away.
export function keyed(brush: [number, number] | undefined, key: string, shift: boolean): [number, number] | null {
  if (key === "Escape") return null;
  const up = key === "ArrowUp" ? 1 : -1;
  if (brush === undefined) return up > 0 ? [0.5, 1] : [0, 0.5];
  const [low, high] = brush;
  if (shift) return [low, Math.min(1, Math.max(low + LEAST, high + up * STEP))];
  const by = up > 0 ? Math.min(STEP, 1 - high) : -Math.min(STEP, low);
  return [low + by, high + by];
}

// Of two places where a drag began and is: a brush, or nothing where it is a click.
export function dragBrush(from: number, to: number): [number, number] | null {
  const [low, high] = [Math.max(0, Math.min(from, to)), Math.min(1, Math.max(from, to))];
  return high - low < LEAST ? null : [low, high];
}
