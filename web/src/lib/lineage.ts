// What led to what, laid out in columns: data, runs, models, services.

export interface LineageNode {
  kind: string;
  ref: string;
}

export interface Lineage {
  node: LineageNode;
  steps: (LineageNode & { distance: number })[];
  edges: { from: LineageNode; to: LineageNode; how: string }[];
}

export const KINDS = ["dataset", "run", "model", "service"] as const;
export type Kind = (typeof KINDS)[number];

export interface Placed {
  kind: Kind;
  ref: string;
  row: number;
  here: boolean; // what the page is about
}

export interface Line {
  from: Placed;
  to: Placed;
  how: string;
}

export interface Layout {
  columns: Placed[][]; // one a kind
  rows: number; // of the longest column
  lines: Line[];
}

export const MOST_NODES = 60;
const keyOf = (node: LineageNode) => `${node.kind} ${node.ref}`;

// "digits@2" before "digits@10".
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

export function layOut(lineage: Lineage): Layout {
  const here = keyOf(lineage.node);
  const near = [{ ...lineage.node, distance: 0 }, ...lineage.steps]
    .sort((a, b) => Math.abs(a.distance) - Math.abs(b.distance))
    .slice(0, MOST_NODES);
  const nodes = new Map(near.map((node) => [keyOf(node), node]));
  const columns = KINDS.map((kind) =>
    [...nodes.values()]
      .filter((node) => node.kind === kind)
      .sort((a, b) => byNumber(a.ref, b.ref))
      .map((node, row): Placed => ({ kind, ref: node.ref, row, here: keyOf(node) === here })),
  );
  const placed = new Map(columns.flat().map((node) => [keyOf(node), node]));
  const lines = lineage.edges.flatMap(({ from, to, how }): Line[] => {
    const a = placed.get(keyOf(from));
    const b = placed.get(keyOf(to));
    return a !== undefined && b !== undefined ? [{ from: a, to: b, how }] : [];
  });
  return { columns, rows: Math.max(1, ...columns.map((c) => c.length)), lines };
}
