// A version of a data set: its pictures, what is in it, what is odd about it, and its other versions.
import { useState } from "preact/hooks";
import { api, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { ColumnProfile, DatasetProfile, Items, SplitProfile, Version } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { ago, bytes, moment, shortId, whole } from "../lib/format";
import { ChangesSection } from "../parts/data/changes";
import { ColumnsSection } from "../parts/data/columns";
import { PairsSection } from "../parts/data/pairs";
import { SuspectsSection } from "../parts/data/suspects";
import { Facts, Head, Ledger, Section } from "../parts/layout";
import { LineageSection } from "../parts/lineage";
import { FileTable, nameOf, VersionTable } from "../parts/repositories";
import { Command, Loading, Problem } from "../parts/states";
import { say } from "../words/words";
import { LabellingDialog } from "./lazy_pages";

const PER_CLASS = 12;

function Pictures({ reference, profile }: { reference: string; profile: DatasetProfile }) {
  const splits = profile.profile.splits;
  const [split, setSplit] = useState(splits[0]?.name ?? "");
  const [only, setOnly] = useState(-1);
  const [seed, setSeed] = useState(1);
  const classes = splits.find((s) => s.name === split)?.classes ?? [];
  const rows = only < 0 ? Math.max(1, classes.length) : 1;
  const query = `split=${segment(split)}&per_class=${only < 0 ? PER_CLASS : 4 * PER_CLASS}&class=${only}&seed=${seed}`;
  const name = only < 0 ? say("everyClass") : (classes[only]?.name ?? "");
  return (
    <Section title={say("pictures")} aside={<p>{say("picturesHow")}</p>}>
      <div class="controls">
        <label>
          <span>{say("split")}</span>
          <select value={split} onChange={(e) => setSplit(e.currentTarget.value)}>
            {splits.map((s) => (
              <option key={s.name}>{s.name}</option>
            ))}
          </select>
        </label>
        {classes.length > 0 && (
          <label>
            <span>{say("class")}</span>
            <select value={only} onChange={(e) => setOnly(Number(e.currentTarget.value))}>
              <option value={-1}>{say("everyClass")}</option>
              {classes.map((c, i) => (
                <option key={c.name} value={i}>
                  {c.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <button type="button" onClick={() => setSeed(seed + 1)}>
          {say("others")}
        </button>
      </div>
      <div class={only < 0 ? "grid-frame with-names" : "grid-frame"}>
        {only < 0 && (
          <ol class="row-names" style={{ gridTemplateRows: `repeat(${rows}, 1fr)` }}>
            {classes.map((c) => (
              <li key={c.name}>{c.name}</li>
            ))}
          </ol>
        )}
        <img
          class="sample-grid"
          src={api(`/datasets/${segment(reference)}/samples?${query}`)}
          alt={say("picturesOf", { name, split })}
        />
      </div>
    </Section>
  );
}

function Classes({ splits }: { splits: SplitProfile[] }) {
  const names = splits[0]?.classes?.map((c) => c.name) ?? [];
  if (names.length === 0) return null;
  const most = Math.max(1e-9, ...splits.flatMap((s) => s.classes?.map((c) => c.rows / Math.max(1, s.rows)) ?? []));
  return (
    <Section title={say("classes")} aside={<p>{say("classesHow")}</p>}>
      <Ledger label={say("classes")}>
        <thead>
          <tr>
            <th scope="col">{say("class")}</th>
            {splits.map((s) => (
              <th scope="col" key={s.name}>
                {s.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, i) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {splits.map((s) => {
                const rows = s.classes?.[i]?.rows ?? 0;
                return (
                  <td key={s.name}>
                    <span class="bar-cell">
                      <i style={{ width: `${(100 * rows) / Math.max(1, s.rows) / most}%` }} />
                      <b>{whole(rows)}</b>
                    </span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

const personalOf = (c: ColumnProfile) => Object.values(c.personal ?? {}).reduce((a, b) => a + b, 0);

function Oddities({ splits }: { splits: SplitProfile[] }) {
  const rows: [string, (s: SplitProfile) => number][] = [
    [say("duplicates"), (s) => s.duplicates],
    [say("contradictions"), (s) => s.contradictions],
    [say("inEarlier"), (s) => s.in_earlier_splits],
    [say("nearDuplicates"), (s) => s.near_duplicates],
    [say("nearInEarlier"), (s) => s.near_in_earlier_splits],
    [say("missing"), (s) => s.columns.reduce((sum, c) => sum + (c.missing ?? 0), 0)],
    [say("personal"), (s) => s.columns.reduce((sum, c) => sum + personalOf(c), 0)],
    [say("notFinite"), (s) => s.columns.reduce((sum, c) => sum + (c.not_finite ?? 0), 0)],
  ];
  return (
    <Section title={say("oddities")} aside={<p>{say("odditiesHow")}</p>}>
      <Ledger label={say("oddities")}>
        <thead>
          <tr>
            <th scope="col">{say("what")}</th>
            {splits.map((s) => (
              <th scope="col" key={s.name}>
                {s.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {splits.map((s) => (
                <td key={s.name} class={value(s) > 0 ? "n notable" : "n"}>
                  {whole(value(s))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

export function DatasetPage({ reference }: { reference: string }) {
  const path = segment(reference);
  const version = useResource<Version>(`/datasets/${path}`);
  const versions = useResource<Items<Version>>(`/datasets/${segment(nameOf(reference))}/versions`, 10000, ["dataset"]);
  const profile = useResource<DatasetProfile>(version.data ? `/datasets/${path}/profile` : null);
  const shown = version.data;
  const splits = profile.data?.profile.splits ?? [];
  const pictures = profile.data?.dataset.columns.some((c) => c.kind === "picture") === true;
  const labelled = profile.data?.dataset.columns.some((c) => c.kind === "class") === true;
  const [labelling, label] = useState(false);
  const actions = shown && may("write") && (
    <>
      <a class="button" href={link("data", reference, "clean")}>
        {say("clean")}
      </a>
      <button type="button" onClick={() => label(true)}>
        {say("toLabel")}
      </button>
    </>
  );
  return (
    <>
      <Head
        title={nameOf(reference)}
        path={[["#/data", say("data")]]}
        {...(actions ? { actions } : {})}
        under={
          shown && (
            <>
              {shown.ref} · <code>{shortId(shown.id)}</code>
            </>
          )
        }
      />
      {version.error && <Problem error={version.error} retry={version.reload} />}
      {shown && (
        <Facts
          items={[
            [say("rows"), splits.length > 0 ? splits.map((s) => `${whole(s.rows)} ${s.name}`).join(" · ") : "…"],
            [say("size"), bytes(shown.bytes)],
            [
              say("made"),
              <time key="t" title={moment(shown.created_ms)}>
                {ago(shown.created_ms)}
              </time>,
            ],
            [say("by"), shown.created_by],
          ]}
        />
      )}
      {profile.error && <Problem error={profile.error} retry={profile.reload} />}
      {!profile.data && !profile.error && !version.error && <Loading rows={8} />}
      {profile.data && (
        <>
          {pictures && <Pictures reference={reference} profile={profile.data} />}
          <Classes splits={splits} />
          <Oddities splits={splits} />
          <PairsSection
            reference={profile.data.version.ref}
            exact={profile.data.profile.duplicate_examples ?? []}
            near={profile.data.profile.near_examples ?? []}
            method={profile.data.profile.near_method ?? ""}
            pictures={pictures}
          />
          <ColumnsSection splits={splits} />
          {labelled && <SuspectsSection reference={profile.data.version.ref} pictures={pictures} />}
          {versions.data && (
            <ChangesSection
              version={profile.data.version}
              versions={versions.data.items}
              columns={profile.data.dataset.columns}
              pictures={pictures}
            />
          )}
        </>
      )}
      {shown && <LineageSection kind="dataset" reference={shown.ref} />}
      {versions.data && (
        <Section title={say("versions")} aside={<p>{say("versionsHow")}</p>}>
          <VersionTable items={versions.data.items} shown={shown?.ref ?? ""} section="data" />
        </Section>
      )}
      {shown?.manifest && (
        <Section title={say("files")}>
          <FileTable files={shown.manifest.files} />
          <Command text={`sinter data show ${shown.ref}`} />
        </Section>
      )}
      {labelling && shown && <LabellingDialog start={{ dataset: shown.ref }} close={() => label(false)} />}
    </>
  );
}
