// Requests that were hard for a service, kept with its owner's consent: to be looked at, and to be labelled.
import { useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Service } from "../api/types";
import { go, link } from "../app/router";
import { may, session } from "../app/session";
import { useFeature } from "../lib/features";
import { figure, share, whole } from "../lib/format";
import { pictureSize } from "../lib/pixels";
import { useSignal } from "../lib/signal";
import { say } from "../words/words";
import { Dialog } from "./dialog";
import { Ledger, Section } from "./layout";
import { Picture } from "./picture";

interface CaseInput {
  name: string;
  shape: number[];
  data: (number | string | null)[]; // null: missing
}

interface HardCase {
  number: number;
  at_ms: number;
  revision: string;
  why: string;
  class: number;
  class_name: string;
  confidence: number;
  inputs: CaseInput[];
}

// How far kept cases are on their way back as a model.
interface Round {
  phase: "over" | "opening" | "labelling" | "training" | "rolling out";
  rows: number;
  labelling: string;
  job: string;
  message: string;
}

interface Cases {
  kept: number;
  consent: boolean;
  loop?: { round: Round | null } | null; // what they become by themselves
  items: HardCase[];
}

const SHOWN = 24;
const ROWS_SHOWN = 8; // of a table: each takes several lines
const LIVE_MS = 5000;

// Of the first input that is a picture. A request's shape has the rows first.
function pictureOf(one: HardCase) {
  for (const { shape, data } of one.inputs) {
    const size = pictureSize(shape.length > 2 ? shape.slice(1) : shape);
    if (size) return { size, data: data as number[] };
  }
  return null;
}

const CELL_NUMBERS = 8; // of an input that has many

function cell(input: CaseInput): string {
  const shown = input.data
    .slice(0, CELL_NUMBERS)
    .map((v) => (v === null ? "–" : typeof v === "number" ? figure(v) : v));
  return shown.join(" ");
}

function Cards({ items }: { items: HardCase[] }) {
  return (
    <ul class="picture-cards">
      {items.map((one) => {
        const picture = pictureOf(one);
        return (
          <li key={one.number}>
            {picture && <Picture data={picture.data} size={picture.size} />}
            <p>
              <strong>{one.class_name || "–"}</strong>
            </p>
            <p class="quiet number">
              {share(one.confidence, 0)} · {one.why}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

const PHASES = {
  over: "roundOver",
  opening: "roundOpening",
  labelling: "roundLabelling",
  training: "roundTraining",
  "rolling out": "roundRollingOut",
} as const;

function RoundNote({ round }: { round: Round }) {
  return (
    <p class="quiet">
      {say(PHASES[round.phase], { n: whole(round.rows), why: round.message })}{" "}
      {round.phase === "labelling" && <a href={link("labels", round.labelling)}>{round.labelling}</a>}
      {round.phase === "training" && round.job !== "" && <a href={link("jobs", round.job)}>{round.job}</a>}
    </p>
  );
}

// The only one needs no name; a row of a table is its cells.
function Inputs({ inputs }: { inputs: CaseInput[] }) {
  const only = inputs[0];
  if (inputs.length === 1 && only) return <code>{cell(only)}</code>;
  return (
    <span class="cells">
      {inputs.map((input) => (
        <span key={input.name}>
          <span class="quiet">{input.name}</span> <code>{cell(input)}</code>
        </span>
      ))}
    </span>
  );
}

function Rows({ items }: { items: HardCase[] }) {
  const [all, showAll] = useState(false);
  const shown = all ? items : items.slice(0, ROWS_SHOWN);
  return (
    <>
      <Ledger label={say("cases")}>
        <thead>
          <tr>
            <th scope="col">{say("input")}</th>
            <th scope="col">{say("modelSays")}</th>
            <th scope="col" class="n">
              {say("confidence")}
            </th>
            <th scope="col">{say("why")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={one.number}>
              <th scope="row">
                <Inputs inputs={one.inputs} />
              </th>
              <td>{one.class_name || "–"}</td>
              <td class="n">{share(one.confidence, 0)}</td>
              <td>{one.why}</td>
            </tr>
          ))}
        </tbody>
      </Ledger>
      {shown.length < items.length && (
        <button type="button" class="below" onClick={() => showAll(true)}>
          {say("showAllN", { n: whole(items.length) })}
        </button>
      )}
    </>
  );
}

interface LabelDialogProps {
  service: string;
  kept: number;
  labels: boolean; // the server makes a labelling of them; else only a data set
  close: () => void;
}

function LabelDialog({ service, kept, labels, close }: LabelDialogProps) {
  const [name, setName] = useState(`${service}-cases`);
  const path = `/services/${segment(service)}/cases`;
  const act = async () => {
    if (labels) {
      await post(`${path}/label`, { name });
      go(link("labels", name));
      return;
    }
    const made = await post<{ dataset: string }>(`${path}/export`, { dataset: name });
    go(link("data", made.dataset));
  };
  return (
    <Dialog
      title={say(labels ? "casesAsk" : "casesAskData", { n: whole(kept) })}
      confirm={say("makeLabelling")}
      ready={name !== ""}
      act={act}
      close={close}
    >
      <p>{say(labels ? "casesWhat" : "casesWhatData")}</p>
      <label>
        <span>{say("name")}</span>
        <input type="text" autocomplete="off" value={name} onInput={(e) => setName(e.currentTarget.value)} />
      </label>
    </Dialog>
  );
}

export function CasesSection({ service }: { service: Service }) {
  useSignal(session);
  const [asking, ask] = useState(false);
  const labels = useFeature("/services/{name}/cases/label");
  // They are users' data: only who signed in sees them.
  const path = may("read") ? `/services/${segment(service.name)}/cases?limit=${SHOWN}` : null;
  const { data } = useResource<Cases>(path, LIVE_MS);
  if (data === undefined) return null;
  const pictures = data.items.some((one) => pictureOf(one) !== null);
  return (
    <Section title={say("cases")} aside={<p>{say("casesHow")}</p>}>
      {!data.consent && <p class="quiet">{say("casesOff")}</p>}
      {data.consent && data.kept === 0 && <p class="quiet">{say("casesNone")}</p>}
      {data.loop?.round && <RoundNote round={data.loop.round} />}
      {data.kept > 0 && (
        <>
          <div class="controls">
            <p class="number">{say("casesKept", { n: whole(data.kept) })}</p>
            {labels !== null && may("write") && (
              <button type="button" onClick={() => ask(true)}>
                {say(labels ? "labelCases" : "casesExport")}
              </button>
            )}
          </div>
          {pictures ? <Cards items={data.items} /> : <Rows items={data.items} />}
        </>
      )}
      {asking && (
        <LabelDialog service={service.name} kept={data.kept} labels={labels === true} close={() => ask(false)} />
      )}
    </Section>
  );
}
