// The traffic of services, kept while the console is open, whichever page looks at it.
import { useEffect, useState } from "preact/hooks";
import { segment } from "../api/client";
import { useResource } from "../api/resource";
import type { ServiceStats } from "../api/types";
import { Traffic } from "./traffic";

const all = new Map<string, Traffic>();

function trafficOf(name: string): Traffic {
  let traffic = all.get(name);
  if (traffic === undefined) {
    traffic = new Traffic();
    all.set(name, traffic);
  }
  return traffic;
}

export function useTrafficOf(name: string): Traffic {
  const { data } = useResource<ServiceStats>(`/services/${segment(name)}/stats`, 1000);
  const [, redraw] = useState(0);
  useEffect(() => {
    if (data === undefined) return;
    trafficOf(name).add(Date.now() / 1000, data);
    redraw((n) => n + 1);
  }, [data, name]);
  return trafficOf(name);
}
