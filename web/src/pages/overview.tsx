// What needs a person, what runs, and what happened lately: the first page.
import { useResource } from "../api/resource";
import type { Attention, Overview, RunInShort, ServiceInShort } from "../api/types";
import { link } from "../app/router";
import { ago, bytes, duration, figure, moment, share, whole } from "../lib/format";
import { useTrafficOf } from "../lib/use_traffic";
import { Spark } from "../parts/chart";
import { CostSection } from "../parts/cost";
import { GrainMark, grainOfRun } from "../parts/grain";
import { Head, Ledger, Meter, Section } from "../parts/layout";
import { Command, Empty, Loading, Problem } from "../parts/states";
import { count, say } from "../words/words";

const LATELY = 8;
const FED_BY = ["run", "service", "rollout", "dataset", "model"];

// The state of it all in a sentence.
function sentence(all: Overview): string {
  const running = all.runs.filter((r) => r.state === "running").length;
  const ready = all.services.filter((s) => s.ready).length;
  return [
    count(ready, "noServiceAnswers", "serviceAnswers", "servicesAnswer"),
    count(running, "nothingTrains", "runTrains", "runsTrain"),
    count(all.attention.length, "nothingNeeds", "thingNeeds", "thingsNeed"),
  ].join(say("sentenceGap"));
}

function AttentionRow({ item, disk }: { item: Attention; disk: Overview["disk"] }) {
  const to =
    item.kind === "run_failed"
      ? link("runs", item.name)
      : item.kind === "retention_due"
        ? link("data", item.name)
        : link("services", item.name);
  const state = item.kind === "rollout_refused" ? "refused" : "failed";
  return (
    <li>
      <GrainMark state={state} />
      <div>
        <p>
          <strong>
            {item.kind === "disk_low" ? (
              say("attention_disk_low", { free: bytes(disk?.free ?? 0) })
            ) : (
              <a href={to}>{say(`attention_${item.kind}`, { name: item.name })}</a>
            )}
          </strong>
          <time title={moment(item.at_ms)}>{ago(item.at_ms)}</time>
        </p>
        {item.message && <p class="quiet">{item.message}</p>}
        {item.kind === "run_failed" && <Command text={`sinter train --resume ${item.name}`} />}
      </div>
    </li>
  );
}

function RunningRow({ run, now }: { run: RunInShort; now: number }) {
  const took = now - run.started_ms;
  const left = run.step > 0 && run.steps > run.step ? (took / run.step) * (run.steps - run.step) : null;
  return (
    <li class="running">
      <GrainMark state="working" />
      <div>
        <p>
          <a href={link("runs", run.id)}>{run.id}</a>
          <span class="quiet">{run.dataset}</span>
          <span class="number">{run.steps > 0 ? share(run.step / run.steps, 0) : ""}</span>
        </p>
        <Meter value={run.step} most={run.steps} label={run.id} />
        <p class="quiet number">
          {say("stepOf", { step: whole(run.step), steps: whole(run.steps) })}
          {left !== null && ` · ${say("timeLeft", { time: duration(left) })}`}
        </p>
      </div>
    </li>
  );
}

function ServiceRow({ service }: { service: ServiceInShort }) {
  const traffic = useTrafficOf(service.name);
  const lately = traffic.lately();
  return (
    <tr>
      <th scope="row">
        <GrainMark state={service.ready ? "done" : "failed"} alone />
        <a href={link("services", service.name)}>{service.name}</a>
      </th>
      <td>{service.model}</td>
      <td class="spark-cell">
        <Spark values={traffic.rates()} label={say("trafficOf", { name: service.name })} />
      </td>
      <td class="n">{figure(lately.rate)}</td>
      <td class="n">{figure(lately.p99)}</td>
    </tr>
  );
}

function Start() {
  const steps: [string, string][] = [
    [say("startData"), "sinter data add NAME FOLDER"],
    [say("startTrain"), "sinter train recipe.yaml"],
    [say("startServe"), "sinter service deploy NAME MODEL"],
  ];
  return (
    <Empty title={say("emptyHome")}>
      <ol class="start">
        {steps.map(([what, command]) => (
          <li key={command}>
            <p>{what}</p>
            <Command text={command} />
          </li>
        ))}
      </ol>
    </Empty>
  );
}

function Lately({ all }: { all: Overview }) {
  const made = [
    ...all.runs
      .filter((r) => r.state !== "running" && r.state !== "created")
      .map((r) => ({
        at: r.ended_ms || r.created_ms,
        to: link("runs", r.id),
        name: r.id,
        what: "run" as const,
        state: grainOfRun(r.state),
      })),
    ...all.models.map((m) => ({
      at: m.updated_ms,
      to: link("models", m.name),
      name: `${m.name}@${m.latest}`,
      what: "model" as const,
      state: "done" as const,
    })),
    ...all.datasets.map((d) => ({
      at: d.updated_ms,
      to: link("data", d.name),
      name: `${d.name}@${d.latest}`,
      what: "dataset" as const,
      state: "done" as const,
    })),
  ];
  made.sort((a, b) => b.at - a.at);
  if (made.length === 0) return null;
  return (
    <Section title={say("lately")}>
      <Ledger label={say("lately")}>
        <tbody>
          {made.slice(0, LATELY).map((one) => (
            <tr key={one.to}>
              <th scope="row">
                <GrainMark state={one.state} alone />
                <a href={one.to}>{one.name}</a>
              </th>
              <td>{say(one.what)}</td>
              <td class="end">
                <time title={moment(one.at)}>{ago(one.at)}</time>
              </td>
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

export function OverviewPage() {
  const { data: all, error, reload } = useResource<Overview>("/console/overview", 2000, FED_BY);
  if (error && !all) return <Problem error={error} retry={reload} />;
  if (!all) {
    return (
      <>
        <Head title={say("overview")} />
        <Loading rows={6} />
      </>
    );
  }
  const running = all.runs.filter((r) => r.state === "running");
  const nothing = all.runs.length + all.services.length + all.models.length + all.datasets.length === 0;
  return (
    <>
      <Head title={sentence(all)} sentence />
      {nothing && <Start />}
      {all.attention.length > 0 && (
        <Section title={say("needsYou")}>
          <ul class="attention">
            {all.attention.map((item) => (
              <AttentionRow key={item.kind + item.name} item={item} disk={all.disk} />
            ))}
          </ul>
        </Section>
      )}
      {running.length > 0 && (
        <Section title={say("training")}>
          <ul class="attention">
            {running.map((run) => (
              <RunningRow key={run.id} run={run} now={all.now_ms} />
            ))}
          </ul>
        </Section>
      )}
      {all.services.length > 0 && (
        <Section title={say("services")}>
          <Ledger label={say("services")}>
            <thead>
              <tr>
                <th scope="col">{say("name")}</th>
                <th scope="col">{say("modelTitle")}</th>
                <th scope="col">{say("lastMinutes")}</th>
                <th scope="col" class="n">
                  {say("requestsPerSecond")}
                </th>
                <th scope="col" class="n">
                  {say("p99")}
                </th>
              </tr>
            </thead>
            <tbody>
              {all.services.map((service) => (
                <ServiceRow key={service.name} service={service} />
              ))}
            </tbody>
          </Ledger>
        </Section>
      )}
      <Lately all={all} />
      <CostSection />
      {!nothing && all.disk && (
        <Section title={say("disk")}>
          <p class="number">{say("diskFree", { free: bytes(all.disk.free), total: bytes(all.disk.total) })}</p>
          <Meter value={all.disk.total - all.disk.free} most={all.disk.total} label={say("disk")} />
        </Section>
      )}
    </>
  );
}
