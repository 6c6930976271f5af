// All services with what they do at this moment.
import { useState } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Items, Service } from "../api/types";
import { link } from "../app/router";
import { may, session } from "../app/session";
import { figure, whole } from "../lib/format";
import { useSignal } from "../lib/signal";
import { useTrafficOf } from "../lib/use_traffic";
import { Spark } from "../parts/chart";
import { GrainMark } from "../parts/grain";
import { Head, Ledger } from "../parts/layout";
import { DeployDialog } from "../parts/service_dialogs";
import { Command, Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

function Row({ service }: { service: Service }) {
  const traffic = useTrafficOf(service.name);
  const lately = traffic.lately();
  return (
    <tr>
      <th scope="row">
        <GrainMark state={service.ready ? "done" : "failed"} alone />
        <a href={link("services", service.name)}>{service.name}</a>
        {service.problem && <p class="quiet text">{service.problem}</p>}
      </th>
      <td>{service.current?.model ?? service.model}</td>
      <td class="spark-cell">
        <Spark values={traffic.rates()} label={say("trafficOf", { name: service.name })} />
      </td>
      <td class="n">{figure(lately.rate)}</td>
      <td class="n">{figure(lately.p50)}</td>
      <td class="n">{figure(lately.p99)}</td>
      <td class={lately.failed > 0 ? "n notable" : "n"}>{whole(lately.failed)}</td>
      <td class="end">
        <a href={link("services", service.name, "try")}>{say("tryIt")}</a>
      </td>
    </tr>
  );
}

export function ServicesPage() {
  useSignal(session);
  const [deploying, deploy] = useState(false);
  const { data, error, reload } = useResource<Items<Service>>("/services", 2000);
  const action = may("write") && (
    <button type="button" class="primary" onClick={() => deploy(true)}>
      {say("deploy")}
    </button>
  );
  return (
    <>
      <Head title={say("services")} under={say("servicesUnder")} {...(action ? { actions: action } : {})} />
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && <Loading />}
      {data?.items.length === 0 && (
        <Empty title={say("noServices")}>
          <Command text="sinter service deploy NAME MODEL" />
        </Empty>
      )}
      {data && data.items.length > 0 && (
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
                {say("p50")}
              </th>
              <th scope="col" class="n">
                {say("p99")}
              </th>
              <th scope="col" class="n">
                {say("failedTitle")}
              </th>
              <th scope="col">
                <span class="unseen">{say("tryIt")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((service) => (
              <Row key={service.name} service={service} />
            ))}
          </tbody>
        </Ledger>
      )}
      {deploying && <DeployDialog close={() => deploy(false)} />}
    </>
  );
}
