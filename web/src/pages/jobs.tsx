// The queue: what runs, what waits and why, and what the machine gives.
import { useState } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Items, Job, JobQueue } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { ago, bytes, duration, moment, whole } from "../lib/format";
import { GrainMark, grainOfJob } from "../parts/grain";
import { Facts, Head, Ledger } from "../parts/layout";
import { Command, Empty, Loading, Problem } from "../parts/states";
import { TrainDialog } from "../parts/train_dialog";
import { say } from "../words/words";

export function tookOf(job: Job): number {
  return job.attempts.reduce((sum, a) => sum + ((a.ended_ms || Date.now()) - a.started_ms), 0);
}

function Row({ job }: { job: Job }) {
  const took = tookOf(job);
  return (
    <tr>
      <th scope="row">
        <GrainMark state={grainOfJob(job.state)} />
        <a href={link("jobs", job.id)}>{job.spec.title || job.spec.command.join(" ").slice(0, 60)}</a>
        <code class="quiet">{job.id}</code>
        {job.reason && <p class="quiet text">{job.reason}</p>}
      </th>
      <td>{say(`job_${job.state}`)}</td>
      <td>{job.spec.owner}</td>
      <td class="n">{whole(job.spec.cpus)}</td>
      <td class="n">{bytes(job.spec.memory_bytes)}</td>
      <td class="n">{took > 0 ? duration(took) : ""}</td>
      <td>
        <time title={moment(job.submitted_ms)}>{ago(job.submitted_ms)}</time>
      </td>
    </tr>
  );
}

export function JobsPage() {
  const [training, train] = useState(false);
  const { data, error, reload } = useResource<Items<Job>>("/jobs?limit=200", 2000, ["job"]);
  const { data: queue } = useResource<JobQueue>("/jobs/queue", 30000);
  const action = may("write") && (
    <button type="button" class="primary" onClick={() => train(true)}>
      {say("train")}
    </button>
  );
  return (
    <>
      <Head title={say("jobs")} under={say("jobsUnder")} {...(action ? { actions: action } : {})} />
      {queue && (
        <Facts
          items={[
            [say("cores"), whole(queue.cpus)],
            [say("memory"), bytes(queue.memory_bytes)],
            [say("isolation"), queue.isolation],
          ]}
        />
      )}
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && <Loading />}
      {data?.items.length === 0 && (
        <Empty title={say("noJobs")}>
          <Command text="sinter job submit --recipe recipe.yaml" />
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <Ledger label={say("jobs")}>
          <thead>
            <tr>
              <th scope="col">{say("jobTitle")}</th>
              <th scope="col">{say("state")}</th>
              <th scope="col">{say("owner")}</th>
              <th scope="col" class="n">
                {say("cores")}
              </th>
              <th scope="col" class="n">
                {say("memory")}
              </th>
              <th scope="col" class="n">
                {say("took")}
              </th>
              <th scope="col">{say("submitted")}</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((job) => (
              <Row key={job.id} job={job} />
            ))}
          </tbody>
        </Ledger>
      )}
      {training && <TrainDialog close={() => train(false)} />}
    </>
  );
}
