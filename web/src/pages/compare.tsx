// Runs side by side: what was asked of each, what came of it, and their curves over each other.
import { useMemo, useState } from "preact/hooks";
import type { Run } from "../api/types";
import { link } from "../app/router";
import { groups, isSystem } from "../lib/curves";
import { duration, figure, whole } from "../lib/format";
import type { Cell } from "../lib/parallel";
import { compareRecipes } from "../lib/recipe";
import { type Figures, useFigures } from "../lib/use_figures";
import { useRuns } from "../lib/use_runs";
import { Chart } from "../parts/chart";
import { grainOfRun, State } from "../parts/grain";
import { Head, Ledger, Section } from "../parts/layout";
import { Parallel, type ParallelRow } from "../parts/parallel";
import { Empty, Loading } from "../parts/states";
import { say } from "../words/words";

function Heads({ runs, first }: { runs: Run[]; first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {runs.map((run) => (
          <th scope="col" key={run.id}>
            <a href={link("runs", run.id)}>{run.id}</a>
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Outcome({ runs, figures }: { runs: Run[]; figures: Figures | null }) {
  const names = [...new Set(runs.flatMap((r) => [...(figures?.get(r.id)?.keys() ?? [])]))].sort();
  const took = (run: Run) => run.attempts.reduce((sum, a) => sum + ((a.ended_ms || Date.now()) - a.started_ms), 0);
  return (
    <Section title={say("outcome")} aside={<p>{say("outcomeHow")}</p>}>
      <Ledger label={say("outcome")} wide>
        <Heads runs={runs} first={say("what")} />
        <tbody>
          <tr>
            <th scope="row">{say("state")}</th>
            {runs.map((run) => (
              <td key={run.id}>
                <State state={grainOfRun(run.state)} word={say(`run_${run.state}`)} />
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">{say("modelTitle")}</th>
            {runs.map((run) => (
              <td key={run.id}>{run.model && <a href={link("models", run.model)}>{run.model}</a>}</td>
            ))}
          </tr>
          <tr>
            <th scope="row">{say("steps")}</th>
            {runs.map((run) => (
              <td key={run.id}>{whole(run.step)}</td>
            ))}
          </tr>
          <tr>
            <th scope="row">{say("took")}</th>
            {runs.map((run) => (
              <td key={run.id}>{duration(took(run))}</td>
            ))}
          </tr>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {runs.map((run) => {
                const ys = figures?.get(run.id)?.get(name)?.ys ?? [];
                return <td key={run.id}>{figure(ys.filter((y) => y !== null).at(-1))}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

function Recipes({ runs }: { runs: Run[] }) {
  const [all, setAll] = useState(false);
  const rows = useMemo(() => compareRecipes(runs.map((r) => r.recipe)), [runs]);
  const shown = rows.filter((row) => all || row.differs);
  return (
    <Section title={say("recipe")} aside={<p>{say("recipesHow")}</p>}>
      <div class="controls">
        <label class="check-label">
          <input type="checkbox" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} />
          {say("showSame")}
        </label>
      </div>
      {shown.length === 0 ? (
        <p class="quiet">{say("recipesSame")}</p>
      ) : (
        <Ledger label={say("recipe")} wide>
          <Heads runs={runs} first={say("field")} />
          <tbody>
            {shown.map((row) => (
              <tr key={row.path} class={row.differs ? "" : "same"}>
                <th scope="row">
                  <code>{row.path}</code>
                </th>
                {row.values.map((value, i) => (
                  <td key={runs[i]?.id}>
                    <code>{value ?? "–"}</code>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Ledger>
      )}
    </Section>
  );
}

function Overlaid({ runs, figures }: { runs: Run[]; figures: Figures | null }) {
  const charts = useMemo(() => {
    if (figures === null) return null;
    const names = [...new Set(runs.flatMap((r) => [...(figures.get(r.id)?.keys() ?? [])]))];
    return groups(names.filter((n) => !isSystem(n))).flatMap(([, members]) =>
      members.map((name) => ({
        name,
        curves: runs.flatMap((run, i) => {
          const curve = figures.get(run.id)?.get(name);
          return curve === undefined ? [] : [{ name: run.id, colour: i, ...curve }];
        }),
      })),
    );
  }, [runs, figures]);
  return (
    <Section title={say("curves")}>
      {charts === null && <Loading rows={6} />}
      <div class="charts">
        {charts?.map(({ name, curves }) => (
          <Chart key={name} label={name} curves={curves} />
        ))}
      </div>
    </Section>
  );
}

const MOST_CURVES = 8; // as many as there are colours
const MOST_RUNS = 60;
const MOST_AXES = 10;

// What was asked for and differs, then what came of it.
function Parameters({ runs, figures }: { runs: Run[]; figures: Figures | null }) {
  const [axes, rows, names] = useMemo(() => {
    const differing = compareRecipes(runs.map((r) => r.recipe)).filter((row) => row.differs && row.path !== "name");
    const last = (run: Run, name: string) =>
      figures
        ?.get(run.id)
        ?.get(name)
        ?.ys.filter((v) => v !== null)
        .at(-1) ?? null;
    const all = [...new Set(runs.flatMap((r) => [...(figures?.get(r.id)?.keys() ?? [])]))];
    // Of the system's figures and of the rate, the last value says little.
    const told = all.filter((name) => !isSystem(name) && !name.endsWith("learning_rate"));
    const wanted = [...told.filter((n) => n.startsWith("test.")), ...told.filter((n) => !n.startsWith("test."))];
    const parameters = differing.slice(0, MOST_AXES - 2).map((row) => row.path);
    const shown = wanted.slice(0, Math.max(2, MOST_AXES - parameters.length));
    const found: ParallelRow[] = runs.map((run, i) => ({
      id: run.id,
      values: Object.fromEntries([
        ...differing.map((row): [string, Cell] => [row.path, row.values[i] ?? null]),
        ...shown.map((name): [string, Cell] => [name, last(run, name)]),
      ]),
    }));
    return [[...parameters, ...shown], found, shown] as const;
  }, [runs, figures]);
  // What was read for fewer runs is on its way for all.
  if (figures === null || axes.length < 2 || runs.some((run) => !figures.has(run.id))) return null;
  return (
    <Section title={say("parameters")} aside={<p>{say("parametersHow")}</p>}>
      <Parallel axes={[...axes]} rows={[...rows]} figures={[...names]} />
    </Section>
  );
}

export function ComparePage({ ids }: { ids: string[] }) {
  const found = useRuns(ids.slice(0, MOST_RUNS));
  const runs = found ?? [];
  const figures = useFigures(
    runs.map((r) => r.id),
    runs.some((r) => r.state === "running"),
  );
  return (
    <>
      <Head
        title={say("comparison")}
        path={[["#/runs", say("runs")]]}
        under={say("comparisonUnder", { n: runs.length })}
      />
      {found === null && <Loading rows={8} />}
      {found !== null && runs.length === 0 && <Empty title={say("noneOfThese")} />}
      {runs.length > 0 && (
        <>
          <Parameters runs={runs} figures={figures} />
          {runs.length <= MOST_CURVES && <Outcome runs={runs} figures={figures} />}
          {runs.length <= MOST_CURVES && <Recipes runs={runs} />}
          {runs.length <= MOST_CURVES ? (
            <Overlaid runs={runs} figures={figures} />
          ) : (
            <p class="quiet">{say("tooManyCurves", { n: MOST_CURVES })}</p>
          )}
        </>
      )}
    </>
  );
}
