// One job: what it is, how it goes, and what it prints.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Job, JobAttempt } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { ago, bytes, duration, moment, whole } from "../lib/format";
import { Dialog } from "../parts/dialog";
import { grainOfJob, State } from "../parts/grain";
import { Facts, Head, Ledger, Section } from "../parts/layout";
import { LogView } from "../parts/log_view";
import { Loading, Problem } from "../parts/states";
import { say } from "../words/words";
import { tookOf } from "./jobs";

const OVER = ["succeeded", "failed", "cancelled"];

function outcomeOf(a: JobAttempt): string {
  if (a.ended_ms === 0) return say("job_running");
  if (a.lost) return say("attemptLost");
  return a.exit_signal > 0 ? say("bySignal", { n: a.exit_signal }) : say("exitCode", { n: a.exit_code });
}

function Attempts({ job, shown, show }: { job: Job; shown: number; show: (attempt: number) => void }) {
  return (
    <Section title={say("attempts")}>
      <Ledger label={say("attempts")}>
        <thead>
          <tr>
            <th scope="col">{say("attempt")}</th>
            <th scope="col">{say("outcome")}</th>
            <th scope="col">{say("began")}</th>
            <th scope="col" class="n">
              {say("took")}
            </th>
            <th scope="col">{say("reason")}</th>
          </tr>
        </thead>
        <tbody>
          {job.attempts.map((a) => (
            <tr key={a.number}>
              <th scope="row">
                <button type="button" class="plain" aria-pressed={a.number === shown} onClick={() => show(a.number)}>
                  {say("logOf", { n: a.number })}
                </button>
              </th>
              <td>{outcomeOf(a)}</td>
              <td>
                <time title={moment(a.started_ms)}>{ago(a.started_ms)}</time>
              </td>
              <td class="n">{duration((a.ended_ms || Date.now()) - a.started_ms)}</td>
              <td class="text">{a.message}</td>
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

export function JobPage({ id }: { id: string }) {
  const [asking, ask] = useState(false);
  const [picked, pick] = useState(0);
  const { data: job, error, reload } = useResource<Job>(`/jobs/${segment(id)}`, 1500, ["job"]);
  const open = job !== undefined && !OVER.includes(job.state);
  const attempt = picked || (job?.attempt ?? 0);
  const cancel = open && may("write") && (
    <button type="button" class="danger" onClick={() => ask(true)}>
      {say("cancelJob")}
    </button>
  );
  return (
    <>
      <Head
        title={job?.spec.title || id}
        path={[["#/jobs", say("jobs")]]}
        {...(cancel ? { actions: cancel } : {})}
        {...(job
          ? {
              under: (
                <>
                  <State state={grainOfJob(job.state)} word={say(`job_${job.state}`)} /> {job.reason}
                </>
              ),
            }
          : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!job && !error && <Loading rows={8} />}
      {job && (
        <>
          <Facts
            items={[
              [say("owner"), job.spec.owner],
              [say("cores"), whole(job.spec.cpus)],
              [say("memory"), bytes(job.spec.memory_bytes)],
              [say("priority"), whole(job.spec.priority)],
              [say("took"), duration(tookOf(job))],
              ...(job.spec.run
                ? [
                    [
                      say("runTitle"),
                      <a key="r" href={link("runs", job.spec.run)}>
                        {job.spec.run}
                      </a>,
                    ] as [string, ComponentChildren],
                  ]
                : []),
            ]}
          />
          <Section title={say("log")} aside={<p>{say("logHow")}</p>}>
            {attempt > 0 ? <LogView job={id} attempt={attempt} /> : <p class="quiet">{say("logNothing")}</p>}
          </Section>
          {job.attempts.length > 0 && <Attempts job={job} shown={attempt} show={pick} />}
          <Section title={say("command")}>
            <pre class="text-block">{job.spec.command.join(" ")}</pre>
          </Section>
        </>
      )}
      {asking && (
        <Dialog
          title={say("cancelJobAsk")}
          confirm={say("cancelJob")}
          danger
          act={async () => {
            await post(`/jobs/${segment(id)}/cancel`, {});
            reload();
          }}
          close={() => ask(false)}
        >
          <p>{say("cancelJobWhat")}</p>
        </Dialog>
      )}
    </>
  );
}
