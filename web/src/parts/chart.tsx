// Curves with uPlot: one colour and one dash a curve, named in a table below, which also says the figures to who does
// not see the picture.
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dark } from "../app/theme";
import { marks as axisMarks, clock, figure, whole } from "../lib/format";
import { useSignal } from "../lib/signal";
import { say } from "../words/words";

export interface Curve {
  name: string;
  xs: number[];
  ys: (number | null)[];
  colour: number; // 0 to 7: one of the palette's
  dash?: number; // 0: none; by the colour where it is not given
}

interface ChartProps {
  label: string;
  curves: Curve[];
  time?: boolean; // x: seconds since 1970; else steps
  height?: number;
  marks?: number[]; // vertical lines: rollouts
  fromZero?: boolean;
  table?: boolean;
}

// Between marks of steps, which are whole.
const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((n) => [n, 2 * n, 5 * n]);
const DASHES: number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [], [7, 4], [2, 3], [10, 3, 2, 3]];

// Okabe and Ito's colours (2008), told apart under every kind of colour blindness; lighter ones by night. The style
// sheet holds them as --data-0 and so on.
function inks(): { data: string[]; ink: string; rule: string; font: string } {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    data: Array.from({ length: 8 }, (_, i) => value(`--data-${i}`)),
    ink: value("--quiet"),
    rule: value("--rule"),
    font: `12px ${value("--text")}`,
  };
}

function marksPlugin(marks: () => number[], colour: string): uPlot.Plugin {
  return {
    hooks: {
      draw: (u) => {
        const { ctx, bbox } = u;
        ctx.save();
        ctx.strokeStyle = colour;
        ctx.setLineDash([2, 4]);
        for (const at of marks()) {
          const x = u.valToPos(at, "x", true);
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
        }
        ctx.restore();
      },
    },
  };
}

function joined(curves: Curve[]): uPlot.AlignedData {
  if (curves.length === 0) return [[]];
  return uPlot.join(curves.map((c) => [c.xs, c.ys] as uPlot.AlignedData));
}

const dashOf = (curve: Curve) => DASHES[curve.dash ?? curve.colour] ?? [];

function Swatch({ curve }: { curve: Curve }): VNode {
  return (
    <svg class={`swatch data-${curve.colour}`} viewBox="0 0 28 8" aria-hidden="true">
      <line x1="0" y1="4" x2="28" y2="4" stroke-dasharray={dashOf(curve).join(" ")} />
    </svg>
  );
}

function range(values: (number | null)[]) {
  const numbers = values.filter((v): v is number => v !== null && Number.isFinite(v));
  return { last: numbers.at(-1), least: Math.min(...numbers), most: Math.max(...numbers), count: numbers.length };
}

export function CurveTable({ curves }: { curves: Curve[] }) {
  return (
    <table class="curve-table">
      <thead>
        <tr>
          <th scope="col">{say("curve")}</th>
          <th scope="col">{say("last")}</th>
          <th scope="col">{say("least")}</th>
          <th scope="col">{say("most")}</th>
        </tr>
      </thead>
      <tbody>
        {curves.map((curve) => {
          const { last, least, most, count } = range(curve.ys);
          return (
            <tr key={curve.name}>
              <th scope="row">
                <Swatch curve={curve} />
                {curve.name}
              </th>
              <td>{figure(last)}</td>
              <td>{figure(count > 0 ? least : null)}</td>
              <td>{figure(count > 0 ? most : null)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function Chart({ label, curves, time = false, height = 200, marks = [], fromZero, table = true }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const marksNow = useRef(marks);
  marksNow.current = marks;
  const night = useSignal(dark);
  const data = useMemo(() => joined(curves), [curves]);
  const shape = curves.map((c) => `${c.name}:${c.colour}:${c.dash ?? ""}`).join("|");
  // Made anew where its curves or its colours are others.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { data: colours, ink, rule, font } = inks();
    const axis: uPlot.Axis = {
      stroke: ink,
      font,
      grid: { stroke: rule, width: 1 },
      ticks: { show: false },
      gap: 6,
    };
    plot.current = new uPlot(
      {
        width: Math.max(160, element.clientWidth),
        height,
        padding: [10, 8, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: true, y: false } },
        scales: {
          x: { time },
          y: { range: (_, least, most) => limits(least, most, fromZero === true) },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 28,
            values: (_, v) => (time ? v.map((n) => clock(1000 * n)) : v.map((n) => whole(n))),
            space: time ? 80 : 50,
            ...(time ? {} : { incrs: WHOLE_STEPS }),
          },
          { ...axis, size: 52, values: (_, v) => axisMarks(v.filter((n): n is number => n !== null)), space: 34 },
        ],
        series: [
          {},
          ...curves.map((curve) => ({
            label: curve.name,
            stroke: colours[curve.colour] ?? ink,
            width: 1.75,
            dash: dashOf(curve),
            points: { show: curve.xs.length < 2 },
            spanGaps: true,
          })),
        ],
        plugins: [marksPlugin(() => marksNow.current, ink)],
      },
      data,
      element,
    );
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: Math.max(160, element.clientWidth), height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, night, time, height]);
  useEffect(() => plot.current?.setData(data), [data]);
  return (
    <figure class="chart">
      <figcaption>{label}</figcaption>
      <div ref={box} class="plot" role="img" aria-label={label} />
      {table && <CurveTable curves={curves} />}
    </figure>
  );
}

function limits(least: number | null, most: number | null, fromZero: boolean): [number, number] {
  if (least === null || most === null) return [0, 1];
  const low = fromZero ? Math.min(0, least) : least;
  const room = most > low ? 0.06 * (most - low) : Math.abs(most) * 0.1 || 1;
  return [fromZero && least >= 0 ? 0 : low - room, most + room];
}

// The last minutes of one figure, without axes: beside a row.
export function Spark({ values, label }: { values: number[]; label: string }) {
  const most = Math.max(1, ...values);
  const points = values.map(
    (v, i) => `${((100 * i) / Math.max(1, values.length - 1)).toFixed(1)},${(23 - (21 * v) / most).toFixed(1)}`,
  );
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
      {points.length > 1 && <polyline points={points.join(" ")} />}
    </svg>
  );
}
