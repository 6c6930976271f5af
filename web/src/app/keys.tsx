// What the keyboard does everywhere: "/" searches, "g" and a letter goes, "?" tells.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Signal, useSignal } from "../lib/signal";
import { say } from "../words/words";
import { SECTIONS } from "./rail";
import { go } from "./router";
import { searchShown } from "./search";

export const keysShown = new Signal(false);
const CHORD_MS = 1500;

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

function listen(): () => void {
  let chordUntil = 0;
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]") !== null) return;
    const now = performance.now();
    if (now < chordUntil) {
      chordUntil = 0;
      const section = SECTIONS.find(([, , letter]) => letter === event.key);
      if (section !== undefined) {
        event.preventDefault();
        go(`#/${section[0]}`);
        return;
      }
    }
    if (event.key === "g") chordUntil = now + CHORD_MS;
    else if (event.key === "/") searchShown.set(true);
    else if (event.key === "?") keysShown.set(true);
    else return;
    event.preventDefault();
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

function KeysDialog() {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => ref.current?.showModal(), []); // before the next key comes
  const rows: [string[], string][] = [
    [["/"], say("search")],
    ...SECTIONS.map(([, word, letter]): [string[], string] => [["g", letter], say(word)]),
    [["?"], say("keys")],
    [["Esc"], say("close")],
  ];
  return (
    <dialog ref={ref} class="keys" onClose={() => keysShown.set(false)} aria-labelledby="keys-title">
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

export function Keys() {
  useEffect(listen, []);
  return useSignal(keysShown) ? <KeysDialog /> : null;
}
