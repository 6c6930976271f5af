// A data set is cleaned: steps in a list, what each would touch, and the version that they make.
import { useState } from "preact/hooks";
import { ApiError, post, segment } from "../api/client";
import type { CleanAnswer, StepReport } from "../api/data_types";
import { useResource } from "../api/resource";
import type { Column, DatasetProfile } from "../api/types";
import { go, link } from "../app/router";
import { isComplete, moved, newStep, STEP_KINDS, type Step, type StepKind, toYaml } from "../lib/clean_steps";
import { whole } from "../lib/format";
import { StepFields } from "../parts/data/step_fields";
import { Dialog } from "../parts/dialog";
import { Head, Section } from "../parts/layout";
import { nameOf } from "../parts/repositories";
import { Loading, Problem } from "../parts/states";
import { say } from "../words/words";

function Report({ report }: { report: StepReport }) {
  const left = report.rows - report.left;
  return (
    <div class="step-report">
      <p class="number">
        {say("touches", { n: whole(report.touched), rows: whole(report.rows) })}
        {left > 0 && ` · ${say("leavesRows", { n: whole(report.left) })}`}
        {report.note !== "" && ` · ${report.note}`}
      </p>
      {report.examples.length > 0 && (
        <ul>
          {report.examples.map((e) => (
            <li key={`${e.split} ${e.row}`}>
              <span class="quiet number">
                {e.split} {e.row}
              </span>
              <span class="quiet">{e.before}</span>
              <span aria-hidden="true">→</span>
              <span>{e.after}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface StepCardProps {
  step: Step;
  at: number;
  of: number;
  columns: Column[];
  report: StepReport | undefined;
  change: (changes: Partial<Step>) => void;
  move: (to: number) => void;
  remove: () => void;
}

function StepCard({ step, at, of, columns, report, change, move, remove }: StepCardProps) {
  return (
    <li class="step-card">
      <div class="step-head">
        <h3>
          <span class="quiet number">{at + 1}</span> {say(`step_${step.kind}`)}
        </h3>
        <button
          type="button"
          class="plain"
          disabled={at === 0}
          onClick={() => move(at - 1)}
          aria-label={say("earlier")}
        >
          <span aria-hidden="true">↑</span>
        </button>
        <button
          type="button"
          class="plain"
          disabled={at === of - 1}
          onClick={() => move(at + 1)}
          aria-label={say("later")}
        >
          <span aria-hidden="true">↓</span>
        </button>
        <button type="button" class="plain" onClick={remove}>
          {say("removeMark")}
        </button>
      </div>
      <div class="step-fields">
        <StepFields step={step} columns={columns} change={change} />
      </div>
      {report && <Report report={report} />}
    </li>
  );
}

function ApplyDialog({ reference, yaml, close }: { reference: string; yaml: string; close: () => void }) {
  const [name, setName] = useState(nameOf(reference));
  return (
    <Dialog
      title={say("applyAsk")}
      confirm={say("apply")}
      ready={name !== ""}
      act={async () => {
        const answer = await post<CleanAnswer>(`/datasets/${segment(name)}/clean`, {
          from: reference,
          steps: yaml,
          apply: true,
        });
        go(link("data", answer.version?.ref ?? name));
      }}
      close={close}
    >
      <p>{say("applyWhat")}</p>
      <label>
        <span>{say("applyTo")}</span>
        <input type="text" autocomplete="off" value={name} onInput={(e) => setName(e.currentTarget.value)} />
      </label>
    </Dialog>
  );
}

let ids = 0;

function Editor({ reference, profile }: { reference: string; profile: DatasetProfile }) {
  const { columns } = profile.dataset;
  const [steps, setSteps] = useState<Step[]>([]);
  const [shown, show] = useState<{ yaml: string; answer: CleanAnswer } | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [applying, apply] = useState(false);
  const complete = steps.length > 0 && steps.every(isComplete);
  const yaml = toYaml(steps);
  const current = shown?.yaml === yaml ? shown.answer : null;
  // What a fill is for first; then any column.
  const gaps = profile.profile.splits[0]?.columns.find((c) => (c.missing ?? 0) > 0)?.name;
  const label = columns.find((c) => c.kind === "class")?.name;
  const add = (kind: StepKind) => {
    const column = (kind === "fill" ? gaps : kind === "relabel" ? label : undefined) ?? columns[0]?.name ?? "";
    setSteps([...steps, newStep(++ids, kind, column)]);
  };
  const preview = async () => {
    setBusy(true);
    setError(null);
    try {
      const answer = await post<CleanAnswer>(`/datasets/${segment(nameOf(reference))}/clean`, {
        from: reference,
        steps: yaml,
      });
      show({ yaml, answer });
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "", say("away"), ""));
    }
    setBusy(false);
  };
  return (
    <>
      <Section title={say("stepsTitle")} aside={<p>{say("stepsHow")}</p>}>
        {steps.length > 0 && (
          <ol class="step-list">
            {steps.map((step, i) => (
              <StepCard
                key={step.id}
                step={step}
                at={i}
                of={steps.length}
                columns={columns}
                report={current?.steps[i]}
                change={(changes) => setSteps(steps.map((s) => (s.id === step.id ? { ...s, ...changes } : s)))}
                move={(to) => setSteps(moved(steps, i, to))}
                remove={() => setSteps(steps.filter((s) => s.id !== step.id))}
              />
            ))}
          </ol>
        )}
        <fieldset class="add-step">
          <legend>{say("addStep")}</legend>
          {STEP_KINDS.map((kind) => (
            <button key={kind} type="button" onClick={() => add(kind)} title={say(`stepWhat_${kind}`)}>
              {say(`step_${kind}`)}
            </button>
          ))}
        </fieldset>
      </Section>
      {steps.length > 0 && (
        <Section title={say("preview")} aside={<p>{say("previewHow")}</p>}>
          {error && <Problem error={error} />}
          <div class="controls">
            <button type="button" disabled={!complete || busy} onClick={preview}>
              {busy ? say("working") : say("preview")}
            </button>
            <button type="button" class="primary" disabled={current === null} onClick={() => apply(true)}>
              {say("apply")}
            </button>
          </div>
          {current && (
            <p class="number sum">
              {say("wouldLeave", {
                rows: whole(current.steps.at(-1)?.left ?? 0),
                of: whole(current.steps[0]?.rows ?? 0),
              })}
            </p>
          )}
          <details>
            <summary>{say("asText")}</summary>
            <pre class="text-block">{yaml}</pre>
          </details>
        </Section>
      )}
      {applying && <ApplyDialog reference={reference} yaml={yaml} close={() => apply(false)} />}
    </>
  );
}

export function CleanPage({ reference }: { reference: string }) {
  const { data, error, reload } = useResource<DatasetProfile>(`/datasets/${segment(reference)}/profile`);
  return (
    <>
      <Head
        title={say("cleanName", { name: data?.version.ref ?? reference })}
        path={[
          ["#/data", say("data")],
          [link("data", reference), reference],
        ]}
        under={say("cleanUnder")}
      />
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && <Loading rows={6} />}
      {data && <Editor reference={data.version.ref} profile={data} />}
    </>
  );
}
