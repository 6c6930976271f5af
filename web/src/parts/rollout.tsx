// The rollout of a service: under way, or the latest.
import { useRef, useState } from "preact/hooks";
import { segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Items, Rollout, Service } from "../api/types";
import { may } from "../app/session";
import { ago, moment } from "../lib/format";
import { say } from "../words/words";
import { GateTrack } from "./gates";
import { Section } from "./layout";
import { SteerDialog, type Wish } from "./steer_dialog";

const LIVE_MS = 1000;
const REST_MS = 5000;

function Steering({ rollout, ask }: { rollout: Rollout; ask: (wish: Wish) => void }) {
  const wishes: Wish[] = rollout.state === "paused" ? ["resume", "promote", "abort"] : ["pause", "promote", "abort"];
  return (
    <div class="controls">
      {wishes.map((wish) => (
        <button key={wish} type="button" class={wish === "abort" ? "danger" : ""} onClick={() => ask(wish)}>
          {say(`wish_${wish}`)}
        </button>
      ))}
    </div>
  );
}

export function RolloutSection({ service }: { service: Service }) {
  const [wish, ask] = useState<Wish | null>(null);
  const base = `/services/${segment(service.name)}`;
  const all = useResource<Items<Rollout>>(`${base}/rollouts`, REST_MS, ["rollout", "service"]);
  const latest = all.data?.items[0];
  const live = service.rollout != null;
  const revision = live || latest === undefined ? null : (latest.to?.revision ?? null);
  const path = live ? `${base}/rollout` : revision === null ? null : `${base}/rollouts/${segment(revision)}`;
  const { data, reload } = useResource<Rollout>(path, live ? LIVE_MS : REST_MS);
  // Between the end of one and the reading of its record, what was last seen stays.
  const seen = useRef<Rollout | undefined>(undefined);
  if (data !== undefined) seen.current = data;
  const rollout = seen.current;
  if (rollout === undefined) return null;
  return (
    <Section
      title={live ? say("rolloutNow") : say("rolloutLast")}
      aside={
        <p>
          {rollout.from?.model ?? "–"} → {rollout.to?.model} · {rollout.by} ·{" "}
          <time title={moment(rollout.asked_ms)}>{ago(rollout.asked_ms)}</time>
        </p>
      }
    >
      <GateTrack key={rollout.name} rollout={rollout} classes={service.signature?.classes ?? []} />
      {!rollout.over && may("write") && <Steering rollout={rollout} ask={ask} />}
      {wish !== null && <SteerDialog service={service.name} wish={wish} done={reload} close={() => ask(null)} />}
    </Section>
  );
}
