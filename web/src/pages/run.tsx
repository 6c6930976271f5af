// One run: how far it is, its curves, its recipe, its attempts and checkpoints.
import { useMemo, useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Run } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { groups, isSystem } from "../lib/curves";
import { ago, bytes, duration, moment, share, whole } from "../lib/format";
import { type Figures, useFigures } from "../lib/use_figures";
import { Chart } from "../parts/chart";
import { Dialog } from "../parts/dialog";
import { grainOfRun, State } from "../parts/grain";
import { Facts, Head, Ledger, Meter, Section } from "../parts/layout";
import { LineageSection } from "../parts/lineage";
import { Command, Loading, Problem } from "../parts/states";
import { TrainDialog } from "../parts/train_dialog";
import { say } from "../words/words";

function Progress({ run }: { run: Run }) {
  const began = run.attempts.at(-1);
  const done = run.step - (began?.from_step ?? 0);
  const left = began && done > 0 ? ((Date.now() - began.started_ms) / done) * (run.steps - run.step) : null;
  return (
    <div class="progress">
      <Meter value={run.step} most={run.steps} label={say("progress")} />
      <p class="quiet number">
        {say("stepOf", { step: whole(run.step), steps: whole(run.steps) })} · {share(run.step / Math.max(1, run.steps))}
        {left !== null && ` · ${say("timeLeft", { time: duration(left) })}`}
      </p>
    </div>
  );
}

interface FigureProps {
  run: Run;
  figures: Figures | null;
}

function Curves({ run, figures }: FigureProps) {
  const charts = useMemo(() => {
    const mine = figures?.get(run.id);
    if (mine === undefined) return null;
    return groups([...mine.keys()].filter((name) => !isSystem(name))).map(([what, names]) => ({
      what,
      curves: names.map((name, i) => ({ name, colour: i, ...(mine.get(name) ?? { xs: [], ys: [], at: [] }) })),
    }));
  }, [figures, run.id]);
  return (
    <Section title={say("curves")} aside={<p>{say("curvesHow")}</p>}>
      {charts === null && <Loading rows={6} />}
      {charts?.length === 0 && <p class="quiet">{say("noFigures")}</p>}
      <div class="charts">
        {charts?.map(({ what, curves }) => (
          <Chart key={what} label={what.replaceAll("_", " ")} curves={curves} />
        ))}
      </div>
    </Section>
  );
}

// By the clock, since the machine knows no steps; one chart a figure.
function SystemCurves({ run, figures }: FigureProps) {
  const names = [...(figures?.get(run.id)?.keys() ?? [])].filter(isSystem).sort();
  const charts = useMemo(
    () =>
      names.map((name) => {
        const curve = figures?.get(run.id)?.get(name);
        const label = name.slice("system/".length).replaceAll("_", " ");
        return { label, curves: [{ name: label, colour: 4, dash: 0, xs: curve?.at ?? [], ys: curve?.ys ?? [] }] };
      }),
    [figures, run.id],
  );
  if (charts.length === 0) return null;
  return (
    <Section title={say("system")} aside={<p>{say("systemHow")}</p>}>
      <div class="charts">
        {charts.map(({ label, curves }) => (
          <Chart key={label} label={label} curves={curves} time fromZero height={130} />
        ))}
      </div>
    </Section>
  );
}

