// Spans of a text, in Unicode code points as the server counts them; the browser counts UTF-16 units.
import type { Span } from "../api/label_types";

export const codePoints = (text: string) => Array.from(text);

export function pointsBefore(text: string, units: number): number {
  return codePoints(text.slice(0, units)).length;
}

export interface Piece {
  text: string;
  begin: number; // in code points
  span: Span | null;
}

// The text cut at the borders of spans, which do not overlap.
export function pieces(text: string, spans: Span[]): Piece[] {
  const points = codePoints(text);
  const found: Piece[] = [];
  let at = 0;
  const put = (end: number, span: Span | null) => {
    if (end > at) found.push({ text: points.slice(at, end).join(""), begin: at, span });
    at = Math.max(at, end);
  };
  for (const span of sorted(spans)) {
    put(Math.min(span.begin, points.length), null);
    put(Math.min(span.end, points.length), span);
  }
  put(points.length, null);
  return found;
}

export function sorted(spans: Span[]): Span[] {
  return [...spans].sort((a, b) => a.begin - b.begin || a.end - b.end);
}

// With a new span: those that it touches go. Blanks at its ends are left out; nothing but blanks is no span.
export function marked(text: string, spans: Span[], added: Span): Span[] {
  const points = codePoints(text);
  let { begin, end } = added;
  begin = Math.max(0, begin);
  end = Math.min(points.length, end);
  while (begin < end && /\s/u.test(points[begin] ?? "")) begin++;
  while (end > begin && /\s/u.test(points[end - 1] ?? "")) end--;
  if (begin >= end) return spans;
  const apart = spans.filter((s) => s.end <= begin || s.begin >= end);
  return sorted([...apart, { class: added.class, begin, end }]);
}

export interface Word {
  begin: number;
  end: number;
}

// Words as the language has them (also where no blanks stand between them, as in Chinese).
export function wordsOf(text: string): Word[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  const found: Word[] = [];
  let at = 0;
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    const length = codePoints(segment).length;
    if (isWordLike) found.push({ begin: at, end: at + length });
    at += length;
  }
  return found;
}
