// A recipe becomes a job: the newest run's, to begin with.
import { useEffect, useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Items, Job, Run, RunInShort } from "../api/types";
import { go, link } from "../app/router";
import { say } from "../words/words";
import { Dialog } from "./dialog";

interface TrainProps {
  recipe?: string; // what to begin with
  close: () => void;
}

export function TrainDialog({ recipe = "", close }: TrainProps) {
  const [text, setText] = useState(recipe);
  const newest = useResource<Items<RunInShort>>(recipe === "" ? "/console/runs?limit=1" : null);
  const id = newest.data?.items[0]?.id;
  const run = useResource<Run>(id === undefined ? null : `/runs/${segment(id)}`);
  const before = run.data?.recipe;
  useEffect(() => {
    if (before !== undefined) setText((now) => (now === "" ? before : now));
  }, [before]);
  return (
    <Dialog
      title={say("trainAsk")}
      confirm={say("train")}
      ready={text.trim() !== ""}
      act={async () => {
        const job = await post<Job>("/jobs", { recipe: text });
        go(link("jobs", job.id));
      }}
      close={close}
    >
      <label>
        <span>{say("recipe")}</span>
        <textarea rows={16} spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      </label>
      <p class="quiet">{say("trainWhat")}</p>
    </Dialog>
  );
}
