import { useResource } from "../api/resource";
import type { Items, Repository } from "../api/types";
import { Head } from "../parts/layout";
import { RepositoryTable } from "../parts/repositories";
import { Command, Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

export function ModelsPage() {
  const { data, error, reload } = useResource<Items<Repository>>("/models?limit=1000", 5000, ["model"]);
  return (
    <>
      <Head title={say("models")} under={say("modelsUnder")} />
      {error && <Problem error={error} retry={reload} />}
      {!data && !error && <Loading />}
      {data?.items.length === 0 && (
        <Empty title={say("noModels")}>
          <Command text="sinter train recipe.yaml" />
          <Command text="sinter model push NAME FOLDER" />
        </Empty>
      )}
      {data && data.items.length > 0 && <RepositoryTable items={data.items} section="models" />}
    </>
  );
}
