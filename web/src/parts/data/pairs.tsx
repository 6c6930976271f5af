// Rows that are the same, or almost: beside each other. In two splits they are a leak.
import type { RowPair } from "../../api/rows";
import { say } from "../../words/words";
import { Ledger, Section } from "../layout";
import { RowPicture } from "./row_picture";

const SHOWN = 18;

interface PairsProps {
  reference: string;
  exact: RowPair[];
  near: RowPair[];
  method: string;
  pictures: boolean;
}

function place(p: { split: string; row: number }): string {
  return `${p.split} ${p.row}`;
}

export function PairsSection({ reference, exact, near, method, pictures }: PairsProps) {
  const leaks = (pair: RowPair) => pair.first.split !== pair.again.split;
  // Leaks first: they make a figure look better than it is.
  const pairs = [...exact.map((p) => ({ ...p, same: true })), ...near.map((p) => ({ ...p, same: false }))]
    .sort((a, b) => Number(leaks(b)) - Number(leaks(a)))
    .slice(0, SHOWN);
  if (pairs.length === 0) return null;
  return (
    <Section title={say("alike")} aside={<p>{method ? say("alikeHow", { method }) : say("alikeExact")}</p>}>
      {pictures ? (
        <ul class="pair-cards">
          {pairs.map((pair) => (
            <li key={`${place(pair.first)} ${place(pair.again)}`}>
              <div>
                <RowPicture reference={reference} place={pair.first} />
                <RowPicture reference={reference} place={pair.again} />
              </div>
              <p class={leaks(pair) ? "notable" : "quiet"}>
                {place(pair.first)} · {place(pair.again)}
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <Ledger label={say("alike")}>
          <thead>
            <tr>
              <th scope="col">{say("row")}</th>
              <th scope="col">{say("again")}</th>
              <th scope="col">{say("what")}</th>
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair) => (
              <tr key={`${place(pair.first)} ${place(pair.again)}`}>
                <th scope="row">{place(pair.first)}</th>
                <td class={leaks(pair) ? "notable" : ""}>{place(pair.again)}</td>
                <td>{pair.same ? say("duplicates") : say("nearDuplicates")}</td>
              </tr>
            ))}
          </tbody>
        </Ledger>
      )}
    </Section>
  );
}
