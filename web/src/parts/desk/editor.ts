// What every kind of answer is given: the item, the classes, a way to hand the answer in, and the keyboard.
import type { MutableRef } from "preact/hooks";
import type { LabelItem, LabelValue } from "../../api/label_types";

export type KeyHandler = (event: KeyboardEvent) => boolean; // whether the key was for it

export interface EditorProps {
  item: LabelItem;
  classes: string[];
  give: (value: LabelValue) => void;
  keys: MutableRef<KeyHandler | null>; // set at every drawing; asked before the desk's own keys
}

// What the answer starts from: what was said before (after an undo), else what the model thinks.
export function startOf(item: LabelItem): LabelValue | null {
  return item.mine?.value ?? item.prelabel?.value ?? null;
}
