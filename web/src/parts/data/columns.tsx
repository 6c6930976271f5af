// The columns of a data set: what is in each, how it is spread, what is missing, and whose data it may be.
import type { Column, ColumnProfile, SplitProfile } from "../../api/types";
import { figure, whole } from "../../lib/format";
import { say } from "../../words/words";
import { Ledger, Section } from "../layout";

const shapeText = (c: Column) => `${c.dtype}${c.shape.length > 0 ? `[${c.shape.join("×")}]` : ""}`;

// From the least to the most, the middle half thick, the median a line; 1% and 99% thin.
function Spread({ column }: { column: ColumnProfile }) {
  const { min, max, quantiles } = column;
  if (min === undefined || max === undefined || quantiles === undefined || max <= min) return null;
  const at = (q: number) => quantiles.find(([p]) => Math.abs(p - q) < 1e-6)?.[1];
  const x = (value: number | undefined) => (100 * ((value ?? min) - min)) / (max - min);
  const text = quantiles.map(([p, v]) => `${Math.round(100 * p)}%: ${figure(v)}`).join(", ");
  return (
    <svg class="spread" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={text}>
      <title>{text}</title>
      <line class="rail-line" x1="0" y1="6" x2="100" y2="6" />
      <line class="most-of" x1={x(at(0.05))} y1="6" x2={x(at(0.95))} y2="6" />
      <line class="between" x1={x(at(0.25))} y1="6" x2={x(at(0.75))} y2="6" />
      <line class="point" x1={x(at(0.5))} y1="0" x2={x(at(0.5))} y2="12" />
    </svg>
  );
}

// Of classes, numbers say nothing.
const measured = (c: ColumnProfile, value: number | undefined) => (c.kind === "class" ? "" : figure(value));

function personalText(c: ColumnProfile): string {
  return Object.entries(c.personal ?? {})
    .filter(([, n]) => n > 0)
    .map(([kind, n]) => `${kind} ${whole(n)}`)
    .join(", ");
}

export function ColumnsSection({ splits }: { splits: SplitProfile[] }) {
  const columns = splits[0]?.columns ?? [];
  const spread = columns.some((c) => c.quantiles !== undefined && c.quantiles.length > 0);
  const personal = columns.some((c) => personalText(c) !== "");
  return (
    <Section title={say("columns")} aside={<p>{say("columnsHow", { split: splits[0]?.name ?? "" })}</p>}>
      <Ledger label={say("columns")}>
        <thead>
          <tr>
            <th scope="col">{say("name")}</th>
            <th scope="col">{say("kind")}</th>
            <th scope="col">{say("type")}</th>
            <th scope="col" class="n">
              {say("least")}
            </th>
            {spread && <th scope="col">{say("spread")}</th>}
            <th scope="col" class="n">
              {say("most")}
            </th>
            <th scope="col" class="n">
              {say("mean")}
            </th>
            <th scope="col" class="n">
              {say("deviation")}
            </th>
            <th scope="col" class="n">
              {say("missing")}
            </th>
            <th scope="col" class="n">
              {say("distinct")}
            </th>
            {personal && <th scope="col">{say("personalShort")}</th>}
          </tr>
        </thead>
        <tbody>
          {columns.map((c) => (
            <tr key={c.name}>
              <th scope="row">{c.name}</th>
              <td>{c.kind}</td>
              <td>
                <code>{shapeText(c)}</code>
              </td>
              <td class="n">{measured(c, c.min)}</td>
              {spread && (
                <td class="spread-cell">
                  <Spread column={c} />
                </td>
              )}
              <td class="n">{measured(c, c.max)}</td>
              <td class="n">{measured(c, c.mean)}</td>
              <td class="n">{measured(c, c.std)}</td>
              <td class={(c.missing ?? 0) > 0 ? "n notable" : "n"}>{figure(c.missing)}</td>
              <td class="n">{figure(c.distinct)}</td>
              {personal && <td class="notable">{personalText(c)}</td>}
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}
