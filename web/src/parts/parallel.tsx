// Runs as lines through axes of parameters and figures, coloured by one figure. Dragging along an axis keeps the runs
// that pass there; the table below says the same, and axes take the keyboard.
import { useEffect, useRef, useState } from "preact/hooks";
import { link } from "../app/router";
import { figure } from "../lib/format";
import {
  type Axis,
  axisOf,
  type Brushes,
  type Cell,
  dragBrush,
  keyed,
  type Line,
  passes,
  shortName,
} from "../lib/parallel";
import { say } from "../words/words";
import { Ledger } from "./layout";

const HEIGHT = 300;
const TOP = 34;
const BOTTOM = 14;
const SIDE = 46;
const LEAST_GAP = 118; // pixels between axes

export interface ParallelRow {
  id: string;
  values: Record<string, Cell>;
}

interface ParallelProps {
  axes: string[];
  rows: ParallelRow[];
  figures: string[]; // those of the axes that can colour
}

function useWidth(): [{ current: HTMLElement | null }, number] {
  const box = useRef<HTMLElement>(null);
  const [width, set] = useState(800);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => set(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

const y = (at: number) => TOP + (1 - at) * (HEIGHT - TOP - BOTTOM);
const atOf = (pixels: number) => 1 - (pixels - TOP) / (HEIGHT - TOP - BOTTOM);
// From the least, orange, to the most, blue; the two are told apart under every kind of colour blindness.
const inkOf = (at: number | null) =>
  at === null ? "var(--edge)" : `color-mix(in oklab, var(--data-0) ${Math.round(100 * at)}%, var(--data-1))`;

interface AxisViewProps {
  axis: Axis;
  name: string; // in short
  x: number;
  last: boolean; // its marks stand at its left
  brush: [number, number] | undefined;
  change: (brush: [number, number] | null) => void;
}

function AxisView({ axis, name, x, last, brush, change }: AxisViewProps) {
  const from = useRef<number | null>(null);
  const place = (event: PointerEvent) => {
    const frame = (event.currentTarget as SVGElement).ownerSVGElement?.getBoundingClientRect();
    return atOf(event.clientY - (frame?.top ?? 0));
  };
  const text = brush === undefined ? say("wholeAxis") : `${Math.round(100 * brush[0])}–${Math.round(100 * brush[1])}%`;
  return (
    <g
      class="axis"
      transform={`translate(${x} 0)`}
      role="slider"
      tabindex={0}
      aria-label={say("axisOf", { name: axis.name })}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * (brush?.[1] ?? 1))}
      aria-valuetext={text}
      onKeyDown={(event) => {
        if (!["ArrowUp", "ArrowDown", "Escape"].includes(event.key)) return;
        event.preventDefault();
        change(keyed(brush, event.key, event.shiftKey));
      }}
    >
      <text class="axis-name" x={0} y={16}>
        {name}
      </text>
      <line x1={0} x2={0} y1={TOP} y2={HEIGHT - BOTTOM} />
      {axis.marks.map((mark) => (
        <g key={mark.text}>
          <line x1={-3} x2={3} y1={y(mark.at)} y2={y(mark.at)} />
          <text x={last ? -7 : 7} y={y(mark.at) + 4} text-anchor={last ? "end" : "start"}>
            {mark.text}
          </text>
        </g>
      ))}
      {brush && <rect class="brush" x={-7} width={14} y={y(brush[1])} height={y(brush[0]) - y(brush[1])} />}
      <rect
        class="grip"
        x={-14}
        width={28}
        y={TOP - 8}
        height={HEIGHT - TOP - BOTTOM + 16}
        onPointerDown={(event) => {
          (event.currentTarget as SVGElement).setPointerCapture(event.pointerId);
          from.current = place(event);
        }}
        onPointerMove={(event) => {
          if (from.current !== null) change(dragBrush(from.current, place(event)));
        }}
        onPointerUp={(event) => {
          if (from.current !== null) change(dragBrush(from.current, place(event)));
          from.current = null;
        }}
      />
    </g>
  );
}

