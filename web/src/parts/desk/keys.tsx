// What the keyboard does at the desk.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { LabelTask } from "../../api/label_types";
import { say } from "../../words/words";

function rowsOf(task: LabelTask): [string[], string][] {
  const classes: [string[], string] = [
    ["1", "…", "9", "0", "q", "…"],
    say(task === "multilabel" ? "keyToggle" : task === "classification" ? "keyClass" : "keyMark"),
  ];
  const enter: [string[], string] = [["↵"], say(task === "classification" ? "keyAccept" : "saveNext")];
  const own: Record<LabelTask, [string[], string][]> = {
    classification: [classes, enter],
    multilabel: [classes, enter],
    boxes: [
      classes,
      [["n"], say("keyNewBox")],
      [["p"], say("keyNextBox")],
      [["←", "→", "↑", "↓"], say("keyMove")],
      [["Shift", "→"], say("keySize")],
      [["Del"], say("removeMark")],
      enter,
    ],
    spans: [
      [["←", "→"], say("keyWord")],
      [["Shift", "→"], say("keyExtend")],
      classes,
      [["Del"], say("removeMark")],
      enter,
    ],
    transcript: [
      enter,
      [["Shift", "↵"], say("keyNewLine")],
      [["Ctrl", "Space"], say("keyPlay")],
      [["Ctrl", "←"], say("keyBack")],
      [["Esc"], say("keyLeave")],
    ],
  };
  return [...own[task], [["z"], say("undo")], [["s"], say("skipItem")], [["?"], say("keys")]];
}

export function DeskKeys({ task, close }: { task: LabelTask; close: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} class="keys" onClose={close} aria-labelledby="keys-title">
      <h2 id="keys-title">{say("keys")}</h2>
      <dl>
        {rowsOf(task).map(([keys, what]) => (
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
