// Everything by its name: "/" opens it, arrows choose, Enter goes.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useResource } from "../api/resource";
import type { Overview } from "../api/types";
import { useSignal } from "../lib/signal";
import { say } from "../words/words";
import { go, link } from "./router";
import { SECTIONS, searchShown } from "./sections";
import { may, session } from "./session";

const MOST = 12;

interface Hit {
  name: string;
  kind: string;
  to: string;
}

function everything(all: Overview | undefined): Hit[] {
  const hits: Hit[] = SECTIONS.map(([path, word]) => ({ name: say(word), kind: say("page"), to: `#/${path}` }));
  if (all === undefined) return hits;
  for (const s of all.services) {
    hits.push({ name: s.name, kind: say("service"), to: link("services", s.name) });
    hits.push({ name: s.name, kind: say("tryIt"), to: link("services", s.name, "try") });
  }
  for (const m of all.models) hits.push({ name: m.name, kind: say("model"), to: link("models", m.name) });
  for (const d of all.datasets) hits.push({ name: d.name, kind: say("dataset"), to: link("data", d.name) });
  for (const r of all.runs) hits.push({ name: r.id, kind: say("run"), to: link("runs", r.id) });
  return hits;
}

// What begins with the words first, then what holds them.
function find(hits: Hit[], text: string): Hit[] {
  const wanted = text.trim().toLowerCase();
  const rank = (hit: Hit) => hit.name.toLowerCase().indexOf(wanted);
  return hits
    .filter((hit) => rank(hit) >= 0)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MOST);
}

function SearchDialog() {
  const ref = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  useSignal(session);
  const { data } = useResource<Overview>(may("read") ? "/console/overview" : null);
  useLayoutEffect(() => ref.current?.showModal(), []); // before the next key comes
  const hits = find(everything(data), text);
  const chosen = Math.min(at, hits.length - 1);
  const open = (hit: Hit | undefined) => {
    if (hit === undefined) return;
    ref.current?.close();
    go(hit.to);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && hits.length > 0) setAt((chosen + step + hits.length) % hits.length);
    else if (event.key === "Enter") open(hits[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={ref} class="search" onClose={() => searchShown.set(false)} aria-label={say("search")}>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="hits"
        aria-activedescendant={hits.length > 0 ? `hit-${chosen}` : ""}
        aria-label={say("search")}
        placeholder={say("searchHint")}
        value={text}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div id="hits" role="listbox" aria-label={say("search")}>
        {hits.map((hit, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          <div
            key={hit.to}
            id={`hit-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            onClick={() => open(hit)}
          >
            <span>{hit.name}</span>
            <small>{hit.kind}</small>
          </div>
        ))}
      </div>
      {hits.length === 0 && <p class="quiet">{say("nothingFound")}</p>}
    </dialog>
  );
}

export function Search() {
  return useSignal(searchShown) ? <SearchDialog /> : null;
}
