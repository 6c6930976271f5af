// What computing was used, by whom or for what: hours of cores and of GPUs, and money where a price is set.
import { COST_BY, type Cost, type CostBy, type CostItem, costPath } from "../api/cost_types";
import { useResource } from "../api/resource";
import { link } from "../app/router";
import { useFeature } from "../lib/features";
import { figure, NONE, whole } from "../lib/format";
import { say } from "../words/words";
import { Ledger, Section } from "./layout";

const SLOW_MS = 30_000;

function nameOf(by: CostBy, name: string) {
  if (name === "") return NONE;
  if (by === "run") return <a href={link("runs", name)}>{name}</a>;
  if (by === "service") return <a href={link("services", name)}>{name}</a>;
  return name;
}

export function CostTable({ by, items, currency }: { by: CostBy; items: CostItem[]; currency: string | undefined }) {
  const most = Math.max(1e-9, ...items.map((i) => i.core_hours));
  const gpu = items.some((i) => i.gpu_hours > 0);
  return (
    <Ledger label={say("cost")}>
      <thead>
        <tr>
          <th scope="col">{say(`costBy_${by}`)}</th>
          <th scope="col">{say("coreHours")}</th>
          {gpu && (
            <th scope="col" class="n">
              {say("gpuHours")}
            </th>
          )}
          {by !== "run" && (
            <th scope="col" class="n">
              {say("runs")}
            </th>
          )}
          {currency !== undefined && (
            <th scope="col" class="n">
              {currency}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.name}>
            <th scope="row">{nameOf(by, item.name)}</th>
            <td>
              <span class="bar-cell">
                <i style={{ width: `${(100 * item.core_hours) / most}%` }} />
                <b>{figure(item.core_hours)}</b>
              </span>
            </td>
            {gpu && <td class="n">{figure(item.gpu_hours)}</td>}
            {by !== "run" && <td class="n">{whole(item.runs)}</td>}
            {currency !== undefined && <td class="n">{figure(item.cost)}</td>}
          </tr>
        ))}
      </tbody>
    </Ledger>
  );
}

export function useCost(by: CostBy) {
  const there = useFeature("/cost");
  const resource = useResource<Cost>(there ? costPath(by) : null, SLOW_MS);
  return { ...resource, absent: there === false };
}

const SHOWN = 5;

// On the overview: who used most. Nothing where the server does not count.
export function CostSection() {
  const { data } = useCost("owner");
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Section
      title={say("cost")}
      aside={
        <p>
          <a href={link("cost")}>{say("costAll")}</a>
        </p>
      }
    >
      <CostTable by="owner" items={data.items.slice(0, SHOWN)} currency={data.price?.currency} />
    </Section>
  );
}

export function CostTabs({ by }: { by: CostBy }) {
  return (
    <nav class="tabs" aria-label={say("cost")}>
      {COST_BY.map((one) => (
        <a key={one} href={`${link("cost")}?by=${one}`} {...(one === by ? { "aria-current": "page" as const } : {})}>
          {say(`costBy_${one}`)}
        </a>
      ))}
    </nav>
  );
}
