import assert from "node:assert/strict";
import test from "node:test";
import { formOf, type GatesJson, gatesOf, notANumber } from "../src/lib/gate_fields";

const GATES: GatesJson = {
  golden: { dataset: "small", split: "test", samples: 300, seed: 7, margin: 0.02, confidence: 0.95 },
  shadow: { percent: 10, minimum: 200, most_net_loss: 0, confidence: 0.95 },
  budget: { p99_ms: 50, errors: 0.01, window_s: 60, minimum: 100 },
  rollout: { strategy: "canary", shares: [10, 100], bake_s: 60 },
  cases: { consent: true, below: 0.5, most: 1000 },
  drift: { sample: 2000, minimum: 200, stability: 0.25 },
};

test("gates in a form and back are the same, and what is the default is left to the server", () => {
  const form = formOf(GATES);
  assert.equal(form.texts["budget.p99_ms"], "50");
  assert.equal(form.texts["budget.errors"], "");
  assert.equal(form.bake, "");
  assert.deepEqual(gatesOf(form, GATES), {
    golden: { dataset: "small", split: "test", seed: 7, samples: 300 },
    shadow: { percent: 10 },
    budget: { p99_ms: 50 },
    rollout: { strategy: "canary", shares: [10, 100] },
    cases: { consent: true, below: 0.5 },
    drift: {},
  });
});

test("no golden set, and its fields say nothing then", () => {
  const form = { ...formOf(GATES), golden: "" };
  assert.equal(gatesOf(form, GATES).golden, null);
});

test("what is no number is found", () => {
  const form = formOf(GATES);
  assert.equal(notANumber(form), "");
  assert.equal(notANumber({ ...form, shares: "5, half, 100" }), "half");
  assert.equal(notANumber({ ...form, texts: { "budget.p99_ms": "fast" } }), "fast");
});
