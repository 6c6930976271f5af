// Live traffic beside the golden set: what has drifted, by how much, and what has not.
import { useState } from "preact/hooks";
import { segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Drift, Service } from "../api/types";
import { figure, whole } from "../lib/format";
import { say } from "../words/words";
import { GrainMark } from "./grain";
import { Ledger, Section } from "./layout";

const REST_MS = 5000;
const SHOWN = 8; // of a wide table's columns; those that drifted come first

export function DriftSection({ service }: { service: Service }) {
  const path = service.gates?.golden ? `/services/${segment(service.name)}/drift` : null;
  const { data: drift } = useResource<Drift>(path, REST_MS);
  const [all, showAll] = useState(false);
  if (drift === undefined) return null;
  return (
    <Section title={say("drift")} aside={<p>{say("driftHow", { data: drift.dataset })}</p>}>
      <p class={drift.drifted ? "notable" : ""}>
        <GrainMark state={drift.drifted ? "failed" : drift.live_sample < drift.minimum ? "waiting" : "done"} />
        {drift.verdict} · {say("driftSample", { live: whole(drift.live_sample), minimum: whole(drift.minimum) })}
      </p>
      {drift.measures.length > 0 && (
        <Ledger label={say("drift")}>
          <thead>
            <tr>
              <th scope="col">{say("what")}</th>
              <th scope="col" class="n">
                {say("stability")}
              </th>
              <th scope="col" class="n">
                {say("byChance")}
              </th>
              <th scope="col" class="n">
                {say("ksDistance")}
              </th>
              <th scope="col" class="n">
                {say("tested")}
              </th>
              <th scope="col" class="n">
                {say("liveMean")}
              </th>
            </tr>
          </thead>
          <tbody>
            {(all ? drift.measures : drift.measures.slice(0, SHOWN)).map((m) => (
              <tr key={m.name}>
                <th scope="row">{m.name}</th>
                <td class={m.drifted ? "n notable" : "n"}>{figure(m.stability_index)}</td>
                <td class="n">{figure(m.by_chance)}</td>
                <td class="n">{figure(m.ks_distance)}</td>
                <td class="n">{figure(m.reference_mean)}</td>
                <td class="n">{figure(m.live_mean)}</td>
              </tr>
            ))}
          </tbody>
        </Ledger>
      )}
      {!all && drift.measures.length > SHOWN && (
        <button type="button" class="below" onClick={() => showAll(true)}>
          {say("showAllN", { n: whole(drift.measures.length) })}
        </button>
      )}
    </Section>
  );
}
