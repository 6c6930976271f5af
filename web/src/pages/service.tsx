// One service: its traffic as it happens, its revisions, and every decision about them with its figures.
import { useState } from "preact/hooks";
import { segment } from "../api/client";
import { useResource } from "../api/resource";
import type { RolloutEntry, Service, ServiceStats } from "../api/types";
import { link } from "../app/router";
import { may, session } from "../app/session";
import { ago, figure, moment, whole } from "../lib/format";
import { useSignal } from "../lib/signal";
import { quantile, type Traffic } from "../lib/traffic";
import { useTrafficOf } from "../lib/use_traffic";
import { Chart, type Curve } from "../parts/chart";
import { useCost } from "../parts/cost";
import { DriftSection } from "../parts/drift";
import { type Grain, GrainMark, State } from "../parts/grain";
import { Facts, Head, Ledger, Section } from "../parts/layout";
import { LineageSection } from "../parts/lineage";
import { RolloutSection } from "../parts/rollout";
import { EndDialog, RollbackDialog, RolloutDialog } from "../parts/service_dialogs";
import { Loading, Problem } from "../parts/states";
import { say } from "../words/words";
import { CasesSection, GatesSection } from "./lazy_pages";

function curvesOf(traffic: Traffic, current: string): { rates: Curve[]; latency: Curve[] } {
  const xs = traffic.points.map((p) => p.at);
  const revisions = traffic.revisions();
  const shown = revisions.length > 0 ? revisions : current === "" ? [] : [current];
  return {
    // The colour follows the revision, so that it stays while others come and go; the one that answers is drawn whole.
    rates: shown.map((name) => ({
      name: say("revisionN", { n: name }),
      colour: Number(name) % 4,
      dash: name === current ? 0 : 1,
      xs,
      ys: traffic.points.map((p) => p.byRevision[name] ?? 0),
    })),
    latency: [
      { name: say("p50"), colour: 0, xs, ys: traffic.points.map((p) => p.p50) },
      { name: say("p99"), colour: 1, xs, ys: traffic.points.map((p) => p.p99) },
    ],
  };
}

function Live({ service }: { service: Service }) {
  const traffic = useTrafficOf(service.name);
  const lately = traffic.lately();
  const { rates, latency } = curvesOf(traffic, service.current?.revision ?? "");
  const marks = (service.history ?? []).map((entry) => entry.at_ms / 1000);
  return (
    <Section title={say("traffic")} aside={<p>{say("trafficHow")}</p>}>
      <div class="headline four" aria-live="off">
        <p>
          <b class="big number">{figure(lately.rate)}</b> {say("requestsPerSecond")}
        </p>
        <p>
          <b class="big number">{figure(lately.p50)}</b> {say("p50")}
        </p>
        <p>
          <b class="big number">{figure(lately.p99)}</b> {say("p99")}
        </p>
        <p class={lately.failed > 0 ? "notable" : ""}>
          <b class="big number">{whole(lately.failed)}</b> {say("failed")}
        </p>
      </div>
      <div class="charts">
        <Chart label={say("requestsPerSecond")} curves={rates} marks={marks} time fromZero />
        <Chart label={say("latencyMs")} curves={latency} marks={marks} time fromZero />
      </div>
    </Section>
  );
}

function Revisions({ service }: { service: Service }) {
  const { data } = useResource<ServiceStats>(`/services/${segment(service.name)}/stats`, 2000);
  if (data === undefined) return null;
  const role = (name: string) =>
    name === service.current?.revision
      ? say("answersNow")
      : name === service.previous?.revision
        ? say("keptWarm")
        : service.rollout && Number(name) > Number(service.current?.revision ?? 0)
          ? say("candidate")
          : say("gone");
  const modelOf = (name: string) =>
    [...(service.history ?? [])].reverse().find((e) => e.to?.revision === name)?.to?.model ?? "";
  return (
    <Section title={say("revisions")}>
      <Ledger label={say("revisions")}>
        <thead>
          <tr>
            <th scope="col">{say("revision")}</th>
            <th scope="col">{say("modelTitle")}</th>
            <th scope="col">{say("state")}</th>
            <th scope="col" class="n">
              {say("answered")}
            </th>
            <th scope="col" class="n">
              {say("failedTitle")}
            </th>
            <th scope="col" class="n">
              {say("refused")}
            </th>
            <th scope="col" class="n">
              {say("invalid")}
            </th>
            <th scope="col" class="n">
              {say("p50")}
            </th>
            <th scope="col" class="n">
              {say("p99")}
            </th>
            <th scope="col" class="n">
              {say("rowsABatch")}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...data.revisions].reverse().map((r) => {
            const { bounds_ms: bounds, buckets } = r.latency;
            const name = r.revision ?? "";
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{modelOf(name) !== "" && <a href={link("models", modelOf(name))}>{modelOf(name)}</a>}</td>
                <td>{role(name)}</td>
                <td class="n">{whole(r.succeeded)}</td>
                <td class={r.failed > 0 ? "n notable" : "n"}>{whole(r.failed)}</td>
                <td class={r.refused > 0 ? "n notable" : "n"}>{whole(r.refused)}</td>
                <td class="n">{whole(r.invalid)}</td>
                <td class="n">{figure(quantile(bounds, buckets, 0.5))}</td>
                <td class="n">{figure(quantile(bounds, buckets, 0.99))}</td>
                <td class="n">{figure(r.batches.count > 0 ? r.batches.mean_rows : null)}</td>
              </tr>
            );
          })}
        </tbody>
      </Ledger>
    </Section>
  );
}

