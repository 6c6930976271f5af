// What the server's own interface answers, as far as the console reads it.

import type { RowPair } from "./rows";

export interface Version {
  name: string;
  ref: string;
  number: number;
  id: string;
  bytes: number;
  details: Details;
  created_ms: number;
  created_by: string;
  manifest?: { files: ManifestFile[] };
}

export interface ManifestFile {
  path: string;
  sha256: string;
  size: number;
}

export interface Details {
  dataset?: string;
  run?: string;
  source?: string;
  from?: { ref: string; id: string }; // of a cleaned data set
  steps?: Record<string, unknown>[];
  figures?: Record<string, number>;
  confusion?: number[][];
}

export interface Repository {
  name: string;
  latest: number;
  created_ms: number;
  updated_ms: number;
  created_by: string;
}

export interface Items<T> {
  items: T[];
}

export interface Column {
  name: string;
  kind: string;
  dtype: string;
  shape: number[];
  classes?: string[];
}

export interface ColumnProfile extends Column {
  min?: number;
  max?: number;
  mean?: number;
  std?: number;
  not_finite?: number;
  missing?: number;
  distinct?: number;
  quantiles?: [number, number][]; // share and value
  personal?: Record<string, number>; // values in which that kind of personal data stands
}

export interface SplitProfile {
  name: string;
  rows: number;
  duplicates: number;
  contradictions: number;
  in_earlier_splits: number;
  near_duplicates: number;
  near_in_earlier_splits: number;
  classes?: { name: string; rows: number }[];
  columns: ColumnProfile[];
}

export interface DatasetProfile {
  version: Version;
  dataset: { columns: Column[]; splits: { name: string; rows: number }[] };
  profile: {
    splits: SplitProfile[];
    duplicate_examples?: RowPair[];
    near_examples?: RowPair[];
    near_method?: string;
  };
}

export type RunState = "created" | "running" | "succeeded" | "failed" | "cancelled" | "paused";

export interface Attempt {
  number: number;
  from_step: number;
  started_ms: number;
  ended_ms: number;
  outcome: RunState;
  message: string;
}

export interface Checkpoint {
  step: number;
  manifest: string;
  bytes: number;
  at_ms: number;
}

export interface Run {
  id: string;
  state: RunState;
  step: number;
  steps: number;
  ranks: number;
  attempt: number;
  dataset: string;
  model: string;
  message: string;
  recipe: string;
  attempts: Attempt[];
  checkpoints: Checkpoint[];
  created_ms: number;
  created_by: string;
}

export interface Series {
  points: number;
  steps: number[];
  // What JSON has no number for is a word: "nan", "inf", "-inf".
  mean: (number | string)[];
  least: (number | string)[];
  most: (number | string)[];
  wall_ms: number[];
}

export interface Revision {
  revision: string;
  model: string;
}

export interface RolloutEntry {
  at_ms: number;
  by: string;
  what: string;
  from: Revision | null;
  to: Revision | null;
  decision: string;
  reason: string;
  figures: Record<string, number>;
}

export interface TensorInfo {
  name: string;
  datatype: string;
  shape: number[];
  type: string;
}

export interface SignatureTensor {
  name: string;
  dtype: string;
  shape: number[];
  activation?: string;
}

export interface Signature {
  task: string;
  classes?: string[];
  inputs: SignatureTensor[];
  outputs: SignatureTensor[];
}

export interface Service {
  name: string;
  model: string;
  open: boolean;
  batching: { max_rows: number; budget_us: number; queue: number; workers: number };
  current: Revision | null;
  previous: Revision | null;
  ready: boolean;
  problem: string;
  history?: RolloutEntry[];
  gates?: Gates;
  rollout?: string | null; // the one under way
  created_ms: number;
  created_by: string;
  inputs?: TensorInfo[];
  outputs?: TensorInfo[];
  applied_max_rows?: number;
  signature?: Signature | null;
}

export interface Histogram {
  count: number;
  bounds_ms: number[];
  buckets: number[];
}

export interface TrafficStats {
  revision?: string;
  succeeded: number;
  failed: number;
  refused: number;
  invalid: number;
  cancelled: number;
  queued: number;
  running: number;
  latency: Histogram;
  queue_time: Histogram;
  batches: { count: number; mean_rows: number };
}

