// The fields of a service's gates as a form has them: texts, of which an empty one is the default.

export interface GateField {
  group: "golden" | "shadow" | "budget" | "rollout" | "cases" | "drift";
  field: string;
  preset: number; // the server's default, which it takes where the field is absent
}

export const GATE_FIELDS: GateField[] = [
  { group: "golden", field: "samples", preset: 2000 },
  { group: "golden", field: "margin", preset: 0.02 },
  { group: "golden", field: "confidence", preset: 0.95 },
  { group: "shadow", field: "percent", preset: 0 },
  { group: "shadow", field: "minimum", preset: 200 },
  { group: "shadow", field: "most_net_loss", preset: 0 },
  { group: "shadow", field: "confidence", preset: 0.95 },
  { group: "budget", field: "p99_ms", preset: 1000 },
  { group: "budget", field: "errors", preset: 0.01 },
  { group: "budget", field: "window_s", preset: 60 },
  { group: "budget", field: "minimum", preset: 100 },
  { group: "cases", field: "below", preset: 0.6 },
  { group: "cases", field: "most", preset: 1000 },
  { group: "drift", field: "stability", preset: 0.25 },
  { group: "drift", field: "sample", preset: 2000 },
  { group: "drift", field: "minimum", preset: 200 },
];
export const PRESET_SHARES = [1, 5, 25, 50, 100];

export interface GateForm {
  texts: Record<string, string>; // "budget.p99_ms" and so on
  golden: string; // a data set; empty: no golden set
  split: string;
  strategy: "blue-green" | "canary";
  shares: string;
  bake: string;
  consent: boolean;
}

export type GatesJson = Record<string, Record<string, unknown> | null | undefined>;
const keyOf = (f: GateField) => `${f.group}.${f.field}`;

export function formOf(gates: GatesJson): GateForm {
  const texts: Record<string, string> = {};
  for (const f of GATE_FIELDS) {
    const value = gates[f.group]?.[f.field];
    texts[keyOf(f)] = typeof value === "number" && value !== f.preset ? String(value) : "";
  }
  const plan = gates.rollout ?? {};
  const shares = Array.isArray(plan.shares) ? (plan.shares as number[]) : PRESET_SHARES;
  const strategy = plan.strategy === "canary" ? "canary" : "blue-green";
  const bake = typeof plan.bake_s === "number" && plan.bake_s !== presetBake(strategy) ? String(plan.bake_s) : "";
  return {
    texts,
    golden: String(gates.golden?.dataset ?? ""),
    split: String(gates.golden?.split ?? "test"),
    strategy,
    shares: shares.join(", "),
    bake,
    consent: gates.cases?.consent === true,
  };
}

export const presetBake = (strategy: GateForm["strategy"]) => (strategy === "canary" ? 60 : 0);

// What the server knows of a group and the form does not: it stays as it was.
function unseen(group: GateField["group"], before: GatesJson, own: string[]): Record<string, unknown> {
  const seen = new Set([...own, ...GATE_FIELDS.filter((f) => f.group === group).map((f) => f.field)]);
  return Object.fromEntries(Object.entries(before[group] ?? {}).filter(([field]) => !seen.has(field)));
}

export function gatesOf(form: GateForm, before: GatesJson): GatesJson {
  const out: GatesJson = {
    golden: null,
    shadow: unseen("shadow", before, []),
    budget: unseen("budget", before, []),
    cases: unseen("cases", before, ["consent"]),
    drift: unseen("drift", before, []),
  };
  if (form.golden !== "") {
    // What else was said of a golden set (its target, its seed) was said of that data set.
    const same = before.golden?.dataset === form.golden;
    out.golden = {
      ...(same ? unseen("golden", before, ["dataset", "split"]) : {}),
      dataset: form.golden,
      split: form.split || "test",
    };
  }
  for (const f of GATE_FIELDS) {
    const text = (form.texts[keyOf(f)] ?? "").trim();
    const group = out[f.group];
    if (text !== "" && group != null) group[f.field] = Number(text);
  }
  out.cases = { ...out.cases, consent: form.consent };
  out.rollout = {
    strategy: form.strategy,
    shares: sharesOf(form.shares),
    ...(form.bake.trim() === "" ? {} : { bake_s: Number(form.bake) }),
  };
  return out;
}

function sharesOf(text: string): number[] {
  const found = text
    .split(/[,\s，]+/)
    .filter((s) => s !== "")
    .map(Number);
  return found.length > 0 ? found : PRESET_SHARES;
}

// The first text that is no number, or "".
export function notANumber(form: GateForm): string {
  const texts = [...Object.values(form.texts), form.bake, ...form.shares.split(/[,\s，]+/)];
  return texts.find((text) => text.trim() !== "" && !Number.isFinite(Number(text))) ?? "";
}
