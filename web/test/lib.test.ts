import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceStats, TrafficStats } from "../src/api/types";
import { parsePlace } from "../src/app/router";
import { curveOf, groups } from "../src/lib/curves";
import { bytes, duration, figure, marks } from "../src/lib/format";
import { append, plain } from "../src/lib/log_tail";
import { fromRgba, pictureSize, toRgba } from "../src/lib/pixels";
import { compareRecipes, flatten } from "../src/lib/recipe";
import { quantile, Traffic } from "../src/lib/traffic";
import { parseNumbers } from "../src/pages/try_it/numbers";
import { count, say } from "../src/words/words";

test("quantiles are linear inside a bucket", () => {
  assert.equal(quantile([1, 2, 4], [0, 0, 0], 0.5), null);
  assert.equal(quantile([1, 2, 4], [10, 0, 0, 0], 0.5), 0.5);
  assert.equal(quantile([1, 2, 4], [0, 0, 10, 0], 0.5), 3);
  assert.equal(quantile([1, 2, 4], [1, 0, 0, 9], 0.99), 4); // beyond the last bound: the bound
});

function stats(byRevision: Record<string, number>, failed = 0): ServiceStats {
  const of = (n: number): TrafficStats => ({
    succeeded: n,
    failed,
    refused: 0,
    invalid: 0,
    cancelled: 0,
    queued: 0,
    running: 0,
    latency: { count: n, bounds_ms: [1, 2], buckets: [n, 0, 0] },
    queue_time: { count: 0, bounds_ms: [], buckets: [] },
    batches: { count: 0, mean_rows: 0 },
  });
  const revisions = Object.entries(byRevision).map(([revision, n]) => ({ ...of(n), revision }));
  return {
    name: "s",
    ready: true,
    current: "1",
    total: of(Object.values(byRevision).reduce((a, b) => a + b, 0)),
    revisions,
  };
}

test("rates are differences of counters", () => {
  const traffic = new Traffic();
  assert.deepEqual(traffic.lately(), { rate: 0, p50: null, p99: null, failed: 0 });
  traffic.add(10, stats({ 1: 100 }));
  traffic.add(12, stats({ 1: 120, 2: 4 }));
  assert.deepEqual(traffic.points.at(-1)?.byRevision, { 1: 10, 2: 2 });
  assert.equal(traffic.lately().rate, 12);
  assert.equal(traffic.lately().p50, 0.5);
  assert.deepEqual(traffic.revisions(), ["1", "2"]);
  // The same moment twice adds nothing; a server that began anew counts from nothing.
  traffic.add(12, stats({ 1: 500 }));
  assert.equal(traffic.points.length, 1);
  traffic.add(13, stats({ 1: 3 }, 2));
  assert.equal(traffic.points.at(-1)?.byRevision[1], 0);
  assert.equal(traffic.lately().failed, 2);
  for (let i = 0; i < 500; i++) traffic.add(20 + i, stats({ 1: i }));
  assert.equal(traffic.points.length, 180);
});

const RECIPE = `name: digits   # what it is called
data: {dataset: small}
model:
  layers:
    - flatten
    - dense: {units: 32, activation: relu}
    - conv2d:
        filters: 4
optimizer: {kind: adam, steps: [1, 2], more: {deep: x}}
`;

test("recipes are flattened", () => {
  assert.deepEqual(Object.fromEntries(flatten(RECIPE)), {
    name: "digits",
    "data.dataset": "small",
    "model.layers[0]": "flatten",
    "model.layers[1].dense.units": "32",
    "model.layers[1].dense.activation": "relu",
    "model.layers[2].conv2d.filters": "4",
    "optimizer.kind": "adam",
    "optimizer.steps": "[1, 2]",
    "optimizer.more.deep": "x",
  });
  assert.equal(flatten("{[}]: -\n- - -\n:::").size < 10, true); // nonsense ends
});

