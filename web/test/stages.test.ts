import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rollout, RolloutState, RolloutStep } from "../src/api/types";
import { stagesOf } from "../src/lib/stages";

const step = (state: RolloutState, decision: string, share?: number): RolloutStep => ({
  at_ms: 1,
  by: "gates",
  state,
  decision,
  reason: `to ${state}`,
  figures: {},
  ...(share === undefined ? {} : { share }),
});

function rollout(state: RolloutState, history: RolloutStep[], more: Partial<Rollout> = {}): Rollout {
  return {
    name: "s-2",
    service: "s",
    from: null,
    to: null,
    state,
    over: ["done", "refused", "aborted", "rolled_back"].includes(state),
    paused_from: null,
    share: 0,
    seconds: 0,
    reason: "",
    figures: {},
    examples: [],
    history,
    gates: {
      golden: { dataset: "d", split: "test", samples: 10, margin: 0.1, confidence: 0.95 },
      shadow: { percent: 10, minimum: 1 },
      budget: { p99_ms: 1, errors: 0, window_s: 1, minimum: 1 },
      rollout: { strategy: "canary", shares: [5, 50, 100], bake_s: 1 },
    },
    by: "ann",
    asked_ms: 0,
    ...more,
  };
}

const told = (r: Rollout) =>
  stagesOf(r)
    .map((s) => `${s.key} ${s.state}`)
    .join(", ");
const asked = step("loading", "advance");

test("stages as the gates plan them", () => {
  assert.equal(
    told(rollout("loading", [asked])),
    "loading working, golden waiting, shadow waiting, canary:5 waiting, canary:50 waiting, baking waiting, done waiting",
  );
});

test("a canary in the middle", () => {
  const history = [
    asked,
    step("golden", "advance"),
    step("shadow", "advance"),
    step("canary", "advance", 5),
    step("canary", "advance", 50),
  ];
  const r = rollout("canary", history, { share: 50 });
  assert.equal(
    told(r),
    "loading passed, golden passed, shadow passed, canary:5 passed, canary:50 working, baking waiting, done waiting",
  );
  assert.equal(stagesOf(r)[1]?.verdict?.reason, "to shadow");
});

test("refused by the golden set", () => {
  const r = rollout("refused", [asked, step("golden", "advance"), step("refused", "refuse")]);
  assert.match(told(r), /^loading passed, golden refused, shadow waiting/);
  assert.equal(stagesOf(r)[1]?.verdict?.decision, "refuse");
});

test("paused and resumed stands where it stood", () => {
  const history = [asked, step("golden", "advance"), step("shadow", "advance"), step("paused", "pause")];
  assert.match(
    told(rollout("paused", history, { paused_from: "shadow" })),
    /golden passed, shadow paused, canary:5 waiting/,
  );
  const again = [...history, step("shadow", "advance"), step("canary", "advance", 5)];
  assert.match(told(rollout("canary", again, { share: 5 })), /shadow passed, canary:5 working/);
});

test("promoted past what it skips", () => {
  const history = [
    asked,
    step("golden", "advance"),
    step("shadow", "advance"),
    step("baking", "switch"),
    step("done", "finish"),
  ];
  assert.equal(
    told(rollout("done", history)),
    "loading passed, golden passed, shadow passed, canary:5 skipped, canary:50 skipped, baking passed, done passed",
  );
});