export interface ServiceStats {
  name: string;
  ready: boolean;
  current: string;
  total: TrafficStats;
  revisions: TrafficStats[];
}

export interface ServiceSamples {
  dataset: string;
  split: string;
  shape: number[];
  datatype: string;
  classes: string[];
  items: { row: number; data: number[]; label?: number }[];
}

export interface RunInShort {
  id: string;
  state: RunState;
  step: number;
  steps: number;
  ranks: number;
  attempt: number;
  dataset: string;
  model: string;
  message: string;
  created_ms: number;
  created_by: string;
  started_ms: number;
  ended_ms: number;
  took_ms: number;
}

export interface ServiceInShort {
  name: string;
  ready: boolean;
  problem: string;
  revision: string;
  model: string;
  succeeded?: number;
  failed?: number;
}

export interface RepositoryInShort {
  name: string;
  latest: number;
  updated_ms: number;
}

export type AttentionKind = "run_failed" | "service_down" | "rollout_refused" | "retention_due" | "disk_low";

export interface Attention {
  kind: AttentionKind;
  name: string;
  at_ms: number;
  message: string;
}

export interface Overview {
  version: string;
  now_ms: number;
  runs: RunInShort[];
  services: ServiceInShort[];
  datasets: RepositoryInShort[];
  models: RepositoryInShort[];
  disk: { free: number; total: number } | null;
  attention: Attention[];
}

export interface Session {
  signed_in: boolean;
  services_are_open: boolean;
  name?: string;
  scope?: "read" | "write" | "admin";
  expires_ms?: number;
}

export type JobState = "queued" | "starting" | "running" | "stopping" | "succeeded" | "failed" | "cancelled";

export interface JobAttempt {
  number: number;
  started_ms: number;
  ended_ms: number;
  exit_code: number;
  exit_signal: number;
  stopped: string;
  lost: boolean;
  message: string;
}

export interface Job {
  id: string;
  state: JobState;
  reason: string;
  attempt: number;
  failures: number;
  attempts: JobAttempt[];
  submitted_ms: number;
  submitted_by: string;
  spec: {
    title: string;
    owner: string;
    command: string[];
    cpus: number;
    memory_bytes: number;
    priority: number;
    time_limit_s: number;
    retries: number;
    preemptible: boolean;
    network: boolean;
    after: string[];
    run: string;
  };
}

export interface JobLog {
  text: string;
  next: number;
  ended: boolean;
}

export interface JobQueue {
  cpus: number;
  memory_bytes: number;
  isolation: string;
}

export type RolloutState =
  | "loading"
  | "golden"
  | "shadow"
  | "canary"
  | "baking"
  | "paused"
  | "done"
  | "refused"
  | "aborted"
  | "rolled_back";

// A decision and the state that it led to.
export interface RolloutStep {
  at_ms: number;
  by: string;
  state: RolloutState;
  share?: number;
  decision: string;
  reason: string;
  figures: Record<string, number>;
}

export interface Gates {
  golden: { dataset: string; split: string; samples: number; margin: number; confidence: number } | null;
  shadow: { percent: number; minimum: number };
  budget: { p99_ms: number; errors: number; window_s: number; minimum: number };
  rollout: { strategy: string; shares: number[]; bake_s: number };
}

// A request that the two revisions answered differently; a class of -1 is none.
export interface Disagreement {
  id: string;
  live_class: number;
  candidate_class: number;
  label: number;
  live: number[];
  candidate: number[];
}

export interface Rollout {
  name: string;
  service: string;
  from: Revision | null;
  to: Revision | null;
  state: RolloutState;
  over: boolean;
  paused_from: RolloutState | null;
  share: number;
  seconds: number;
  reason: string;
  figures: Record<string, number>;
  examples: Disagreement[];
  history: RolloutStep[];
  gates: Gates;
  by: string;
  asked_ms: number;
}

export interface DriftMeasure {
  name: string;
  drifted: boolean;
  stability_index: number;
  by_chance: number;
  ks_distance?: number;
  reference_mean?: number;
  live_mean?: number;
}

export interface Drift {
  verdict: string;
  drifted: boolean;
  live_sample: number;
  reference_sample: number;
  minimum: number;
  dataset: string;
  measures: DriftMeasure[]; // those that drifted first
  unwatched?: number; // inputs and outputs for which there was no room
}
