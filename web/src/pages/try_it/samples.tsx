// Rows of the data set that the service's model knows, to be asked about.
import { useState } from "preact/hooks";
import { segment } from "../../api/client";
import { useResource } from "../../api/resource";
import type { ServiceSamples } from "../../api/types";
import { figure } from "../../lib/format";
import type { PictureSize } from "../../lib/pixels";
import { Picture } from "../../parts/picture";
import { say } from "../../words/words";

const COUNT = 16;

interface SamplesProps {
  service: string;
  size: PictureSize | null;
  pick: (data: number[], label: string | undefined) => void;
}

export function Samples({ service, size, pick }: SamplesProps) {
  const [seed, setSeed] = useState(1);
  const { data } = useResource<ServiceSamples>(`/services/${segment(service)}/samples?count=${COUNT}&seed=${seed}`);
  if (data === undefined) return null;
  return (
    <section class="samples" aria-label={say("samples")}>
      <div class="samples-head">
        <h2>{say("samples")}</h2>
        <button type="button" class="plain" onClick={() => setSeed(seed + 1)}>
          {say("others")}
        </button>
      </div>
      <div id="samples" class={size === null ? "as-rows" : "as-pictures"}>
        {data.items.map((item) => {
          const label = item.label === undefined ? undefined : (data.classes[item.label] ?? String(item.label));
          const name = label ?? say("rowN", { n: item.row });
          return (
            <button key={item.row} type="button" title={name} aria-label={name} onClick={() => pick(item.data, label)}>
              {size === null ? (
                item.data
                  .slice(0, 6)
                  .map((v) => figure(v))
                  .join("  ")
              ) : (
                <Picture data={item.data} size={size} />
              )}
            </button>
          );
        })}
      </div>
    </section>
  );
}
