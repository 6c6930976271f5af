// The fields of one cleaning step.
import type { Column } from "../../api/types";
import type { Step } from "../../lib/clean_steps";
import { say } from "../../words/words";

interface FieldsProps {
  step: Step;
  columns: Column[];
  change: (changes: Partial<Step>) => void;
}

const TYPES = ["number", "i64", "f64", "class", "text"];
const PERSONAL = ["mail", "phone", "card", "identity", "name"];

interface ChipsProps {
  name: string;
  options: string[];
  chosen: string[];
  change: (chosen: string[]) => void;
}

function Chips({ name, options, chosen, change }: ChipsProps) {
  return (
    <fieldset class="chips">
      <legend>{name}</legend>
      {options.map((option) => (
        <label key={option} class="check-label">
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={(e) => change(e.currentTarget.checked ? [...chosen, option] : chosen.filter((o) => o !== option))}
          />
          {option}
        </label>
      ))}
    </fieldset>
  );
}

interface TextProps {
  name: string;
  value: string;
  example?: string;
  change: (value: string) => void;
}

function Text({ name, value, example, change }: TextProps) {
  return (
    <label>
      <span>{name}</span>
      <input
        type="text"
        autocomplete="off"
        value={value}
        {...(example === undefined ? {} : { placeholder: example })}
        onInput={(e) => change(e.currentTarget.value)}
      />
    </label>
  );
}

interface PickProps {
  name: string;
  value: string;
  options: [string, string][];
  change: (value: string) => void;
}

function Pick({ name, value, options, change }: PickProps) {
  return (
    <label>
      <span>{name}</span>
      <select value={value} onChange={(e) => change(e.currentTarget.value)}>
        {options.map(([key, word]) => (
          <option key={key} value={key}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

const same = (names: string[]): [string, string][] => names.map((n) => [n, n]);

function Names({ step, columns, change }: FieldsProps) {
  const known = columns.find((c) => c.name === step.column)?.classes ?? [];
  const set = (at: number, pair: [string, string]) =>
    change({ names: step.names.map((n, i) => (i === at ? pair : n)) });
  return (
    <div class="name-pairs">
      {step.names.map(([from, to], i) => (
        <div key={i}>
          {known.length > 0 ? (
            <Pick
              name={say("oldLabel")}
              value={from}
              options={[["", "–"], ...same(known)]}
              change={(value) => set(i, [value, to])}
            />
          ) : (
            <Text name={say("oldLabel")} value={from} change={(value) => set(i, [value, to])} />
          )}
          <span aria-hidden="true">→</span>
          <Text name={say("newLabel")} value={to} change={(value) => set(i, [from, value])} />
        </div>
      ))}
      <button type="button" class="plain" onClick={() => change({ names: [...step.names, ["", ""]] })}>
        {say("oneMore")}
      </button>
    </div>
  );
}

export function StepFields({ step, columns, change }: FieldsProps) {
  const names = columns.map((c) => c.name);
  const column = (
    <Pick
      name={say("column")}
      value={step.column}
      options={same(names)}
      change={(value) => change({ column: value })}
    />
  );
  const where = (
    <Text
      name={say("rowsWhere")}
      value={step.where}
      example={say("whereLike")}
      change={(value) => change({ where: value })}
    />
  );
  const columnChips = (name: string) => (
    <Chips name={name} options={names} chosen={step.columns} change={(chosen) => change({ columns: chosen })} />
  );
  switch (step.kind) {
    case "drop":
      return columnChips(say("columns"));
    case "deduplicate":
      return columnChips(say("sameIn"));
    case "filter":
      return where;
    case "fill":
      return (
        <>
          {column}
          <Pick
            name={say("fillWith")}
            value={step.how}
            options={[
              ["mean", say("mean")],
              ["median", say("median")],
              ["mode", say("mode")],
              ["value", say("aValue")],
            ]}
            change={(how) => change({ how })}
          />
          {step.how === "value" && (
            <Text name={say("aValue")} value={step.value} change={(value) => change({ value })} />
          )}
        </>
      );
    case "cast":
      return (
        <>
          {column}
          <Pick name={say("type")} value={step.type} options={same(TYPES)} change={(type) => change({ type })} />
          <label class="check-label">
            <input
              type="checkbox"
              checked={step.orMissing}
              onChange={(e) => change({ orMissing: e.currentTarget.checked })}
            />
            {say("elseMissing")}
          </label>
        </>
      );
    case "relabel":
      return (
        <>
          {column}
          <Pick
            name={say("relabelHow")}
            value={step.how}
            options={[
              ["from", say("byName")],
              ["where", say("byCondition")],
            ]}
            change={(how) => change({ how })}
          />
          {step.how === "from" ? (
            <Names step={step} columns={columns} change={change} />
          ) : (
            <>
              {where}
              <Text name={say("newLabel")} value={step.value} change={(value) => change({ value })} />
            </>
          )}
        </>
      );
    case "mask":
      return (
        <>
          {column}
          {where}
          <Chips name={say("maskOnly")} options={PERSONAL} chosen={step.what} change={(what) => change({ what })} />
        </>
      );
  }
}
