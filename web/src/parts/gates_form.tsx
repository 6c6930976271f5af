// What the next rollouts of a service must pass: shown with every value, and edited in a form with the defaults.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Gates, Items, Repository, Service } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { figure, share, whole } from "../lib/format";
import {
  formOf,
  GATE_FIELDS,
  type GateField,
  type GateForm,
  type GatesJson,
  gatesOf,
  notANumber,
  presetBake,
} from "../lib/gate_fields";
import { say } from "../words/words";
import { Dialog } from "./dialog";
import { Facts, Section } from "./layout";

interface GroupProps {
  name: string;
  how: string;
  children: ComponentChildren;
}

function Group({ name, how, children }: GroupProps) {
  return (
    <fieldset>
      <legend>{name}</legend>
      <p class="quiet how">{how}</p>
      <div class="field-row three">{children}</div>
    </fieldset>
  );
}

interface NumbersProps {
  group: GateField["group"];
  form: GateForm;
  change: (form: GateForm) => void;
}

function Numbers({ group, form, change }: NumbersProps) {
  return (
    <>
      {GATE_FIELDS.filter((f) => f.group === group).map((f) => {
        const key = `${f.group}.${f.field}`;
        return (
          <label key={key}>
            <span>{say(`gate_${f.field as "samples"}`)}</span>
            <input
              type="text"
              inputMode="decimal"
              autocomplete="off"
              placeholder={figure(f.preset)}
              value={form.texts[key] ?? ""}
              onInput={(e) => change({ ...form, texts: { ...form.texts, [key]: e.currentTarget.value } })}
            />
          </label>
        );
      })}
    </>
  );
}

export function GatesDialog({ service, done, close }: { service: Service; done: () => void; close: () => void }) {
  const before = service.gates as unknown as GatesJson;
  const [form, change] = useState<GateForm>(formOf(before));
  const datasets = useResource<Items<Repository>>("/datasets?limit=1000");
  const names = [
    ...new Set([...(form.golden === "" ? [] : [form.golden]), ...(datasets.data?.items ?? []).map((d) => d.name)]),
  ];
  const wrong = notANumber(form);
  return (
    <Dialog
      title={say("gatesAsk", { name: service.name })}
      confirm={say("saveNext")}
      wide
      ready={wrong === ""}
      act={async () => {
        await post(`/services/${segment(service.name)}/gates`, gatesOf(form, before));
        done();
      }}
      close={close}
    >
      <p class="quiet">{say("gatesEmpty")}</p>
      <Group name={say("stage_golden")} how={say("gateHow_golden")}>
        <label>
          <span>{say("datasetTitle")}</span>
          <select value={form.golden} onChange={(e) => change({ ...form, golden: e.currentTarget.value })}>
            <option value="">{say("none")}</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {form.golden !== "" && (
          <>
            <label>
              <span>{say("split")}</span>
              <input
                type="text"
                autocomplete="off"
                value={form.split}
                onInput={(e) => change({ ...form, split: e.currentTarget.value })}
              />
            </label>
            <Numbers group="golden" form={form} change={change} />
          </>
        )}
      </Group>
      <Group name={say("stage_shadow")} how={say("gateHow_shadow")}>
        <Numbers group="shadow" form={form} change={change} />
      </Group>
      <Group name={say("budget")} how={say("gateHow_budget")}>
        <Numbers group="budget" form={form} change={change} />
      </Group>
      <Group name={say("rollout")} how={say("gateHow_rollout")}>
        <label>
          <span>{say("strategy")}</span>
          <select
            value={form.strategy}
            onChange={(e) => change({ ...form, strategy: e.currentTarget.value as GateForm["strategy"] })}
          >
            <option value="blue-green">{say("strategy_blue")}</option>
            <option value="canary">{say("strategy_canary")}</option>
          </select>
        </label>
        {form.strategy === "canary" && (
          <label>
            <span>{say("shares")}</span>
            <input
              type="text"
              autocomplete="off"
              value={form.shares}
              onInput={(e) => change({ ...form, shares: e.currentTarget.value })}
            />
          </label>
        )}
        <label>
          <span>{say("bakeSeconds")}</span>
          <input
            type="text"
            inputMode="decimal"
            autocomplete="off"
            placeholder={whole(presetBake(form.strategy))}
            value={form.bake}
            onInput={(e) => change({ ...form, bake: e.currentTarget.value })}
          />
        </label>
      </Group>
      <Group name={say("cases")} how={say("gateHow_cases")}>
        <label class="check-label">
          <input
            type="checkbox"
            checked={form.consent}
            onChange={(e) => change({ ...form, consent: e.currentTarget.checked })}
          />
          {say("consent")}
        </label>
        {form.consent && <Numbers group="cases" form={form} change={change} />}
      </Group>
      <Group name={say("drift")} how={say("gateHow_drift")}>
        <Numbers group="drift" form={form} change={change} />
      </Group>
      {wrong !== "" && <p class="told-error">{say("noNumber", { text: wrong })}</p>}
    </Dialog>
  );
}

function factsOf(gates: Gates): [string, ComponentChildren][] {
  const { golden, shadow, budget, rollout } = gates;
  return [
    [
      say("stage_golden"),
      golden === null ? (
        say("none")
      ) : (
        <>
          <a href={link("data", golden.dataset)}>{golden.dataset}</a> {golden.split}, {whole(golden.samples)}, −
          {share(golden.margin, 1)}
        </>
      ),
    ],
    [say("stage_shadow"), shadow.percent > 0 ? `${figure(shadow.percent)}%, ≥ ${whole(shadow.minimum)}` : say("off")],
    [
      say("budget"),
      say("budgetIs", {
        p99: figure(budget.p99_ms),
        errors: share(budget.errors, 1),
        window: figure(budget.window_s),
        minimum: whole(budget.minimum),
      }),
    ],
    [
      say("rollout"),
      `${rollout.strategy === "canary" ? rollout.shares.map((s) => `${figure(s)}%`).join(" → ") : say("strategy_blue")}${
        rollout.bake_s > 0 ? `, ${figure(rollout.bake_s)} s` : ""
      }`,
    ],
  ];
}

export function GatesSection({ service, done }: { service: Service; done: () => void }) {
  const [editing, edit] = useState(false);
  if (service.gates === undefined) return null;
  return (
    <Section title={say("gatesTitle")} aside={<p>{say("gatesHow")}</p>}>
      <Facts items={factsOf(service.gates)} />
      {may("write") && (
        <button type="button" class="below" onClick={() => edit(true)}>
          {say("editGates")}
        </button>
      )}
      {editing && <GatesDialog service={service} done={done} close={() => edit(false)} />}
    </Section>
  );
}
