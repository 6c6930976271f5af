// What changed between two versions of a data set, and the steps that made one of the other.
import { useState } from "preact/hooks";
import { segment } from "../../api/client";
import type { DatasetDiff } from "../../api/data_types";
import { useResource } from "../../api/resource";
import type { Column, Version } from "../../api/types";
import { link } from "../../app/router";
import { whole } from "../../lib/format";
import { say } from "../../words/words";
import { Facts, Ledger, Section } from "../layout";
import { Loading, Problem } from "../states";
import { RowPicture } from "./row_picture";

const SHOWN = 12;

function signed(n: number): string {
  return n === 0 ? "" : n > 0 ? `+${whole(n)}` : `−${whole(-n)}`;
}

// A recorded step in a line: "fill age with median".
export function stepText(step: Record<string, unknown>): string {
  const { step: kind, ...rest } = step;
  const fields = Object.entries(rest).map(([name, value]) => `${name}: ${plain(value)}`);
  return fields.length === 0 ? String(kind) : `${kind} · ${fields.join(", ")}`;
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (value !== null && typeof value === "object")
    return Object.entries(value)
      .map(([name, inner]) => `${name} → ${plain(inner)}`)
      .join(", ");
  return String(value);
}

function Counts({ diff }: { diff: DatasetDiff }) {
  const classes = diff.splits.flatMap((s) =>
    s.classes.filter((c) => c.before !== c.after).map((c) => ({ ...c, split: s.name })),
  );
  return (
    <Ledger label={say("changes")}>
      <thead>
        <tr>
          <th scope="col">{say("split")}</th>
          <th scope="col" class="n">
            {say("beforeIt")}
          </th>
          <th scope="col" class="n">
            {say("afterIt")}
          </th>
          <th scope="col" class="n">
            {say("difference")}
          </th>
        </tr>
      </thead>
      <tbody>
        {diff.splits.map((s) => (
          <tr key={s.name}>
            <th scope="row">{s.name}</th>
            <td class="n">{whole(s.before)}</td>
            <td class="n">{whole(s.after)}</td>
            <td class="n">{signed(s.after - s.before)}</td>
          </tr>
        ))}
        {classes.map((c) => (
          <tr key={`${c.split} ${c.name}`}>
            <th scope="row" class="inner">
              {c.split} · {c.name}
            </th>
            <td class="n">{whole(c.before)}</td>
            <td class="n">{whole(c.after)}</td>
            <td class="n">{signed(c.after - c.before)}</td>
          </tr>
        ))}
      </tbody>
    </Ledger>
  );
}

function Difference({ diff, pictures }: { diff: DatasetDiff; pictures: boolean }) {
  const { rows } = diff;
  const columns: [string, string[]][] = [
    [say("columnsAdded"), diff.added_columns],
    [say("columnsRemoved"), diff.removed_columns],
    [say("columnsChanged"), diff.changed_columns],
  ];
  return (
    <>
      <Facts
        items={[
          [say("rowsSame"), whole(rows.same)],
          [say("rowsAdded"), whole(rows.added)],
          [say("rowsRemoved"), whole(rows.removed)],
          [say("rowsChanged"), whole(rows.changed)],
          [say("rowsMoved"), whole(rows.moved)],
          ...columns
            .filter(([, names]) => names.length > 0)
            .map(([name, names]): [string, string] => [name, names.join(", ")]),
        ]}
      />
      <Counts diff={diff} />
      {diff.examples.length > 0 && (
        <ul class={pictures ? "picture-cards" : "plain-list"}>
          {diff.examples.slice(0, SHOWN).map((e) => {
            const at = e.after ?? e.before;
            const version = e.after === undefined ? diff.before : diff.after;
            return (
              <li key={`${e.what} ${at?.split} ${at?.row}`}>
                {pictures && at && <RowPicture reference={version.ref} place={at} />}
                <p>
                  {say(`did_${e.what}`)} <span class="quiet">{e.key ?? `${at?.split ?? ""} ${at?.row ?? ""}`}</span>
                </p>
                {e.columns && e.columns.length > 0 && <p class="quiet">{e.columns.join(", ")}</p>}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

interface ChangesProps {
  version: Version;
  versions: Version[];
  columns: Column[];
  pictures: boolean;
}

export function ChangesSection({ version, versions, columns, pictures }: ChangesProps) {
  const others = versions.filter((v) => v.ref !== version.ref);
  const made = version.details?.from?.ref;
  const before = made ?? others.find((v) => v.number === version.number - 1)?.ref ?? others[0]?.ref ?? "";
  const [picked, pick] = useState("");
  const [key, setKey] = useState("");
  // What a version was made from is what it is compared with, without being asked.
  const [asked, ask] = useState(made !== undefined);
  const from = picked || before;
  const query = `with=${segment(version.ref)}${key === "" ? "" : `&key=${segment(key)}`}`;
  const { data, error } = useResource<DatasetDiff>(
    asked && from !== "" ? `/datasets/${segment(from)}/compare?${query}` : null,
  );
  if (before === "") return null;
  const steps = version.details?.steps ?? [];
  const names = [...new Set([...(made === undefined ? [] : [made]), ...others.map((v) => v.ref)])];
  return (
    <Section title={say("changes")} aside={<p>{say("changesHow")}</p>}>
      {made !== undefined && (
        <p class="sum">
          {say("madeFrom")} <a href={link("data", made)}>{made}</a>
        </p>
      )}
      {steps.length > 0 && (
        <ol class="steps-done">
          {steps.map((step, i) => (
            <li key={`${i} ${stepText(step)}`}>
              <code>{stepText(step)}</code>
            </li>
          ))}
        </ol>
      )}
      <div class="controls">
        <label>
          <span>{say("comparedWith")}</span>
          <select value={from} onChange={(e) => pick(e.currentTarget.value)}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <span>{say("rowsAreTold")}</span>
          <select value={key} onChange={(e) => setKey(e.currentTarget.value)}>
            <option value="">{say("byContents")}</option>
            {columns
              .filter((c) => c.kind === "number" || c.kind === "text")
              .map((c) => (
                <option key={c.name}>{c.name}</option>
              ))}
          </select>
        </label>
        {!asked && (
          <button type="button" onClick={() => ask(true)}>
            {say("compare")}
          </button>
        )}
      </div>
      {error && <Problem error={error} />}
      {asked && !data && !error && <Loading rows={3} />}
      {data && <Difference diff={data} pictures={pictures} />}
    </Section>
  );
}
