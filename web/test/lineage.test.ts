import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut } from "../src/lib/lineage";

const node = (kind: string, ref: string) => ({ kind, ref });

test("columns by kind, versions by number, edges between what is shown", () => {
  const layout = layOut({
    node: node("model", "digits@2"),
    steps: [
      { kind: "dataset", ref: "small@1", distance: -2 },
      { kind: "run", ref: "digits-b", distance: -1 },
      { kind: "model", ref: "digits@2", distance: 0 },
      { kind: "service", ref: "clothes@10", distance: 1 },
      { kind: "service", ref: "clothes@9", distance: 1 },
    ],
    edges: [
      { from: node("dataset", "small@1"), to: node("run", "digits-b"), how: "trained" },
      { from: node("run", "digits-b"), to: node("model", "digits@2"), how: "made" },
      { from: node("model", "digits@2"), to: node("service", "clothes@9"), how: "served" },
      { from: node("model", "elsewhere@1"), to: node("service", "clothes@9"), how: "served" },
    ],
  });
  assert.deepEqual(
    layout.columns.map((column) => column.map((n) => n.ref)),
    [["small@1"], ["digits-b"], ["digits@2"], ["clothes@9", "clothes@10"]],
  );
  assert.equal(layout.rows, 2);
  assert.equal(layout.lines.length, 3);
  assert.deepEqual(
    layout.columns
      .flat()
      .filter((n) => n.here)
      .map((n) => n.ref),
    ["digits@2"],
  );
});

test("thousands of versions: the nearest are shown", () => {
  const steps = Array.from({ length: 2000 }, (_, i) => ({ kind: "model", ref: `m@${i}`, distance: i + 1 }));
  const layout = layOut({ node: node("dataset", "d@1"), steps, edges: [] });
  assert.equal(layout.columns.flat().length, 60);
  assert.equal(layout.columns[2]?.at(-1)?.ref, "m@58");
});
