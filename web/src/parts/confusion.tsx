// What was taken for what: rows are the true classes, columns the answers. Each cell says its share of the row by its
// shade and its count in figures.
import { share, whole } from "../lib/format";
import { say } from "../words/words";

export function Confusion({ matrix, classes }: { matrix: number[][]; classes: string[] }) {
  const name = (i: number) => classes[i] ?? String(i);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="ledger confusion" aria-label={say("confusion")} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              {say("truth")} <span aria-hidden="true">↓</span>
            </th>
            {matrix.map((_, i) => (
              <th scope="col" key={name(i)} class="turned">
                <span>{name(i)}</span>
              </th>
            ))}
            <th scope="col">{say("recall")}</th>
          </tr>
        </thead>
        <tbody>
          {matrix.map((row, i) => {
            const total = row.reduce((a, b) => a + b, 0);
            return (
              <tr key={name(i)}>
                <th scope="row">{name(i)}</th>
                {row.map((value, j) => {
                  const part = total > 0 ? value / total : 0;
                  const kind = i === j ? "right" : "wrong";
                  const level = value === 0 ? 0 : Math.min(5, 1 + Math.floor((i === j ? part : 3 * part) * 5));
                  return (
                    <td key={name(j)} class={`${kind} level-${level}`} title={`${name(i)} → ${name(j)}`}>
                      {value > 0 ? whole(value) : ""}
                    </td>
                  );
                })}
                <td>{total > 0 ? share((row[i] ?? 0) / total, 0) : ""}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

interface IntervalProps {
  value: number;
  low: number | undefined;
  high: number | undefined;
}

// A share with its confidence interval, on a line from 0 to 1.
export function Interval({ value, low, high }: IntervalProps) {
  const from = low ?? value;
  const to = high ?? value;
  return (
    <svg class="interval" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <line class="rail-line" x1="0" y1="4" x2="100" y2="4" />
      <line class="between" x1={100 * from} y1="4" x2={100 * to} y2="4" />
      <line class="point" x1={100 * value} y1="0" x2={100 * value} y2="8" />
    </svg>
  );
}
