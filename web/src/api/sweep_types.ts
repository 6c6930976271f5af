// Sweeps: trainings of one recipe that differ in some values. A server may be too old to have them.
export type SweepState = "running" | "paused" | "succeeded" | "failed" | "cancelled";
export type TrialPhase = "waiting" | "running" | "reached" | "stopped" | "done" | "failed" | "cancelled";

export interface Trial {
  trial: number;
  phase: TrialPhase;
  rung: number;
  epochs: number;
  run: string;
  job: string;
  values: number[]; // at the end of each rung
  value: number | null;
  parameters: Record<string, unknown>;
  why: string;
}

export interface SweepInShort {
  name: string;
  state: SweepState;
  message: string;
  metric: string;
  goal: "min" | "max";
  rungs: number[];
  dataset: string;
  owner: string;
  created_ms: number;
  updated_ms: number;
  count: number;
  best: Trial | null;
}

export interface Sweep extends Omit<SweepInShort, "count" | "best"> {
  sweep: string;
  recipe: string;
  trials: Trial[];
}
