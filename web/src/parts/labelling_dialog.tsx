// A labelling is made: which rows of a data set, what is asked about them, who answers how often, and who looks after.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { LABEL_TASKS, type LabelTask } from "../api/label_types";
import { useResource } from "../api/resource";
import type { Column, DatasetProfile, Items, Repository, ServiceInShort } from "../api/types";
import { go, link } from "../app/router";
import { say } from "../words/words";
import { Dialog } from "./dialog";
import { nameOf } from "./repositories";

function Field({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what stands in it
    <label>
      <span>{name}</span>
      {children}
    </label>
  );
}

const CHOICES = ["in_order", "random", "active"] as const;
const REVIEWS = ["none", "disagreements", "all"] as const;

function fits(column: Column, task: LabelTask): boolean {
  if (task === "boxes") return column.kind === "picture";
  if (task === "spans") return column.kind === "text" || column.kind === "class";
  return true;
}

export interface LabellingStart {
  dataset?: string;
  rows?: number[]; // exactly these
  split?: string;
  name?: string;
  service?: string;
}

export function LabellingDialog({ start = {}, close }: { start?: LabellingStart; close: () => void }) {
  const datasets = useResource<Items<Repository>>(start.dataset === undefined ? "/datasets?limit=1000" : null);
  const [picked, pick] = useState(start.dataset ?? "");
  const dataset = picked || (datasets.data?.items[0]?.name ?? "");
  const profile = useResource<DatasetProfile>(dataset === "" ? null : `/datasets/${segment(dataset)}/profile`);
  const services = useResource<Items<ServiceInShort>>("/services");
  const columns = profile.data?.dataset.columns ?? [];
  const splits = profile.data?.profile.splits.map((s) => s.name) ?? [];
  const labels = columns.find((c) => c.kind === "class");

  const [name, setName] = useState(start.name ?? "");
  const [task, setTask] = useState<LabelTask>("classification");
  const [split, setSplit] = useState(start.split ?? "");
  const [content, setContent] = useState("");
  const [count, setCount] = useState("200");
  const [where, setWhere] = useState("");
  const [classes, setClasses] = useState<string | null>(null);
  const [service, setService] = useState(start.service ?? "");
  const [choice, setChoice] = useState<(typeof CHOICES)[number]>("in_order");
  const [labellers, setLabellers] = useState("1");
  const [gold, setGold] = useState("0");
  const [review, setReview] = useState<(typeof REVIEWS)[number]>("none");
  const [instructions, setInstructions] = useState("");
  const classText = classes ?? (task === "classification" ? (labels?.classes ?? []).join(", ") : "");
  const given = classText
    .split(/[,\n，]/)
    .map((c) => c.trim())
    .filter((c) => c !== "");
  const wantsClasses = task !== "transcript";

  const rows =
    start.rows !== undefined
      ? { list: start.rows }
      : where.trim() !== ""
        ? { where: where.trim() }
        : { count: Number(count), seed: 1 };
  const make = async () => {
    await post("/labellings", {
      name,
      dataset,
      task,
      rows,
      labellers: Number(labellers),
      choice,
      review,
      ...(split === "" ? {} : { split }),
      ...(content === "" ? {} : { content }),
      ...(wantsClasses && given.length > 0 ? { classes: given } : {}),
      ...(Number(gold) > 0 ? { gold: { every: Number(gold) } } : {}),
      ...(service === "" ? {} : { prelabel: { service } }),
      ...(instructions.trim() === "" ? {} : { instructions: instructions.trim() }),
    });
    go(link("labels", name));
  };
  return (
    <Dialog
      title={start.dataset === undefined ? say("newLabelling") : say("newLabellingOf", { name: nameOf(start.dataset) })}
      confirm={say("makeLabelling")}
      wide
      ready={name !== "" && dataset !== "" && (!wantsClasses || given.length > 0)}
      act={make}
      close={close}
    >
      <div class="field-row">
        <Field name={say("name")}>
          <input type="text" autocomplete="off" value={name} onInput={(e) => setName(e.currentTarget.value)} />
        </Field>
        <Field name={say("task")}>
          <select value={task} onChange={(e) => setTask(e.currentTarget.value as LabelTask)}>
            {LABEL_TASKS.map((t) => (
              <option key={t} value={t}>
                {say(`task_${t}`)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {start.dataset === undefined && (
        <Field name={say("datasetTitle")}>
          <select value={dataset} onChange={(e) => pick(e.currentTarget.value)}>
            {datasets.data?.items.map((d) => (
              <option key={d.name}>{d.name}</option>
            ))}
          </select>
        </Field>
      )}
      {wantsClasses && (
        <Field name={say("classesComma")}>
          <textarea rows={2} value={classText} onInput={(e) => setClasses(e.currentTarget.value)} />
        </Field>
      )}
      <fieldset>
        <legend>{say("which")}</legend>
        <div class="field-row three">
          <Field name={say("split")}>
            <select value={split} onChange={(e) => setSplit(e.currentTarget.value)}>
              <option value="">{say("firstSplit")}</option>
              {splits.map((s) => (
                <option key={s}>{s}</option>
              ))}
            </select>
          </Field>
          <Field name={say("shownColumn")}>
            <select value={content} onChange={(e) => setContent(e.currentTarget.value)}>
              <option value="">{say("byItself")}</option>
              {columns
                .filter((c) => fits(c, task))
                .map((c) => (
                  <option key={c.name}>{c.name}</option>
                ))}
            </select>
          </Field>
          {start.rows === undefined ? (
            <Field name={say("howMany")}>
              <input
                type="number"
                min={1}
                value={count}
                disabled={where.trim() !== ""}
                onInput={(e) => setCount(e.currentTarget.value)}
              />
            </Field>
          ) : (
            <p class="quiet">{say("theseRows", { n: start.rows.length })}</p>
          )}
        </div>
        {start.rows === undefined && (
          <Field name={say("orWhere")}>
            <input
              type="text"
              autocomplete="off"
              placeholder={say("whereExample")}
              value={where}
              onInput={(e) => setWhere(e.currentTarget.value)}
            />
          </Field>
        )}
      </fieldset>
      <fieldset>
        <legend>{say("howAsked")}</legend>
        <div class="field-row">
          <Field name={say("prelabelsFrom")}>
            <select value={service} onChange={(e) => setService(e.currentTarget.value)}>
              <option value="">{say("nobody")}</option>
              {services.data?.items.map((s) => (
                <option key={s.name}>{s.name}</option>
              ))}
            </select>
          </Field>
          <Field name={say("order")}>
            <select value={choice} onChange={(e) => setChoice(e.currentTarget.value as (typeof CHOICES)[number])}>
              {CHOICES.map((c) => (
                <option key={c} value={c} disabled={c === "active" && service === ""}>
                  {say(`choice_${c}`)}
                </option>
              ))}
            </select>
          </Field>
        </div>
        <div class="field-row three">
          <Field name={say("labellersEach")}>
            <select value={labellers} onChange={(e) => setLabellers(e.currentTarget.value)}>
              {["1", "2", "3", "4", "5"].map((n) => (
                <option key={n}>{n}</option>
              ))}
            </select>
          </Field>
          <Field name={say("goldEvery")}>
            <select value={gold} onChange={(e) => setGold(e.currentTarget.value)}>
              <option value="0">{say("never")}</option>
              {["5", "10", "20", "50"].map((n) => (
                <option key={n} value={n}>
                  {say("everyNth", { n })}
                </option>
              ))}
            </select>
          </Field>
          <Field name={say("review")}>
            <select value={review} onChange={(e) => setReview(e.currentTarget.value as (typeof REVIEWS)[number])}>
              {REVIEWS.map((r) => (
                <option key={r} value={r}>
                  {say(`review_${r}`)}
                </option>
              ))}
            </select>
          </Field>
        </div>
        <Field name={say("instructions")}>
          <input
            type="text"
            autocomplete="off"
            value={instructions}
            onInput={(e) => setInstructions(e.currentTarget.value)}
          />
        </Field>
      </fieldset>
    </Dialog>
  );
}
