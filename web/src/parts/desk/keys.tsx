// What the keyboard does at the desk.
import type { LabelTask } from "../../api/label_types";
import { say } from "../../words/words";
import { type KeyRow, KeysDialog } from "../keys_dialog";

// Where a text is typed, with Ctrl.
function playerRows(typed: boolean): KeyRow[] {
  const ctrl = typed ? ["Ctrl"] : [];
  return [
    [[...ctrl, "Space"], say("keyPlay")],
    [[...ctrl, "←"], say("keyBack")],
    [[...ctrl, "↑", "↓"], say("keySpeed")],
  ];
}

function rowsOf(task: LabelTask, sound: boolean): KeyRow[] {
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
    transcript: [enter, [["Shift", "↵"], say("keyNewLine")], [["Esc"], say("keyLeave")]],
  };
  return [
    ...own[task],
    ...(sound ? playerRows(task === "transcript") : []),
    [["z"], say("undo")],
    [["s"], say("skipItem")],
    [["?"], say("keys")],
  ];
}

export function DeskKeys({ task, sound, close }: { task: LabelTask; sound: boolean; close: () => void }) {
  return <KeysDialog rows={rowsOf(task, sound)} close={close} />;
}
