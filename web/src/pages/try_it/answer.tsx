// What a service answered: classes in the order of their probability, or the numbers as they are.
import type { Answer, Tensor } from "../../lib/ask";
import { figure, share } from "../../lib/format";
import { say } from "../../words/words";

export interface Shown {
  answer?: Answer;
  label?: string;
  error?: string;
}

const RANKED = 5;
const NUMBERS = 200; // of one output, shown

function Classes({ output, classes }: { output: Tensor; classes: string[] }) {
  const ranked = output.data
    .map((p, i): [number, string] => [p, classes[i] ?? String(i)])
    .sort(([a], [b]) => b - a)
    .slice(0, RANKED);
  return (
    <ol id="answer">
      {ranked.map(([p, name]) => (
        <li key={name}>
          <span>{name}</span>
          <div class="bar">
            <i style={{ width: `${(100 * p).toFixed(1)}%` }} />
          </div>
          <span class="number">{share(p)}</span>
        </li>
      ))}
    </ol>
  );
}

function Plain({ output }: { output: Tensor }) {
  return (
    <div class="plain-output">
      <p>
        {output.name} <code>{`${output.datatype}[${output.shape.join("×")}]`}</code>
      </p>
      <pre class="text-block">
        {output.data
          .slice(0, NUMBERS)
          .map((v) => figure(v))
          .join("  ")}
      </pre>
    </div>
  );
}

export function AnswerBox({ shown, classes, picture }: { shown: Shown; classes: string[]; picture: boolean }) {
  const { answer, label, error } = shown;
  const [first] = answer?.outputs ?? [];
  const ranked = first !== undefined && classes.length > 0 && first.data.length === classes.length;
  const told = answer
    ? [
        say("told", { revision: answer.revision, ms: answer.ms.toFixed(1) }),
        ...(label === undefined ? [] : [say("itsLabel", { label })]),
      ].join(" · ")
    : (error ?? say(picture ? "drawHint" : "numbersHint"));
  return (
    <section class="answer" aria-label={say("answer")} aria-live="polite">
      {ranked && first && <Classes output={first} classes={classes} />}
      {answer && !ranked && answer.outputs.map((output) => <Plain key={output.name} output={output} />)}
      <p id="told" class={error === undefined ? "quiet" : "told-error"} role={error === undefined ? "status" : "alert"}>
        {told}
      </p>
    </section>
  );
}