function Attempts({ run }: { run: Run }) {
  return (
    <Section title={say("attempts")}>
      <Ledger label={say("attempts")}>
        <thead>
          <tr>
            <th scope="col">{say("attempt")}</th>
            <th scope="col">{say("state")}</th>
            <th scope="col" class="n">
              {say("fromStep")}
            </th>
            <th scope="col">{say("began")}</th>
            <th scope="col" class="n">
              {say("took")}
            </th>
            <th scope="col">{say("reason")}</th>
          </tr>
        </thead>
        <tbody>
          {run.attempts.map((a) => (
            <tr key={a.number}>
              <th scope="row">{a.number}</th>
              <td>
                <State state={grainOfRun(a.outcome)} word={say(`run_${a.outcome}`)} />
              </td>
              <td class="n">{whole(a.from_step)}</td>
              <td>
                <time title={moment(a.started_ms)}>{ago(a.started_ms)}</time>
              </td>
              <td class="n">{duration((a.ended_ms || Date.now()) - a.started_ms)}</td>
              <td class="text">{a.message}</td>
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

function Checkpoints({ run }: { run: Run }) {
  if (run.checkpoints.length === 0) return null;
  const newest = [...run.checkpoints].reverse().slice(0, 10);
  return (
    <Section title={say("checkpoints")} aside={<p>{say("checkpointsN", { n: run.checkpoints.length })}</p>}>
      <Ledger label={say("checkpoints")}>
        <thead>
          <tr>
            <th scope="col">{say("step")}</th>
            <th scope="col" class="n">
              {say("size")}
            </th>
            <th scope="col">{say("made")}</th>
          </tr>
        </thead>
        <tbody>
          {newest.map((c) => (
            <tr key={c.step}>
              <th scope="row">{whole(c.step)}</th>
              <td class="n">{bytes(c.bytes)}</td>
              <td>
                <time title={moment(c.at_ms)}>{ago(c.at_ms)}</time>
              </td>
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

export function RunPage({ id }: { id: string }) {
  const [live, setLive] = useState(true);
  const [asking, ask] = useState(false);
  const [training, again] = useState(false);
  const { data: run, error, reload } = useResource<Run>(`/runs/${segment(id)}`, live ? 1500 : 0, ["run"]);
  const open = run?.state === "running" || run?.state === "created";
  if (run && open !== live) setLive(open);
  const figures = useFigures([id], run?.state === "running");
  const cancel = open && may("write") && (
    <button type="button" class="danger" onClick={() => ask(true)}>
      {say("cancelRun")}
    </button>
  );
  return (
    <>
      <Head
        title={id}
        path={[["#/runs", say("runs")]]}
        {...(cancel ? { actions: cancel } : {})}
        {...(run ? { under: <State state={grainOfRun(run.state)} word={say(`run_${run.state}`)} /> } : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!run && !error && <Loading rows={8} />}
      {run && (
        <>
          {open && <Progress run={run} />}
          {run.state === "failed" && (
            <div class="problem" role="alert">
              <div>
                <p>{run.message}</p>
                {run.checkpoints.length > 0 && <p class="quiet">{say("resumeHow")}</p>}
                {run.checkpoints.length > 0 && <Command text={`sinter train --resume ${run.id}`} />}
              </div>
            </div>
          )}
          <Facts
            items={[
              [
                say("datasetTitle"),
                <a key="d" href={link("data", run.dataset)}>
                  {run.dataset}
                </a>,
              ],
              [
                say("modelTitle"),
                run.model ? (
                  <a key="m" href={link("models", run.model)}>
                    {run.model}
                  </a>
                ) : (
                  "–"
                ),
              ],
              [say("steps"), run.steps > 0 ? `${whole(run.step)} / ${whole(run.steps)}` : "–"],
              [say("ranks"), run.ranks],
              [
                say("began"),
                <time key="t" title={moment(run.created_ms)}>
                  {ago(run.created_ms)}
                </time>,
              ],
              [say("by"), run.created_by],
            ]}
          />
          <Curves run={run} figures={figures} />
          <SystemCurves run={run} figures={figures} />
          <LineageSection kind="run" reference={run.id} />
          <Section title={say("recipe")}>
            <pre class="text-block">{run.recipe}</pre>
            {may("write") && (
              <button type="button" class="below" onClick={() => again(true)}>
                {say("trainAgain")}
              </button>
            )}
          </Section>
          <Attempts run={run} />
          <Checkpoints run={run} />
        </>
      )}
      {training && run && <TrainDialog recipe={run.recipe} close={() => again(false)} />}
      {asking && (
        <Dialog
          title={say("cancelRunAsk", { name: id })}
          confirm={say("cancelRun")}
          danger
          act={async () => {
            await post(`/runs/${segment(id)}/cancel`, {});
            reload();
          }}
          close={() => ask(false)}
        >
          <p>{say("cancelRunWhat")}</p>
        </Dialog>
      )}
    </>
  );
}