test("recipes are compared field by field", () => {
  const rows = compareRecipes(["a: 1\nb: 2\n", "a: 1\nb: 3\nc: 4\n"]);
  assert.deepEqual(
    rows.map((r) => [r.path, r.differs]),
    [
      ["a", false],
      ["b", true],
      ["c", true],
    ],
  );
  assert.deepEqual(rows[2]?.values, [undefined, "4"]);
});

test("figures of the same kind are drawn together, training first", () => {
  assert.deepEqual(groups(["test.accuracy", "test.loss", "train.loss", "lr"]), [
    ["loss", ["train.loss", "test.loss"]],
    ["accuracy", ["test.accuracy"]],
    ["lr", ["lr"]],
  ]);
  const series = { points: 2, steps: [1, 2], mean: [0.5, "nan"], least: [], most: [], wall_ms: [1500, 2500] };
  assert.deepEqual(curveOf(series), { xs: [1, 2], ys: [0.5, null], at: [1.5, 2.5] });
});

test("pictures", () => {
  assert.deepEqual(pictureSize([28, 28]), { height: 28, width: 28, channels: 1 });
  assert.deepEqual(pictureSize([8, 9, 3]), { height: 8, width: 9, channels: 3 });
  for (const shape of [[10], [28, 28, 2], [1, 28, 28, 1], [2, 2]]) assert.equal(pictureSize(shape), null);
  assert.deepEqual(fromRgba([255, 255, 255, 255, 0, 0, 255, 255], 1), [255, 29]);
  assert.deepEqual([...toRgba([7, 9], 1)], [7, 7, 7, 255, 9, 9, 9, 255]);
  assert.deepEqual(fromRgba(toRgba([1, 2, 3], 3), 3), [1, 2, 3]);
});

test("numbers are read, or not", () => {
  assert.deepEqual(parseNumbers("[1, 2.5; -3e2]", 3), [1, 2.5, -300]);
  for (const text of ["1 2", "1 2 x", ""]) assert.equal(parseNumbers(text, 3), null);
});

test("logs keep their end and look as on a terminal", () => {
  assert.equal(append("a\nb\n", "c\n", 100), "a\nb\nc\n");
  assert.equal(append("aaaa\nbb\n", "cc\n", 7), "bb\ncc\n");
  assert.equal(append("", "x".repeat(50), 10), "x".repeat(10));
  assert.equal(plain("10%\r20%\r30%\nok\r\n\u001b[31mred\u001b[0m"), "30%\nok\nred");
});

test("places", () => {
  assert.deepEqual(parsePlace("#/models/ann%2Fdigits@2?x=1").segments, ["models", "ann/digits@2"]);
  assert.equal(parsePlace("#/runs/compare?ids=a,b").query.get("ids"), "a,b");
  assert.deepEqual(parsePlace("").segments, []);
  assert.deepEqual(parsePlace("#/%zz").segments, ["%zz"]);
});

test("figures, sizes, times and words", () => {
  assert.equal(figure(null), "–");
  assert.equal(figure(0.07117), "0.071");
  assert.equal(figure(255), "255");
  assert.equal(figure(12345.6), "12,346");
  assert.equal(figure(0.00002), "2.00e-5");
  assert.deepEqual(marks([0, 0.05, 0.1]), ["0.00", "0.05", "0.10"]);
  assert.deepEqual(marks([0, 20, 40]), ["0", "20", "40"]);
  assert.deepEqual(marks([0, 0.25, 0.5]), ["0.00", "0.25", "0.50"]);
  assert.equal(bytes(102137), "102 kB");
  assert.equal(duration(61_000), "1 min 1 s");
  assert.equal(duration(90_000_000), "25 h 0 min");
  assert.equal(say("stepOf", { step: 1, steps: 2 }), "step 1 of 2");
  assert.equal(count(0, "noServiceAnswers", "serviceAnswers", "servicesAnswer"), "No service answers");
  assert.equal(count(2, "noServiceAnswers", "serviceAnswers", "servicesAnswer"), "2 services answer");
});
