import assert from "node:assert/strict";
import test from "node:test";
import { isComplete, moved, newStep, type Step, toYaml } from "../src/lib/clean_steps";

const step = (kind: Step["kind"], more: Partial<Step> = {}): Step => ({ ...newStep(1, kind, "age"), ...more });

test("steps are written as the server reads them", () => {
  assert.equal(
    toYaml([
      step("drop", { columns: ["id", 'the "remark"'] }),
      step("fill"),
      step("fill", { how: "value", value: "0" }),
      step("cast", { type: "i64", orMissing: false }),
      step("filter", { where: " age >= 18 and not colour == 'red' " }),
      step("deduplicate"),
      step("deduplicate", { columns: ["name", "age"] }),
      step("relabel", {
        names: [
          ["setosa", "Iris setosa"],
          ["", ""],
        ],
      }),
      step("relabel", { how: "where", where: "petal < 2", value: "x: y" }),
      step("mask", { what: ["mail"] }),
    ]),
    `steps:
  - drop: ["id", "the \\"remark\\""]
  - fill: {column: "age", with: median}
  - fill: {column: "age", value: "0"}
  - cast: {column: "age", to: "i64"}
  - filter: "age >= 18 and not colour == 'red'"
  - deduplicate
  - deduplicate: {by: ["name", "age"]}
  - relabel: {column: "age", from: {"setosa": "Iris setosa"}}
  - relabel: {column: "age", where: "petal < 2", to: "x: y"}
  - mask: {column: "age", what: ["mail"]}
`,
  );
});

test("a step that says too little is not tried", () => {
  assert.equal(isComplete(step("drop")), false);
  assert.equal(isComplete(step("filter", { where: " " })), false);
  assert.equal(isComplete(step("fill", { how: "value" })), false);
  assert.equal(isComplete(step("fill")), true);
  assert.equal(isComplete(step("relabel")), false);
  assert.equal(isComplete(step("relabel", { names: [["a", "b"]] })), true);
  assert.equal(isComplete(step("relabel", { how: "where", where: "age < 2" })), false);
  assert.equal(isComplete(step("deduplicate")), true);
});

test("a step is moved, and no further than to an end", () => {
  assert.deepEqual(moved(["a", "b", "c"], 0, 1), ["b", "a", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], 0, -1), ["a", "b", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], 2, 9), ["a", "b", "c"]);
});
