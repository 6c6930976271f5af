// What keys do, as a list that stays until it is closed.
import { useLayoutEffect, useRef } from "preact/hooks";
import { say } from "../words/words";

export type KeyRow = [string[], string]; // keys, and what they do

export function KeysDialog({ rows, close }: { rows: KeyRow[]; close: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => ref.current?.showModal(), []); // before the next key comes
  return (
    <dialog ref={ref} class="keys" onClose={close} aria-labelledby="keys-title">
      <h2 id="keys-title">{say("keys")}</h2>
      <dl>
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((k) => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">{say("close")}</button>
      </form>
    </dialog>
  );
}