const WHATS = ["deploy", "rollout", "rollback"] as const;

function wordOf(what: string): string {
  const known = WHATS.find((w) => w === what);
  return known === undefined ? what : say(`did_${known}`);
}

function Decision({ entry }: { entry: RolloutEntry }) {
  const state: Grain = entry.decision === "refuse" ? "refused" : entry.decision === "wait" ? "waiting" : "done";
  return (
    <li>
      <GrainMark state={state} />
      <div>
        <p>
          <strong>{wordOf(entry.what)}</strong>
          <span>
            {entry.from && `${entry.from.model} → `}
            {entry.to?.model ?? ""}
          </span>
          <span class="quiet">{entry.by}</span>
          <time title={moment(entry.at_ms)}>{ago(entry.at_ms)}</time>
        </p>
        <p class="quiet">{entry.reason}</p>
        {Object.keys(entry.figures).length > 0 && (
          <details>
            <summary>{say("figures")}</summary>
            <Facts
              items={Object.entries(entry.figures).map(([name, value]) => [name.replaceAll("_", " "), figure(value)])}
            />
          </details>
        )}
      </div>
    </li>
  );
}

type Asked = "rollout" | "rollback" | "end" | null;

function Actions({ service, ask }: { service: Service; ask: (what: Asked) => void }) {
  return (
    <>
      <a class="button" href={link("services", service.name, "try")}>
        {say("tryIt")}
      </a>
      {may("write") && (
        <>
          {service.previous && (
            <button type="button" onClick={() => ask("rollback")}>
              {say("rollback")}
            </button>
          )}
          <button type="button" class="primary" onClick={() => ask("rollout")}>
            {say("rollout")}
          </button>
        </>
      )}
    </>
  );
}

export function ServicePage({ name }: { name: string }) {
  useSignal(session);
  const [asked, ask] = useState<Asked>(null);
  const { data: service, error, reload } = useResource<Service>(`/services/${segment(name)}`, 2000);
  const close = () => ask(null);
  const cost = useCost("service");
  const hours = cost.data?.items.find((item) => item.name === name)?.core_hours;
  return (
    <>
      <Head
        title={name}
        path={[["#/services", say("services")]]}
        {...(service
          ? {
              under: (
                <>
                  <State state={service.ready ? "done" : "failed"} word={service.ready ? say("ready") : say("down")} />{" "}
                  {service.problem}
                </>
              ),
              actions: <Actions service={service} ask={ask} />,
            }
          : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!service && !error && <Loading rows={8} />}
      {service && !error && (
        <>
          <Facts
            items={[
              [
                say("modelTitle"),
                <a key="m" href={link("models", service.current?.model ?? service.model)}>
                  {service.current?.model ?? service.model}
                </a>,
              ],
              [say("revision"), service.current?.revision ?? "–"],
              [
                say("batch"),
                say("batchOf", {
                  rows: service.applied_max_rows ?? service.batching.max_rows,
                  us: service.batching.budget_us,
                }),
              ],
              [say("queue"), whole(service.batching.queue)],
              [say("access"), service.open ? say("accessOpen") : say("accessToken")],
              ...(hours === undefined ? [] : [[say("coreHours"), figure(hours)] as [string, string]]),
            ]}
          />
          {service.gates && <RolloutSection service={service} />}
          <Live service={service} />
          {service.gates && <DriftSection service={service} />}
          {service.gates && <CasesSection service={service} />}
          {service.gates && <GatesSection service={service} done={reload} />}
          <Revisions service={service} />
          <Section title={say("decisions")} aside={<p>{say("decisionsHow")}</p>}>
            <ol class="attention">
              {[...(service.history ?? [])].reverse().map((entry) => (
                <Decision key={entry.at_ms} entry={entry} />
              ))}
            </ol>
          </Section>
          <LineageSection kind="service" reference={service.name} />
          {may("write") && (
            <Section title={say("end")}>
              <p class="quiet">{say("endWhat")}</p>
              <button type="button" class="danger" onClick={() => ask("end")}>
                {say("endService")}
              </button>
            </Section>
          )}
          {asked === "rollout" && <RolloutDialog service={service} done={reload} close={close} />}
          {asked === "rollback" && <RollbackDialog service={service} done={reload} close={close} />}
          {asked === "end" && <EndDialog service={service} close={close} />}
        </>
      )}
    </>
  );
}
