// A rollout's gates as they are decided: the stages in a row, and of the one that is looked at the judge's figures.
import { useState } from "preact/hooks";
import type { Rollout } from "../api/types";
import { ago, figure, moment, share, whole } from "../lib/format";
import { type Stage, type StageState, stagesOf } from "../lib/stages";
import { say } from "../words/words";
import { type Grain, GrainMark } from "./grain";
import { Facts, Ledger, Meter } from "./layout";

const GRAINS: Record<StageState, Grain> = {
  waiting: "waiting",
  working: "working",
  paused: "ended",
  passed: "done",
  skipped: "ended",
  refused: "failed",
};

function nameOf(stage: Stage): string {
  return stage.share === undefined ? say(`stage_${stage.kind}`) : say("stageShare", { share: figure(stage.share) });
}

type Figures = Record<string, number>;

// The difference of the two accuracies with its interval, the zero, and the margin that it must not fall below.
function Difference({ figures }: { figures: Figures }) {
  const { difference = 0, difference_low: low = 0, difference_high: high = 0, margin = 0 } = figures;
  const reach = 1.15 * Math.max(Math.abs(low), Math.abs(high), margin, 0.01);
  const x = (value: number) => 50 + (50 * value) / reach;
  const text = say("differenceIs", { value: share(difference, 2), low: share(low, 2), high: share(high, 2) });
  return (
    <figure class="difference">
      <figcaption>{text}</figcaption>
      <svg viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label={text}>
        <rect class="worse" x="0" y="0" width={x(-margin)} height="16" />
        <line class="zero" x1={x(0)} y1="0" x2={x(0)} y2="16" />
        <line class="between" x1={x(low)} y1="8" x2={x(high)} y2="8" />
        <line class="point" x1={x(difference)} y1="3" x2={x(difference)} y2="13" />
      </svg>
      <p class="quiet">{say("marginIs", { margin: share(margin, 1) })}</p>
    </figure>
  );
}

interface LimitProps {
  name: string;
  text: string;
  value: number;
  limit: number;
  more?: boolean; // more is what is wanted: a sample that grows
}

function Limit({ name, text, value, limit, more = false }: LimitProps) {
  const broken = !more && value > limit;
  return (
    <div class={broken ? "limit broken" : more ? "limit sample" : "limit"}>
      <p>
        <span>{name}</span>
        <span class="number">{text}</span>
      </p>
      <Meter value={value} most={limit} label={name} />
    </div>
  );
}

// `shadow`: how many answers must have been compared before the shadow is judged.
function Traffic({ figures, shadow }: { figures: Figures; shadow: number }) {
  const {
    requests = 0,
    minimum = 0,
    failed = 0,
    p99_ms: p99 = 0,
    budget_p99_ms: most = 0,
    budget_errors: errors = 0,
  } = figures;
  const lost = requests > 0 ? failed / requests : 0;
  return (
    <div class="limits">
      {figures.compared !== undefined && (
        <Limit
          name={say("compared")}
          text={`${whole(figures.compared)} / ${whole(shadow)}`}
          value={figures.compared}
          limit={shadow}
          more
        />
      )}
      <Limit
        name={say("sample")}
        text={`${whole(requests)} / ${whole(minimum)}`}
        value={requests}
        limit={minimum}
        more
      />
      <Limit name={say("p99")} text={`${figure(p99)} / ${figure(most)}`} value={p99} limit={most} />
      <Limit name={say("errors")} text={`${share(lost)} / ${share(errors)}`} value={lost} limit={errors} />
    </div>
  );
}

// Figures that are drawn above are not written below again.
const DRAWN = [
  "difference",
  "difference_low",
  "difference_high",
  "margin",
  "requests",
  "minimum",
  "failed",
  "p99_ms",
  "budget_p99_ms",
  "budget_errors",
  "compared",
];

function Judged({ figures, shadow }: { figures: Figures; shadow: number }) {
  const rest = Object.entries(figures).filter(([name]) => !DRAWN.includes(name));
  return (
    <>
      {figures.difference_low !== undefined && <Difference figures={figures} />}
      {figures.budget_p99_ms !== undefined && <Traffic figures={figures} shadow={shadow} />}
      {rest.length > 0 && <Facts items={rest.map(([name, value]) => [name.replaceAll("_", " "), figure(value)])} />}
    </>
  );
}

function Examples({ rollout, classes }: { rollout: Rollout; classes: string[] }) {
  const name = (i: number) => (i < 0 ? "–" : (classes[i] ?? String(i)));
  return (
    <details>
      <summary>{say("disagreementsN", { n: rollout.examples.length })}</summary>
      <Ledger label={say("disagreements")}>
        <thead>
          <tr>
            <th scope="col">{say("request")}</th>
            <th scope="col">{rollout.from?.model}</th>
            <th scope="col">{rollout.to?.model}</th>
            <th scope="col">{say("label")}</th>
          </tr>
        </thead>
        <tbody>
          {rollout.examples.map((example, i) => (
            <tr key={`${example.id}-${i}`}>
              <th scope="row">{example.id || "–"}</th>
              <td>{name(example.live_class)}</td>
              <td>{name(example.candidate_class)}</td>
              <td>{name(example.label)}</td>
            </tr>
          ))}
        </tbody>
      </Ledger>
    </details>
  );
}

export function GateTrack({ rollout, classes }: { rollout: Rollout; classes: string[] }) {
  const [picked, pick] = useState<string | null>(null);
  const stages = stagesOf(rollout);
  const active = stages.find((s) => s.state === "working" || s.state === "paused" || s.state === "refused");
  const shown = stages.find((s) => s.key === picked) ?? active ?? stages.at(-1);
  const now = shown === active && !rollout.over;
  const verdict = shown?.verdict ?? (shown?.kind === "done" ? rollout.history.at(-1) : undefined);
  const reason = now ? rollout.reason : (verdict?.reason ?? rollout.reason);
  const figures = now ? rollout.figures : (verdict?.figures ?? {});
  return (
    <div class="gates">
      <ol class="track">
        {stages.map((stage) => (
          <li key={stage.key} class={`stage stage-${stage.state}`}>
            <button type="button" aria-pressed={stage === shown} onClick={() => pick(stage.key)}>
              <GrainMark state={GRAINS[stage.state]} />
              <span>{nameOf(stage)}</span>
              <span class="unseen">{say(`stageState_${stage.state}`)}</span>
            </button>
          </li>
        ))}
      </ol>
      <div class="judged" aria-live="polite">
        <p class="verdict">{reason}</p>
        {verdict && !now && (
          <p class="quiet">
            {verdict.by} · <time title={moment(verdict.at_ms)}>{ago(verdict.at_ms)}</time>
          </p>
        )}
        <Judged figures={figures} shadow={rollout.gates.shadow.minimum} />
      </div>
      {rollout.examples.length > 0 && <Examples rollout={rollout} classes={classes} />}
    </div>
  );
}
