// The inputs of a model that takes no picture: a field a number where there are few, else the list of them.
import { useState } from "preact/hooks";
import type { TensorInfo } from "../../api/types";
import { oneRow, type Tensor } from "../../lib/ask";
import { say } from "../../words/words";
import type { Asked } from "./asked";
import { Samples } from "./samples";

const MOST_FIELDS = 64;

interface NumbersProps {
  service: string;
  inputs: TensorInfo[];
  ask: (asked: Asked | null) => void;
}

const sizeOf = (input: TensorInfo) => oneRow(input.shape).reduce((a, b) => a * b, 1);

// "1, 2 3" as numbers; null where one is none or their count is another.
export function parseNumbers(text: string, count: number): number[] | null {
  const words = text.split(/[\s,;[\]]+/).filter((w) => w !== "");
  const numbers = words.map(Number);
  return numbers.length === count && numbers.every(Number.isFinite) ? numbers : null;
}

export function Numbers({ service, inputs, ask }: NumbersProps) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const textOf = (input: TensorInfo) => texts[input.name] ?? new Array(sizeOf(input)).fill("0").join(" ");
  const values = inputs.map((input) => parseNumbers(textOf(input), sizeOf(input)));
  const ready = values.every((v) => v !== null);
  const submit = (event: Event) => {
    event.preventDefault();
    const tensors: Tensor[] = inputs.map((input, i) => ({
      name: input.name,
      datatype: input.datatype,
      shape: oneRow(input.shape),
      data: values[i] ?? [],
    }));
    ask({ inputs: tensors });
  };
  const change = (input: TensorInfo, text: string) => setTexts((before) => ({ ...before, [input.name]: text }));
  const sample = (data: number[], label: string | undefined) => {
    const [input] = inputs;
    if (input === undefined) return;
    change(input, data.join(" "));
    const asked = { name: input.name, datatype: input.datatype, shape: oneRow(input.shape), data };
    ask({ inputs: [asked], ...(label === undefined ? {} : { label }) });
  };
  return (
    <>
      <form class="numbers" onSubmit={submit}>
        {inputs.map((input, i) => {
          const size = sizeOf(input);
          const words = textOf(input).split(/\s+/);
          return (
            <fieldset key={input.name}>
              <legend>
                {input.name} <code>{input.type}</code>
              </legend>
              {size <= MOST_FIELDS ? (
                <div class="number-fields">
                  {Array.from({ length: size }, (_, at) => (
                    <input
                      key={at}
                      type="text"
                      inputMode="decimal"
                      aria-label={`${input.name}[${at}]`}
                      value={words[at] ?? "0"}
                      onInput={(e) => {
                        const next = Array.from({ length: size }, (_, k) => words[k] ?? "0");
                        next[at] = e.currentTarget.value.trim() || "0";
                        change(input, next.join(" "));
                      }}
                    />
                  ))}
                </div>
              ) : (
                <textarea
                  rows={8}
                  aria-label={input.name}
                  value={textOf(input)}
                  onInput={(e) => change(input, e.currentTarget.value)}
                />
              )}
              {values[i] === null && <p class="told-error">{say("numbersWanted", { n: size })}</p>}
            </fieldset>
          );
        })}
        <button type="submit" class="primary" disabled={!ready}>
          {say("askIt")}
        </button>
      </form>
      {inputs.length === 1 && <Samples service={service} size={null} pick={sample} />}
    </>
  );
}
