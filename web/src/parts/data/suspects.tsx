// Labels that a model confidently disagrees with: to be looked at, and to be labelled anew.
import { useState } from "preact/hooks";
import { segment } from "../../api/client";
import type { Suspect, SuspectReport } from "../../api/data_types";
import { useResource } from "../../api/resource";
import type { Items, Repository } from "../../api/types";
import { may } from "../../app/session";
import { share, whole } from "../../lib/format";
import { LabellingDialog } from "../../pages/lazy_pages";
import { say } from "../../words/words";
import { Ledger, Section } from "../layout";
import { nameOf } from "../repositories";
import { Loading, Problem } from "../states";
import { RowPicture } from "./row_picture";

const SHOWN = 24;

function Cards({ reference, items }: { reference: string; items: Suspect[] }) {
  return (
    <ul class="picture-cards">
      {items.map((s) => (
        <li key={`${s.split} ${s.row}`}>
          <RowPicture reference={reference} place={s} />
          <p>
            <s>{s.label}</s> <strong>{s.predicted}</strong>
          </p>
          <p class="quiet number">{share(s.probability, 0)}</p>
        </li>
      ))}
    </ul>
  );
}

function Rows({ items }: { items: Suspect[] }) {
  return (
    <Ledger label={say("suspects")}>
      <thead>
        <tr>
          <th scope="col">{say("row")}</th>
          <th scope="col">{say("label")}</th>
          <th scope="col">{say("modelSays")}</th>
          <th scope="col" class="n">
            {say("confidence")}
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((s) => (
          <tr key={`${s.split} ${s.row}`}>
            <th scope="row">
              {s.split} {s.row}
            </th>
            <td>{s.label}</td>
            <td>{s.predicted}</td>
            <td class="n">{share(s.probability, 0)}</td>
          </tr>
        ))}
      </tbody>
    </Ledger>
  );
}

interface SuspectsProps {
  reference: string; // with its number
  pictures: boolean;
}

export function SuspectsSection({ reference, pictures }: SuspectsProps) {
  const models = useResource<Items<Repository>>("/models?limit=1000");
  const [picked, pick] = useState("");
  const [asked, ask] = useState<string | null>(null);
  const [all, showAll] = useState(false);
  const [labelling, label] = useState(false);
  const model = picked || (models.data?.items[0]?.name ?? "");
  const path = asked === null ? null : `/datasets/${segment(reference)}/suspects?model=${segment(asked)}`;
  const { data, error } = useResource<SuspectReport>(path);
  if (models.data !== undefined && models.data.items.length === 0) return null;
  const shown = data?.examples.slice(0, all ? undefined : SHOWN) ?? [];
  // A labelling is of one split: of the first that has any.
  const split = data?.splits.find((s) => s.suspects > 0)?.name;
  const rows = data?.examples.filter((s) => s.split === split).map((s) => s.row) ?? [];
  return (
    <Section title={say("suspects")} aside={<p>{say("suspectsHow")}</p>}>
      <div class="controls">
        <label>
          <span>{say("modelTitle")}</span>
          <select value={model} onChange={(e) => pick(e.currentTarget.value)}>
            {models.data?.items.map((m) => (
              <option key={m.name}>{m.name}</option>
            ))}
          </select>
        </label>
        <button type="button" disabled={model === ""} onClick={() => ask(model)}>
          {say("find")}
        </button>
        {rows.length > 0 && may("write") && (
          <button type="button" onClick={() => label(true)}>
            {say("labelThese", { n: whole(rows.length), split: split ?? "" })}
          </button>
        )}
      </div>
      {error && <Problem error={error} />}
      {asked !== null && !data && !error && <Loading rows={4} />}
      {data && (
        <>
          <p class="quiet number sum">
            {data.splits
              .map((s) => say("suspectsIn", { n: whole(s.suspects), rows: whole(s.rows), split: s.name }))
              .join(" · ")}
          </p>
          {pictures ? <Cards reference={reference} items={shown} /> : shown.length > 0 && <Rows items={shown} />}
          {!all && data.examples.length > SHOWN && (
            <button type="button" class="below" onClick={() => showAll(true)}>
              {say("showAllN", { n: whole(data.examples.length) })}
            </button>
          )}
        </>
      )}
      {labelling && split !== undefined && (
        <LabellingDialog
          start={{ dataset: reference, rows, split, name: `${nameOf(reference).replaceAll("/", "-")}-suspects` }}
          close={() => label(false)}
        />
      )}
    </Section>
  );
}
