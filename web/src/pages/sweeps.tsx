// Sweeps: all of them, and one with its trials, the best first.
import { useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Sweep, SweepInShort, SweepState, Trial, TrialPhase } from "../api/sweep_types";
import type { Items } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { useFeature } from "../lib/features";
import { ago, figure, moment, whole } from "../lib/format";
import type { Cell } from "../lib/parallel";
import { Dialog } from "../parts/dialog";
import { type Grain, GrainMark, State } from "../parts/grain";
import { Facts, Head, Ledger, Meter, Section } from "../parts/layout";
import { Parallel, type ParallelRow } from "../parts/parallel";
import { Command, Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

const GRAINS: Record<SweepState | TrialPhase, Grain> = {
  running: "working",
  paused: "ended",
  succeeded: "done",
  failed: "failed",
  cancelled: "ended",
  waiting: "waiting",
  reached: "waiting",
  stopped: "ended",
  done: "done",
};
const OVER: TrialPhase[] = ["stopped", "done", "failed", "cancelled"];

// Values of a recipe are text or numbers; what is neither is shown as it is written.
function cellOf(value: unknown): Cell {
  return typeof value === "number" || typeof value === "string" ? value : value == null ? null : JSON.stringify(value);
}

export function SweepsPage() {
  const there = useFeature("/sweeps");
  const { data, error, reload } = useResource<Items<SweepInShort>>(there ? "/sweeps" : null, 5000, ["sweep"]);
  return (
    <>
      <Head title={say("sweeps")} path={[["#/runs", say("runs")]]} under={say("sweepsUnder")} />
      {error && <Problem error={error} retry={reload} />}
      {there !== false && !data && !error && <Loading />}
      {there === false && <Empty title={say("sweepsAbsent")} />}
      {data?.items.length === 0 && (
        <Empty title={say("noSweeps")}>
          <Command text="sinter sweep submit sweep.yaml" />
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <Ledger label={say("sweeps")}>
          <thead>
            <tr>
              <th scope="col">{say("name")}</th>
              <th scope="col">{say("state")}</th>
              <th scope="col" class="n">
                {say("trials")}
              </th>
              <th scope="col">{say("metric")}</th>
              <th scope="col" class="n">
                {say("best")}
              </th>
              <th scope="col">{say("owner")}</th>
              <th scope="col">{say("made")}</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((one) => (
              <tr key={one.name}>
                <th scope="row">
                  <GrainMark state={GRAINS[one.state]} />
                  <a href={link("sweeps", one.name)}>{one.name}</a>
                </th>
                <td>{say(`sweep_${one.state}`)}</td>
                <td class="n">{whole(one.count)}</td>
                <td>{one.metric}</td>
                <td class="n">{figure(one.best?.value)}</td>
                <td>{one.owner}</td>
                <td>
                  <time title={moment(one.created_ms)}>{ago(one.created_ms)}</time>
                </td>
              </tr>
            ))}
          </tbody>
        </Ledger>
      )}
    </>
  );
}

