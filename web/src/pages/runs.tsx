// All runs, newest first; two or more of them can be compared.
import { useState } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Items, RunInShort } from "../api/types";
import { go, link } from "../app/router";
import { useFeature } from "../lib/features";
import { ago, duration, moment, share } from "../lib/format";
import { GrainMark, grainOfRun } from "../parts/grain";
import { Head, Ledger } from "../parts/layout";
import { Command, Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

const MOST_COMPARED = 60;

export function RunsPage() {
  const { data, error, reload } = useResource<Items<RunInShort>>("/console/runs?limit=500", 3000, ["run"]);
  const [chosen, setChosen] = useState<string[]>([]);
  const toggle = (id: string) =>
    setChosen((now) => (now.includes(id) ? now.filter((x) => x !== id) : [...now, id].slice(-MOST_COMPARED)));
  const all = (data?.items ?? []).slice(0, MOST_COMPARED).map((run) => run.id);
  const sweeps = useFeature("/sweeps");
  const compare = (
    <>
      {sweeps && (
        <a class="button" href={link("sweeps")}>
          {say("sweeps")}
        </a>
      )}
      <button type="button" onClick={() => setChosen(chosen.length > 0 ? [] : all)}>
        {chosen.length > 0 ? say("chooseNone") : say("chooseAll")}
      </button>
      <button
        type="button"
        class="primary"
        disabled={chosen.length < 2}
        onClick={() => go(`#/runs/compare?ids=${chosen.map(encodeURIComponent).join(",")}`)}
      >
        {say("compareN", { n: chosen.length })}
      </button>
    </>
  );
  return (
    <>
      <Head
        title={say("runs")}
        under={say("runsUnder")}
        {...(data && data.items.length > 1 ? { actions: compare } : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && <Loading />}
      {data?.items.length === 0 && (
        <Empty title={say("noRuns")}>
          <Command text="sinter train recipe.yaml" />
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <Ledger label={say("runs")}>
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">{say("choose")}</span>
              </th>
              <th scope="col">{say("runTitle")}</th>
              <th scope="col">{say("state")}</th>
              <th scope="col">{say("datasetTitle")}</th>
              <th scope="col">{say("modelTitle")}</th>
              <th scope="col" class="n">
                {say("took")}
              </th>
              <th scope="col">{say("began")}</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((run) => (
              <tr key={run.id}>
                <td class="check">
                  <input
                    type="checkbox"
                    aria-label={say("chooseRun", { name: run.id })}
                    checked={chosen.includes(run.id)}
                    onChange={() => toggle(run.id)}
                  />
                </td>
                <th scope="row">
                  <GrainMark state={grainOfRun(run.state)} />
                  <a href={link("runs", run.id)}>{run.id}</a>
                </th>
                <td>
                  {say(`run_${run.state}`)}
                  {run.state === "running" && run.steps > 0 && ` ${share(run.step / run.steps, 0)}`}
                </td>
                <td>
                  <a href={link("data", run.dataset)}>{run.dataset}</a>
                </td>
                <td>{run.model && <a href={link("models", run.model)}>{run.model}</a>}</td>
                <td class="n">{run.took_ms > 0 ? duration(run.took_ms) : ""}</td>
                <td>
                  <time title={moment(run.created_ms)}>{ago(run.created_ms)}</time>
                </td>
              </tr>
            ))}
          </tbody>
        </Ledger>
      )}
    </>
  );
}
