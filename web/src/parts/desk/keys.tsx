// What the keyboard does at the desk.
import type { LabelTask } from "../../api/label_types";
import { say } from "../../words/words";
import { type KeyRow, KeysDialog } from "../keys_dialog";

function rowsOf(task: LabelTask): KeyRow[] {
  const classes: KeyRow = [
    ["1", "…", "9", "0", "q", "…"],
    say(task === "multilabel" ? "keyToggle" : task === "classification" ? "keyClass" : "keyMark"),
  ];
  const enter: KeyRow = [["↵"], say(task === "classification" ? "keyAccept" : "saveNext")];
  const own: Record<LabelTask, KeyRow[]> = {
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
  return <KeysDialog rows={rowsOf(task)} close={close} />;
}
