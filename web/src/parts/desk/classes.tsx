// One class, or any number of them: a button and a key each. What the model thinks is marked, not chosen.
import { useState } from "preact/hooks";
import type { LabelItem } from "../../api/label_types";
import { share } from "../../lib/format";
import { classOfKey, keyOf } from "../../lib/label_keys";
import { say } from "../../words/words";
import { type EditorProps, startOf } from "./editor";

function Guess({ confidence }: { confidence: number | null }) {
  return (
    <span class="guess">
      {confidence !== null && <span class="number">{share(confidence, 0)}</span>}
      <kbd>{"↵"}</kbd>
    </span>
  );
}

function title(item: LabelItem): string | undefined {
  return item.prelabel === null ? undefined : say("modelThinks");
}

export function OneClass({ item, classes, give, keys }: EditorProps) {
  const guess = item.prelabel?.value.class;
  const before = item.mine?.value?.class;
  keys.current = (event) => {
    const chosen = event.key === "Enter" ? guess : classOfKey(event.key, classes);
    if (chosen === undefined) return false;
    give({ class: chosen });
    return true;
  };
  return (
    <ol class="class-list">
      {classes.map((name, i) => (
        <li key={name}>
          <button
            type="button"
            class={name === guess ? "guessed" : ""}
            title={name === guess ? title(item) : undefined}
            aria-pressed={name === before}
            onClick={() => give({ class: name })}
          >
            <kbd>{keyOf(i)}</kbd>
            <span>{name}</span>
            {name === guess && <Guess confidence={item.prelabel?.confidence ?? null} />}
          </button>
        </li>
      ))}
    </ol>
  );
}

export function ManyClasses({ item, classes, give, keys }: EditorProps) {
  const [chosen, choose] = useState<string[]>(startOf(item)?.classes ?? []);
  const toggle = (name: string) =>
    choose((now) => (now.includes(name) ? now.filter((n) => n !== name) : [...now, name]));
  const save = () => give({ classes: classes.filter((name) => chosen.includes(name)) });
  keys.current = (event) => {
    if (event.key === "Enter") {
      save();
      return true;
    }
    const name = classOfKey(event.key, classes);
    if (name === undefined) return false;
    toggle(name);
    return true;
  };
  const guesses = item.prelabel?.value.classes ?? [];
  return (
    <>
      <ol class="class-list">
        {classes.map((name, i) => (
          <li key={name}>
            <button
              type="button"
              class={guesses.includes(name) ? "guessed" : ""}
              title={guesses.includes(name) ? title(item) : undefined}
              aria-pressed={chosen.includes(name)}
              onClick={() => toggle(name)}
            >
              <kbd>{keyOf(i)}</kbd>
              <span>{name}</span>
            </button>
          </li>
        ))}
      </ol>
      <SaveButton save={save} />
    </>
  );
}

export function SaveButton({ save }: { save: () => void }) {
  return (
    <button type="button" class="primary save" onClick={save}>
      {say("saveNext")} <kbd>{"↵"}</kbd>
    </button>
  );
}

interface PaletteProps {
  classes: string[];
  current: string;
  pick: (name: string) => void;
}

// The class that the next box or span gets, each in a colour of its own.
export function Palette({ classes, current, pick }: PaletteProps) {
  return (
    <ol class="class-list palette">
      {classes.map((name, i) => (
        <li key={name}>
          <button type="button" aria-pressed={name === current} onClick={() => pick(name)}>
            <kbd>{keyOf(i)}</kbd>
            <i class={`dot data-${i % 8}`} aria-hidden="true" />
            <span>{name}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
