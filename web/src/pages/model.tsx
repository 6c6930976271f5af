// A version of a model: its card, how good it is and where it fails, what it takes and gives, its files and versions.
import { useEffect, useState } from "preact/hooks";
import { api, segment, send } from "../api/client";
import { useResource } from "../api/resource";
import type { Items, Service, Signature, Version } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { ago, bytes, figure, moment, share, shortId } from "../lib/format";
import { Confusion, Interval } from "../parts/confusion";
import { GrainMark } from "../parts/grain";
import { Facts, Head, Ledger, Section } from "../parts/layout";
import { LineageSection } from "../parts/lineage";
import { Markdown } from "../parts/markdown";
import { FileTable, nameOf, VersionTable } from "../parts/repositories";
import { DeployDialog } from "../parts/service_dialogs";
import { Command, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

const LARGEST_TEXT = 1 << 20;

// A small text of the version's files; "" while it is not there.
function useFile(version: Version | undefined, path: string): string {
  const [text, setText] = useState("");
  const file = version?.manifest?.files.find((f) => f.path === path);
  const digest = file && file.size <= LARGEST_TEXT ? file.sha256 : "";
  useEffect(() => {
    setText("");
    if (digest === "") return;
    const stop = new AbortController();
    send("GET", api(`/blobs/${digest}`), undefined, stop.signal)
      .then((response) => response.text())
      .then(setText)
      .catch(() => {});
    return () => stop.abort();
  }, [digest]);
  return text;
}

function parseSignature(text: string): Signature | null {
  try {
    return JSON.parse(text) as Signature;
  } catch {
    return null;
  }
}

function Quality({ version }: { version: Version }) {
  const figures = version.details.figures;
  if (figures === undefined) return null;
  const { accuracy, accuracy_low: low, accuracy_high: high, ...rest } = figures;
  return (
    <Section title={say("quality")} aside={<p>{say("qualityHow", { data: version.details.dataset ?? "" })}</p>}>
      {accuracy !== undefined && (
        <div class="headline">
          <p class="big number">{share(accuracy, 2)}</p>
          <div>
            <p>{say("accuracy")}</p>
            <Interval value={accuracy} low={low} high={high} />
            {low !== undefined && high !== undefined && (
              <p class="quiet number">{say("interval", { low: share(low, 2), high: share(high, 2) })}</p>
            )}
          </div>
        </div>
      )}
      <Facts items={Object.entries(rest).map(([name, value]) => [name.replaceAll("_", " "), figure(value)])} />
    </Section>
  );
}

function Interface({ signature }: { signature: Signature }) {
  const rows = [
    ...signature.inputs.map((t) => ({ ...t, way: say("input") })),
    ...signature.outputs.map((t) => ({ ...t, way: say("output") })),
  ];
  return (
    <Section title={say("signature")} aside={<p>{signature.task.replaceAll("_", " ")}</p>}>
      <Ledger label={say("signature")}>
        <thead>
          <tr>
            <th scope="col">{say("name")}</th>
            <th scope="col">{say("direction")}</th>
            <th scope="col">{say("type")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.way + row.name}>
              <th scope="row">{row.name}</th>
              <td>{row.way}</td>
              <td>
                <code>{`${row.dtype}[${["N", ...row.shape].join("×")}]`}</code>
                {row.activation && <span class="quiet"> {row.activation}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

// The services that answer with any version of this model.
function Served({ name }: { name: string }) {
  const { data } = useResource<Items<Service>>("/services", 5000, ["service"]);
  const mine = data?.items.filter((s) => nameOf(s.current?.model ?? s.model) === name) ?? [];
  if (mine.length === 0) return null;
  return (
    <Section title={say("servedBy")}>
      <ul class="plain-list">
        {mine.map((s) => (
          <li key={s.name}>
            <GrainMark state={s.ready ? "done" : "failed"} alone />
            <a href={link("services", s.name)}>{s.name}</a>
            <span class="quiet">{s.current?.model}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function ModelPage({ reference }: { reference: string }) {
  const [deploying, deploy] = useState(false);
  const name = nameOf(reference);
  const { data: version, error, reload } = useResource<Version>(`/models/${segment(reference)}`);
  const versions = useResource<Items<Version>>(`/models/${segment(name)}/versions`, 10000, ["model"]);
  const card = useFile(version, "README.md");
  const signature = parseSignature(useFile(version, "signature.json"));
  const action = version && may("write") && (
    <button type="button" class="primary" onClick={() => deploy(true)}>
      {say("deploy")}
    </button>
  );
  return (
    <>
      <Head
        title={name}
        path={[["#/models", say("models")]]}
        {...(version
          ? {
              under: (
                <>
                  {version.ref} · <code>{shortId(version.id)}</code>
                </>
              ),
            }
          : {})}
        {...(action ? { actions: action } : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!version && !error && <Loading rows={8} />}
      {version && (
        <>
          <Facts
            items={[
              [
                say("trainedOn"),
                version.details.dataset ? (
                  <a key="d" href={link("data", version.details.dataset)}>
                    {version.details.dataset}
                  </a>
                ) : (
                  "–"
                ),
              ],
              [
                say("madeBy"),
                version.details.run ? (
                  <a key="r" href={link("runs", version.details.run)}>
                    {version.details.run}
                  </a>
                ) : (
                  version.created_by
                ),
              ],
              [say("size"), bytes(version.bytes)],
              [
                say("made"),
                <time key="t" title={moment(version.created_ms)}>
                  {ago(version.created_ms)}
                </time>,
              ],
            ]}
          />
          <Quality version={version} />
          {version.details.confusion && (
            <Section title={say("confusion")} aside={<p>{say("confusionHow")}</p>}>
              <Confusion matrix={version.details.confusion} classes={signature?.classes ?? []} />
            </Section>
          )}
          <LineageSection kind="model" reference={version.ref} />
          <Served name={name} />
          {card !== "" && (
            <Section title={say("card")}>
              <Markdown text={card} />
            </Section>
          )}
          {signature && <Interface signature={signature} />}
          {versions.data && (
            <Section title={say("versions")}>
              <VersionTable items={versions.data.items} shown={version.ref} section="models" />
            </Section>
          )}
          {version.manifest && (
            <Section title={say("files")}>
              <FileTable files={version.manifest.files} />
              <Command text={`sinter model pull ${version.ref} FOLDER`} />
            </Section>
          )}
        </>
      )}
      {deploying && version && <DeployDialog model={version.ref} close={() => deploy(false)} />}
    </>
  );
}