function Lines({ lines, axes, x, ink }: { lines: Line[]; axes: Axis[]; x: number[]; ink: (line: Line) => string }) {
  return (
    <>
      {lines.map((line) => {
        const points = axes.flatMap((axis, i) => {
          const at = axis.place(line.cells[i] ?? null);
          return at === null ? [] : [`${x[i]},${y(at).toFixed(1)}`];
        });
        return <polyline key={line.id} points={points.join(" ")} style={{ stroke: ink(line) }} />;
      })}
    </>
  );
}

function cellText(value: Cell): string {
  return typeof value === "number" ? figure(value) : (value ?? "–");
}

export function Parallel({ axes: names, rows, figures }: ParallelProps) {
  const [box, width] = useWidth();
  const [brushes, setBrushes] = useState<Brushes>(new Map());
  const [picked, pick] = useState("");
  const colourBy = figures.includes(picked) ? picked : (figures[0] ?? "");
  const axes = names.map((name) =>
    axisOf(
      name,
      rows.map((r) => r.values[name] ?? null),
    ),
  );
  const lines: Line[] = rows.map((r) => ({ id: r.id, cells: names.map((name) => r.values[name] ?? null) }));
  const gap = Math.max(LEAST_GAP, (width - 2 * SIDE) / Math.max(1, axes.length - 1));
  const x = axes.map((_, i) => SIDE + gap * i);
  const colourAxis = names.indexOf(colourBy);
  const colourAt = (line: Line) => axes[colourAxis]?.place(line.cells[colourAxis] ?? null) ?? null;
  const inside = lines.filter((line) => passes(line, axes, brushes));
  const outside = lines.filter((line) => !inside.includes(line));
  const change = (name: string, brush: [number, number] | null) => {
    const next = new Map(brushes);
    if (brush === null) next.delete(name);
    else next.set(name, brush);
    setBrushes(next);
  };
  const sorted = [...lines].sort((a, b) => (colourAt(b) ?? -1) - (colourAt(a) ?? -1));
  const marks = axes[colourAxis]?.marks ?? [];
  return (
    <div class="parallel">
      <div class="controls">
        <label>
          <span>{say("colourBy")}</span>
          <select value={colourBy} onChange={(e) => pick(e.currentTarget.value)}>
            {figures.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <p class="ramp number">
          {marks[0]?.text} <i aria-hidden="true" /> {marks.at(-1)?.text}
        </p>
        <p class="number" role="status">
          {say("runsPass", { n: inside.length, of: lines.length })}
        </p>
        {brushes.size > 0 && (
          <button type="button" onClick={() => setBrushes(new Map())}>
            {say("showAllRuns")}
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={box} class="parallel-frame ledger" aria-label={say("parallel")} tabIndex={0}>
        {/* biome-ignore lint/a11y/noSvgWithoutTitle: its axes have names, and the table below says the same */}
        <svg width={Math.max(width, 2 * SIDE + gap * (axes.length - 1))} height={HEIGHT}>
          <g class="lines outside">
            <Lines lines={outside} axes={axes} x={x} ink={() => "var(--rule)"} />
          </g>
          <g class="lines">
            <Lines lines={inside} axes={axes} x={x} ink={(line) => inkOf(colourAt(line))} />
          </g>
          {axes.map((axis, i) => (
            <AxisView
              key={axis.name}
              axis={axis}
              name={shortName(axis.name, names)}
              x={x[i] ?? 0}
              last={i === axes.length - 1}
              brush={brushes.get(axis.name)}
              change={(brush) => change(axis.name, brush)}
            />
          ))}
        </svg>
      </section>
      <Ledger label={say("parameters")} wide>
        <thead>
          <tr>
            <th scope="col">{say("runTitle")}</th>
            {names.map((name) => (
              <th scope="col" key={name} class={figures.includes(name) ? "n" : ""}>
                {shortName(name, names)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((line) => (
            <tr key={line.id} class={inside.includes(line) ? "" : "same"}>
              <th scope="row">
                <i class="dot" style={{ color: inkOf(colourAt(line)) }} aria-hidden="true" />
                <a href={link("runs", line.id)}>{line.id}</a>
              </th>
              {line.cells.map((cell, i) => (
                <td key={names[i]} class={figures.includes(names[i] ?? "") ? "n" : ""}>
                  {cellText(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Ledger>
    </div>
  );
}
