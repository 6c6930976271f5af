// Spans of a text: marked by selecting, by a tap on a word, or with a cursor of words by keyboard alone.
import { useRef, useState } from "preact/hooks";
import type { Span } from "../../api/label_types";
import { classOfKey } from "../../lib/label_keys";
import { codePoints, marked, type Piece, pieces, pointsBefore, wordsOf } from "../../lib/spans";
import { say } from "../../words/words";
import { Palette, SaveButton } from "./classes";
import { type EditorProps, startOf } from "./editor";

// The code point that a place in the drawn text is at.
function pointAt(node: Node | null, offset: number): number | null {
  const element = node instanceof Element ? node : (node?.parentElement ?? null);
  const piece = element?.closest<HTMLElement>("[data-begin]");
  if (piece == null || node === null) return null;
  const begin = Number(piece.dataset.begin);
  return begin + (node.nodeType === Node.TEXT_NODE ? pointsBefore(node.textContent ?? "", offset) : offset > 0 ? 1 : 0);
}

// Pieces cut once more, where the cursor of words begins and ends.
function cut(all: Piece[], begin: number, end: number): (Piece & { under: boolean })[] {
  return all.flatMap((piece) => {
    const points = codePoints(piece.text);
    const inside = [begin, end].map((at) => Math.min(points.length, Math.max(0, at - piece.begin)));
    const edges = [0, ...inside, points.length];
    return edges.slice(1).flatMap((edge, i) => {
      const from = edges[i] ?? 0;
      return edge > from
        ? [{ ...piece, text: points.slice(from, edge).join(""), begin: piece.begin + from, under: i === 1 }]
        : [];
    });
  });
}

interface MarkedTextProps {
  text: string;
  spans: Span[];
  classes: string[];
  cursor?: { begin: number; end: number };
}

export function MarkedText({ text, spans, classes, cursor }: MarkedTextProps) {
  const parts = cut(pieces(text, spans), cursor?.begin ?? 0, cursor?.end ?? 0);
  return (
    <>
      {parts.map((part) => {
        const last = part.span !== null && part.begin + codePoints(part.text).length === part.span.end;
        const under = part.under ? "under" : "";
        return part.span === null ? (
          <span key={part.begin} data-begin={part.begin} class={under}>
            {part.text}
          </span>
        ) : (
          <mark key={part.begin} class={`data-${Math.max(0, classes.indexOf(part.span.class)) % 8} ${under}`}>
            <span data-begin={part.begin}>{part.text}</span>
            {last && <small>{part.span.class}</small>}
          </mark>
        );
      })}
    </>
  );
}

export function Spans({ item, classes, give, keys }: EditorProps) {
  const text = item.content.kind === "text" ? item.content.text : "";
  const [spans, setSpans] = useState<Span[]>(startOf(item)?.spans ?? []);
  const [current, setCurrent] = useState(classes[0] ?? "");
  const [from, setFrom] = useState(-1); // words; -1: the keyboard is not at work here
  const [to, setTo] = useState(-1);
  const box = useRef<HTMLDivElement>(null);
  const words = useRef(wordsOf(text)).current;
  const first = words[Math.min(from, to)];
  const last = words[Math.max(from, to)];
  const cursor = first !== undefined && last !== undefined ? { begin: first.begin, end: last.end } : null;

  const mark = (name: string, begin: number, end: number) => setSpans(marked(text, spans, { class: name, begin, end }));
  const removeAt = (begin: number, end: number) => setSpans(spans.filter((s) => s.end <= begin || s.begin >= end));
  const onUp = () => {
    const selection = getSelection();
    if (selection === null || !box.current?.contains(selection.anchorNode)) return;
    const a = pointAt(selection.anchorNode, selection.anchorOffset);
    const b = pointAt(selection.focusNode, selection.focusOffset);
    if (a === null || b === null) return;
    selection.removeAllRanges();
    if (a !== b) return mark(current, Math.min(a, b), Math.max(a, b));
    // A click: on what is marked takes the mark away, on a word marks it.
    if (spans.some((s) => s.begin <= a && a <= s.end)) return removeAt(a, a + 1);
    const at = words.findIndex((w) => w.begin <= a && a <= w.end);
    const word = words[at];
    if (word === undefined) return;
    mark(current, word.begin, word.end);
    setFrom(at);
    setTo(at);
  };
  const pick = (name: string) => {
    setCurrent(name);
    if (cursor !== null) mark(name, cursor.begin, cursor.end);
  };
  const step = (by: number, extend: boolean) => {
    const next = Math.min(words.length - 1, Math.max(0, (to < 0 && by < 0 ? words.length : to) + by));
    setTo(next);
    if (!extend) setFrom(next);
  };
  const save = () => give({ spans });
  keys.current = (event) => {
    if (event.key === "Enter") save();
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft")
      step(event.key === "ArrowRight" ? 1 : -1, event.shiftKey && from >= 0);
    else if (event.key === "Escape" && from >= 0) {
      setFrom(-1);
      setTo(-1);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (cursor === null || !spans.some((s) => s.begin < cursor.end && s.end > cursor.begin)) return false;
      removeAt(cursor.begin, cursor.end);
    } else {
      const name = classOfKey(event.key, classes);
      if (name === undefined) return false;
      pick(name);
    }
    return true;
  };
  return (
    <>
      <div ref={box} class="desk-text marking" onPointerUp={() => setTimeout(onUp)}>
        <MarkedText text={text} spans={spans} classes={classes} {...(cursor === null ? {} : { cursor })} />
      </div>
      <div class="desk-answer">
        <Palette classes={classes} current={current} pick={pick} />
        <SaveButton save={save} />
        <p class="quiet how">{say("spansHow")}</p>
      </div>
    </>
  );
}
