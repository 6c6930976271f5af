// All labellings: how far each is, and what waits for a reviewer.
import { useState } from "preact/hooks";
import type { LabellingInShort } from "../api/label_types";
import { useResource } from "../api/resource";
import type { Items } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { whole } from "../lib/format";
import { GrainMark } from "../parts/grain";
import { LabellingDialog } from "../parts/labelling_dialog";
import { Head, Ledger, Meter } from "../parts/layout";
import { Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

export function grainOfLabelling(one: { state: string; items: number; done: number }) {
  if (one.state === "closed") return "ended" as const;
  if (one.done >= one.items && one.items > 0) return "done" as const;
  return one.done > 0 ? ("working" as const) : ("waiting" as const);
}

function Row({ one }: { one: LabellingInShort }) {
  const done = one.done ?? 0;
  const inReview = one.in_review ?? 0;
  return (
    <tr>
      <th scope="row">
        <GrainMark state={grainOfLabelling({ ...one, done })} />
        <a href={link("labels", one.name)}>{one.name}</a>
      </th>
      <td>{say(`task_${one.task}`)}</td>
      <td>
        <a href={link("data", one.dataset)}>{one.dataset}</a>
      </td>
      <td class="meter-cell">
        <Meter value={done} most={one.items} label={one.name} />
        <span class="number">
          {whole(done)} / {whole(one.items)}
        </span>
      </td>
      <td class={inReview > 0 ? "n notable" : "n"}>
        {inReview > 0 ? <a href={link("labels", one.name, "review")}>{whole(inReview)}</a> : "0"}
      </td>
      <td class="end">
        {one.state === "open" && done < one.items && (
          <a class="button small" href={link("labels", one.name, "desk")}>
            {say("toLabel")}
          </a>
        )}
      </td>
    </tr>
  );
}

export function LabellingsPage() {
  const [making, make] = useState(false);
  const { data, error, reload } = useResource<Items<LabellingInShort>>("/labellings?limit=100", 5000, [
    "labelling",
    "label",
  ]);
  const action = may("write") && (
    <button type="button" class="primary" onClick={() => make(true)}>
      {say("newLabelling")}
    </button>
  );
  return (
    <>
      <Head title={say("labels")} under={say("labelsUnder")} {...(action ? { actions: action } : {})} />
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && <Loading />}
      {data?.items.length === 0 && (
        <Empty title={say("noLabellings")}>
          <p class="quiet">{say("noLabellingsHow")}</p>
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <Ledger label={say("labels")}>
          <thead>
            <tr>
              <th scope="col">{say("name")}</th>
              <th scope="col">{say("task")}</th>
              <th scope="col">{say("datasetTitle")}</th>
              <th scope="col">{say("progress")}</th>
              <th scope="col" class="n">
                {say("inReview")}
              </th>
              <th scope="col">
                <span class="unseen">{say("toLabel")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((one) => (
              <Row key={one.name} one={one} />
            ))}
          </tbody>
        </Ledger>
      )}
      {making && <LabellingDialog close={() => make(false)} />}
    </>
  );
}
