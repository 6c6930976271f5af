// Which key stands for which class, and what a value is in words.
import type { LabelValue } from "../api/label_types";

// Digits first, then letters that no command of the desk needs (z takes back, s skips, n and p go on and back).
const KEYS = "1234567890qwertyuioadfghjklxcvbm";

export function keyOf(index: number): string {
  return KEYS[index] ?? "";
}

export function classOfKey(key: string, classes: string[]): string | undefined {
  const at = KEYS.indexOf(key.toLowerCase());
  return key.length === 1 && at >= 0 ? classes[at] : undefined;
}

export function words(value: LabelValue | null | undefined): string {
  if (value == null) return "";
  if (value.class !== undefined) return value.class;
  if (value.classes !== undefined) return value.classes.join(", ");
  if (value.boxes !== undefined) return counted(value.boxes.map((b) => b.class));
  if (value.spans !== undefined) return counted(value.spans.map((s) => s.class));
  return value.text ?? "";
}

// "cat ×2, dog"
function counted(classes: string[]): string {
  const counts = new Map<string, number>();
  for (const name of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, n]) => (n > 1 ? `${name} ×${n}` : name)).join(", ");
}

// Two values that say the same have the same text.
export function sameness(value: LabelValue | null | undefined): string {
  if (value == null) return "";
  if (value.classes !== undefined) return JSON.stringify([...value.classes].sort());
  return JSON.stringify(value);
}
