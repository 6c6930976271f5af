// A rollout as the stages that it goes through, each with what was decided about it.
import type { Rollout, RolloutState, RolloutStep } from "../api/types";

export type StageState = "waiting" | "working" | "paused" | "passed" | "skipped" | "refused";

export interface Stage {
  key: string; // "golden", "canary:25"
  kind: RolloutState;
  share?: number;
  state: StageState;
  verdict?: RolloutStep; // the decision that ended it
}

const keyOf = (kind: RolloutState, share: number | undefined) =>
  kind === "canary" && share !== undefined ? `canary:${share}` : kind;

function planned(rollout: Rollout): Stage[] {
  const { golden, shadow, rollout: plan } = rollout.gates;
  const stage = (kind: RolloutState, share?: number): Stage => ({
    key: keyOf(kind, share),
    kind,
    state: "waiting",
    ...(share === undefined ? {} : { share }),
  });
  return [
    stage("loading"),
    ...(golden === null ? [] : [stage("golden")]),
    ...(shadow.percent > 0 ? [stage("shadow")] : []),
    ...(plan.strategy === "canary" ? plan.shares.filter((s) => s < 100).map((s) => stage("canary", s)) : []),
    stage("baking"),
    stage("done"),
  ];
}

// Of each stage, the last decision that was made in it. A pause is none: it leads back to where it was.
function verdicts(history: RolloutStep[]): { found: Map<string, RolloutStep>; last: string } {
  const found = new Map<string, RolloutStep>();
  let at = "loading";
  for (const [i, step] of history.entries()) {
    if (step.state === "paused") continue;
    const next = keyOf(step.state, step.share);
    if (i > 0 && next !== at) found.set(at, step);
    if (!["refused", "aborted", "rolled_back"].includes(step.state)) at = next;
  }
  return { found, last: at };
}

export function stagesOf(rollout: Rollout): Stage[] {
  const stages = planned(rollout);
  const { found, last } = verdicts(rollout.history);
  const kind = rollout.state === "paused" ? (rollout.paused_from ?? "loading") : rollout.state;
  const current = rollout.over ? last : keyOf(kind, rollout.share);
  // A share of 100% is the switch itself.
  const place = stages.findIndex((stage) => stage.key === current);
  const at = place >= 0 ? place : stages.findIndex((stage) => stage.key === "baking");
  stages.forEach((stage, i) => {
    const verdict = found.get(stage.key);
    if (verdict !== undefined) stage.verdict = verdict;
    if (rollout.state === "done") stage.state = i === stages.length - 1 || verdict ? "passed" : "skipped";
    else if (i < at) stage.state = verdict ? "passed" : "skipped";
    else if (i === at) stage.state = rollout.over ? "refused" : rollout.state === "paused" ? "paused" : "working";
  });
  return stages;
}
