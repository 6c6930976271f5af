// The state of a thing as grains: loose powder waits, touching grains are at work, one solid part is done, a cracked one
// failed. The shapes differ, so that no state is told by its colour alone.
import type { JobState, RunState } from "../api/types";
import { say } from "../words/words";

export type Grain = "waiting" | "working" | "done" | "failed" | "ended" | "refused";

export function grainOfRun(state: RunState): Grain {
  switch (state) {
    case "created":
    case "paused":
      return "waiting";
    case "running":
      return "working";
    case "succeeded":
      return "done";
    case "failed":
      return "failed";
    case "cancelled":
      return "ended";
  }
}

export function grainOfJob(state: JobState): Grain {
  switch (state) {
    case "queued":
      return "waiting";
    case "starting":
    case "running":
    case "stopping":
      return "working";
    case "succeeded":
      return "done";
    case "failed":
      return "failed";
    case "cancelled":
      return "ended";
  }
}

const SOLID =
  "M5 1.5h6.2a3.3 3.3 0 0 1 3.3 3.3v6.4a3.3 3.3 0 0 1-3.3 3.3H4.8a3.3 3.3 0 0 1-3.3-3.3V5a3.5 3.5 0 0 1 3.5-3.5z";

function Shape({ state }: { state: Grain }) {
  switch (state) {
    case "waiting":
      return (
        <g>
          <circle cx="4" cy="4.5" r="2.2" />
          <circle cx="12" cy="6" r="2.2" />
          <circle cx="6.5" cy="12" r="2.2" />
        </g>
      );
    case "working":
      return (
        <g>
          <circle cx="5" cy="5.5" r="3.4" />
          <circle cx="11" cy="5.5" r="3.4" />
          <circle cx="8" cy="10.8" r="3.4" />
        </g>
      );
    case "done":
      return <path d={SOLID} />;
    case "failed":
      return (
        <g>
          <path d={SOLID} />
          <path class="crack" d="M9.5 0 6.5 5.5l3.5 3-3.2 3.2L8.5 16" />
        </g>
      );
    case "ended":
      return <path class="hollow" d={SOLID} />;
    case "refused":
      return (
        <g>
          <path class="hollow" d={SOLID} />
          <path class="bar" d="M4.5 8h7" />
        </g>
      );
  }
}

// Decoration beside a word that says the same; alone, it names itself.
export function GrainMark({ state, alone = false }: { state: Grain; alone?: boolean }) {
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has a label, or is hidden
    <svg
      class={`grain grain-${state}`}
      viewBox="0 0 16 16"
      {...(alone ? { role: "img", "aria-label": say(`grain_${state}`) } : { "aria-hidden": "true" })}
    >
      <Shape state={state} />
    </svg>
  );
}

export function State({ state, word }: { state: Grain; word: string }) {
  return (
    <span class={`state state-${state}`}>
      <GrainMark state={state} />
      {word}
    </span>
  );
}