function Trials({ sweep }: { sweep: Sweep }) {
  const several = sweep.rungs.length > 1;
  return (
    <Section
      title={say("trials")}
      aside={<p>{say(sweep.goal === "max" ? "bestMost" : "bestLeast", { metric: sweep.metric })}</p>}
    >
      <Ledger label={say("trials")}>
        <thead>
          <tr>
            <th scope="col">{say("trial")}</th>
            <th scope="col">{say("state")}</th>
            {several && (
              <th scope="col" class="n">
                {say("epochs")}
              </th>
            )}
            <th scope="col" class="n">
              {sweep.metric}
            </th>
            <th scope="col">{say("runTitle")}</th>
            <th scope="col">{say("parameters")}</th>
          </tr>
        </thead>
        <tbody>
          {sweep.trials.map((t) => (
            <tr key={t.trial}>
              <th scope="row">
                <GrainMark state={GRAINS[t.phase]} />
                {t.trial}
              </th>
              <td>
                {say(`trial_${t.phase}`)}
                {t.why && <p class="quiet text">{t.why}</p>}
              </td>
              {several && <td class="n">{whole(t.epochs)}</td>}
              <td class="n">{figure(t.value)}</td>
              <td>{t.run && <a href={link("runs", t.run)}>{t.run}</a>}</td>
              <td class="text">{parametersOf(t)}</td>
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

function parametersOf(trial: Trial): string {
  return Object.entries(trial.parameters)
    .map(
      ([path, value]) =>
        `${path.split(".").at(-1)} ${typeof value === "number" ? figure(value) : (cellOf(value) ?? "–")}`,
    )
    .join(", ");
}

function Lines({ sweep }: { sweep: Sweep }) {
  const parameters = [...new Set(sweep.trials.flatMap((t) => Object.keys(t.parameters)))];
  const rows: ParallelRow[] = sweep.trials
    .filter((t) => t.value !== null)
    .map((t) => ({
      id: t.run || String(t.trial),
      values: {
        ...Object.fromEntries(parameters.map((path): [string, Cell] => [path, cellOf(t.parameters[path])])),
        [sweep.metric]: t.value,
      },
    }));
  if (rows.length < 2) return null;
  return (
    <Section title={say("parameters")} aside={<p>{say("parametersHow")}</p>}>
      <Parallel axes={[...parameters, sweep.metric]} rows={rows} figures={[sweep.metric]} />
    </Section>
  );
}

export function SweepPage({ name }: { name: string }) {
  const [cancelling, cancel] = useState(false);
  const { data: sweep, error, reload } = useResource<Sweep>(`/sweeps/${segment(name)}`, 3000, ["sweep"]);
  const open = sweep?.state === "running" || sweep?.state === "paused";
  const turn = async (to: "pause" | "resume") => {
    await post(`/sweeps/${segment(name)}/${to}`, {});
    reload();
  };
  const actions = open && may("write") && (
    <>
      <button type="button" onClick={() => turn(sweep?.state === "paused" ? "resume" : "pause")}>
        {sweep?.state === "paused" ? say("wish_resume") : say("wish_pause")}
      </button>
      <button type="button" class="danger" onClick={() => cancel(true)}>
        {say("cancelSweep")}
      </button>
    </>
  );
  const over = sweep?.trials.filter((t) => OVER.includes(t.phase)).length ?? 0;
  const best = sweep?.trials[0];
  return (
    <>
      <Head
        title={name}
        path={[
          ["#/runs", say("runs")],
          [link("sweeps"), say("sweeps")],
        ]}
        {...(actions ? { actions } : {})}
        {...(sweep
          ? {
              under: (
                <>
                  <State state={GRAINS[sweep.state]} word={say(`sweep_${sweep.state}`)} /> {sweep.message}
                </>
              ),
            }
          : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!sweep && !error && <Loading rows={8} />}
      {sweep && (
        <>
          {open && (
            <div class="progress">
              <Meter value={over} most={sweep.trials.length} label={say("progress")} />
              <p class="quiet number">{say("trialsOver", { n: whole(over), of: whole(sweep.trials.length) })}</p>
            </div>
          )}
          <Facts
            items={[
              [
                say("datasetTitle"),
                <a key="d" href={link("data", sweep.dataset)}>
                  {sweep.dataset}
                </a>,
              ],
              [say("metric"), sweep.metric],
              [say("best"), figure(best?.value)],
              ...(sweep.rungs.length > 1
                ? [[say("rungs"), sweep.rungs.map(whole).join(" → ")] as [string, string]]
                : []),
              [say("owner"), sweep.owner],
            ]}
          />
          <Lines sweep={sweep} />
          <Trials sweep={sweep} />
          <Section title={say("recipe")}>
            <pre class="text-block">{sweep.sweep}</pre>
            <details>
              <summary>{say("recipe")}</summary>
              <pre class="text-block">{sweep.recipe}</pre>
            </details>
          </Section>
        </>
      )}
      {cancelling && (
        <Dialog
          title={say("cancelSweepAsk", { name })}
          confirm={say("cancelSweep")}
          danger
          act={async () => {
            await post(`/sweeps/${segment(name)}/cancel`, {});
            reload();
          }}
          close={() => cancel(false)}
        >
          <p>{say("cancelSweepWhat")}</p>
        </Dialog>
      )}
    </>
  );
}
