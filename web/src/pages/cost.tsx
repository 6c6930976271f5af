// What computing was used: by owner, by run, by service.
import type { CostBy } from "../api/cost_types";
import { CostTable, CostTabs, useCost } from "../parts/cost";
import { Head } from "../parts/layout";
import { Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

export function CostPage({ by }: { by: CostBy }) {
  const { data, error, reload, absent } = useCost(by);
  return (
    <>
      <Head title={say("cost")} path={[["#/", say("overview")]]} under={say("costUnder")} />
      <CostTabs by={by} />
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && !absent && <Loading />}
      {absent && <Empty title={say("costAbsent")} />}
      {data?.items.length === 0 && <Empty title={say("costNone")} />}
      {data && data.items.length > 0 && <CostTable by={by} items={data.items} currency={data.price?.currency} />}
    </>
  );
}
