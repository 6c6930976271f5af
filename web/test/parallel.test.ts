import assert from "node:assert/strict";
import test from "node:test";
import { axisOf, dragBrush, keyed, passes, shortName } from "../src/lib/parallel";

test("an axis of numbers, of decades, of names", () => {
  const plain = axisOf("epochs", [1, 3, null, "5"]);
  assert.equal(plain.kind, "number");
  assert.equal(plain.place(3), 0.5);
  assert.equal(plain.place("5"), 1);
  assert.equal(plain.place(null), null);
  const decades = axisOf("rate", [0.001, 0.01, 0.1]);
  assert.equal(decades.kind, "log");
  assert.ok(Math.abs((decades.place(0.01) ?? 0) - 0.5) < 1e-9);
  const names = axisOf("kind", ["sgd", "adam", null]);
  assert.equal(names.kind, "category");
  assert.deepEqual(
    names.marks.map((m) => m.text),
    ["adam", "sgd"],
  );
  assert.equal(names.place("sgd"), 1);
  assert.equal(names.place("none"), null);
  assert.equal(axisOf("same", [2, 2]).place(2), 0.5);
});

test("marks that would touch are left out, and names are short where they can be", () => {
  assert.deepEqual(
    axisOf("accuracy", [0.7, 0.76, 0.762, 0.8]).marks.map((m) => m.text),
    ["0.700", "0.760", "0.800"],
  );
  const all = ["optimizer.learning_rate", "train.loss", "test.loss"];
  assert.equal(shortName("optimizer.learning_rate", all), "learning_rate");
  assert.equal(shortName("test.loss", all), "test.loss");
});

test("a brush keeps what lies in it, on every axis", () => {
  const axes = [axisOf("a", [0, 10]), axisOf("b", ["x", "y"])];
  const line = { id: "r", cells: [5, "x"] };
  assert.equal(passes(line, axes, new Map()), true);
  assert.equal(passes(line, axes, new Map([["a", [0.4, 0.6]]])), true);
  assert.equal(passes(line, axes, new Map([["a", [0.6, 1]]])), false);
  assert.equal(
    passes(
      line,
      axes,
      new Map([
        ["a", [0.4, 0.6]],
        ["b", [0.9, 1]],
      ]),
    ),
    false,
  );
  assert.equal(passes({ id: "n", cells: [null, "x"] }, axes, new Map([["a", [0, 1]]])), false);
});

test("a brush by keyboard and by drag", () => {
  assert.deepEqual(keyed(undefined, "ArrowUp", false), [0.5, 1]);
  assert.deepEqual(keyed([0.5, 1], "ArrowUp", false), [0.5, 1]);
  assert.deepEqual(keyed([0, 0.5], "ArrowUp", true), [0, 0.55]);
  assert.equal(keyed([0, 0.5], "Escape", false), null);
  assert.equal(dragBrush(0.5, 0.505), null);
  assert.deepEqual(dragBrush(0.9, -0.2), [0, 0.9]);
});
