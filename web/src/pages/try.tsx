// A page to try a service, made from its model's signature: a picture where it takes one, else its numbers.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Service } from "../api/types";
import { link } from "../app/router";
import { type Answer, ask, oneRow } from "../lib/ask";
import { pictureSize } from "../lib/pixels";
import { Head, Section } from "../parts/layout";
import { Command, Loading, Problem } from "../parts/states";
import { say } from "../words/words";
import { AnswerBox, type Shown } from "./try_it/answer";
import type { Asked } from "./try_it/asked";
import { Numbers } from "./try_it/numbers";
import { Pad } from "./try_it/pad";

// One question at a time counts: the newest. `null` clears.
function useAnswer(service: string): [Shown, (asked: Asked | null) => void] {
  const [shown, show] = useState<Shown>({});
  const under = useRef<AbortController | null>(null);
  useEffect(() => () => under.current?.abort(), []);
  const put = async (asked: Asked | null) => {
    under.current?.abort();
    if (asked === null) return show({});
    const mine = new AbortController();
    under.current = mine;
    try {
      const answer: Answer = await ask(service, asked.inputs, mine.signal);
      if (!mine.signal.aborted) show({ answer, ...(asked.label === undefined ? {} : { label: asked.label }) });
    } catch (error) {
      if (mine.signal.aborted) return;
      show({ error: error instanceof ApiError ? error.message : say("silent") });
    }
  };
  return [shown, put];
}

function curlOf(service: Service): string {
  const inputs = (service.inputs ?? []).map((t) => ({
    name: t.name,
    datatype: t.datatype,
    shape: oneRow(t.shape),
    data: "…",
  }));
  const body = JSON.stringify({ inputs }).replaceAll('"…"', "[…]");
  return `curl ${location.origin}/v2/models/${segment(service.name)}/infer -d '${body}'`;
}

function TryBody({ service }: { service: Service }) {
  const [shown, put] = useAnswer(service.name);
  const inputs = service.inputs ?? [];
  const [only] = inputs;
  const size = inputs.length === 1 && only?.datatype === "UINT8" ? pictureSize(oneRow(only.shape).slice(1)) : null;
  return (
    <>
      <div class="try">
        {size !== null && only !== undefined ? (
          <Pad service={service.name} input={only} size={size} ask={put} />
        ) : (
          <Numbers service={service.name} inputs={inputs} ask={put} />
        )}
        <AnswerBox shown={shown} classes={service.signature?.classes ?? []} picture={size !== null} />
      </div>
      <Section title={say("fromProgram")} aside={<p>{say("fromProgramHow")}</p>}>
        <Command text={curlOf(service)} />
      </Section>
    </>
  );
}

export function TryPage({ name }: { name: string }) {
  const { data: service, error, reload } = useResource<Service>(`/services/${segment(name)}`);
  return (
    <>
      <Head
        title={say("tryName", { name })}
        path={[
          ["#/services", say("services")],
          [link("services", name), name],
        ]}
        {...(service?.current
          ? { under: `${service.current.model} · ${say("revisionN", { n: service.current.revision })}` }
          : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!service && !error && <Loading rows={6} />}
      {service && !service.ready && <p class="problem">{service.problem || say("down")}</p>}
      {service?.ready && <TryBody service={service} />}
    </>
  );
}
