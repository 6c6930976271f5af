import { useResource } from "../api/resource";
import type { Items, Repository } from "../api/types";
import { Head } from "../parts/layout";
import { RepositoryTable } from "../parts/repositories";
import { Command, Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

export function DatasetsPage() {
  const { data, error, reload } = useResource<Items<Repository>>("/datasets?limit=1000", 5000, ["dataset"]);
  return (
    <>
      <Head title={say("data")} under={say("dataUnder")} />
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && <Loading />}
      {data?.items.length === 0 && (
        <Empty title={say("noData")}>
          <Command text="sinter data add NAME FOLDER" />
        </Empty>
      )}
      {data && data.items.length > 0 && <RepositoryTable items={data.items} section="data" />}
    </>
  );
}
