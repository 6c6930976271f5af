// What led here and what came of it: data, runs, models and services in columns, joined where one made the other.
import { segment } from "../api/client";
import { useResource } from "../api/resource";
import { link } from "../app/router";
import { KINDS, type Kind, type Layout, type Line, type Lineage, layOut, type Placed } from "../lib/lineage";
import { say, type Word } from "../words/words";
import { Section } from "./layout";

const ROW = 38; // pixels, as the style sheet has it
const WIDTH = 1000; // of the drawing, whatever the window's
const COLUMN = WIDTH / KINDS.length;
const CARD = 0.78; // of a column

const HEADS: Record<Kind, Word> = { dataset: "datasets", run: "runs", model: "models", service: "services" };

function placeOf(node: Placed): string {
  switch (node.kind) {
    case "dataset":
      return link("data", node.ref);
    case "run":
      return link("runs", node.ref);
    case "model":
      return link("models", node.ref);
    case "service":
      return link("services", node.ref.split("@")[0] ?? node.ref);
  }
}

function pathOf({ from, to }: Line): string {
  const y = (node: Placed) => (node.row + 0.5) * ROW;
  const left = (node: Placed) => KINDS.indexOf(node.kind) * COLUMN;
  const right = (node: Placed) => left(node) + CARD * COLUMN;
  // Within a column, one version of another: an arc at its right.
  if (from.kind === to.kind) {
    const x = right(from);
    return `M${x} ${y(from)}C${x + 40} ${y(from)} ${x + 40} ${y(to)} ${x} ${y(to)}`;
  }
  const [a, b] = left(from) <= left(to) ? [right(from), left(to)] : [left(from), right(to)];
  const middle = (a + b) / 2;
  return `M${a} ${y(from)}C${middle} ${y(from)} ${middle} ${y(to)} ${b} ${y(to)}`;
}

function Column({ kind, nodes }: { kind: Kind; nodes: Placed[] }) {
  return (
    <div class="lineage-column">
      <h3>{say(HEADS[kind])}</h3>
      <ul>
        {nodes.map((node) => (
          <li key={node.ref} class={node.here ? "here" : ""}>
            {node.here ? <strong>{node.ref}</strong> : <a href={placeOf(node)}>{node.ref}</a>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Drawing({ layout }: { layout: Layout }) {
  const height = layout.rows * ROW;
  return (
    <svg
      class="lineage-lines"
      viewBox={`0 0 ${WIDTH} ${height}`}
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {layout.lines.map((line) => (
        <path key={`${line.from.ref} ${line.to.ref} ${line.how}`} d={pathOf(line)} />
      ))}
    </svg>
  );
}

export function LineageSection({ kind, reference }: { kind: Kind; reference: string }) {
  const { data } = useResource<Lineage>(`/lineage?kind=${kind}&ref=${segment(reference)}`, 10000, [
    "dataset",
    "model",
    "run",
    "service",
  ]);
  if (data === undefined) return null;
  const layout = layOut(data);
  return (
    <Section title={say("lineage")} aside={<p>{say("lineageHow")}</p>}>
      <div class="lineage">
        {KINDS.map((one, i) => (
          <Column key={one} kind={one} nodes={layout.columns[i] ?? []} />
        ))}
        <Drawing layout={layout} />
      </div>
      <ul class="unseen">
        {layout.lines.map((line) => (
          <li key={`${line.from.ref} ${line.to.ref} ${line.how}`}>
            {say("ledTo", { from: line.from.ref, to: line.to.ref })}
          </li>
        ))}
      </ul>
    </Section>
  );
}
