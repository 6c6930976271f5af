// What the keyboard does everywhere: "/" searches, "g" and a letter goes, "?" tells.
import { useEffect } from "preact/hooks";
import { useSignal } from "../lib/signal";
import { type KeyRow, KeysDialog } from "../parts/keys_dialog";
import { say } from "../words/words";
import { go } from "./router";
import { keysShown, SECTIONS, searchShown } from "./sections";

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

function PageKeys() {
  const rows: KeyRow[] = [
    [["/"], say("search")],
    ...SECTIONS.map(([, word, letter]): KeyRow => [["g", letter], say(word)]),
    [["?"], say("keys")],
    [["Esc"], say("close")],
  ];
  return <KeysDialog rows={rows} close={() => keysShown.set(false)} />;
}

export function Keys() {
  useEffect(listen, []);
  return useSignal(keysShown) ? <PageKeys /> : null;
}
