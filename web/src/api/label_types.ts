// What the labelling interface asks and answers, as far as the console reads it.

export type LabelTask = "classification" | "multilabel" | "boxes" | "spans" | "transcript";
export const LABEL_TASKS: LabelTask[] = ["classification", "multilabel", "boxes", "spans", "transcript"];

// Fractions of the picture.
export interface Box {
  class: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

// Unicode code points, the end not among them.
export interface Span {
  class: string;
  begin: number;
  end: number;
}

// Of a task, the one field that it names.
export interface LabelValue {
  class?: string;
  classes?: string[];
  boxes?: Box[];
  spans?: Span[];
  text?: string;
}

export interface LabellingInShort {
  name: string;
  dataset: string;
  task: LabelTask;
  items: number;
  done: number | null; // null: its data set cannot be read any more
  in_review: number | null;
  labellers: number;
  state: "open" | "closed";
}

export interface LabellingSpec {
  dataset: string;
  split?: string;
  content?: string;
  task: LabelTask;
  classes: string[];
  column?: string;
  rows?: { count?: number; seed?: number; list?: number[]; where?: string };
  labellers: number;
  gold?: { every: number } | null;
  prelabel?: { service?: string; model?: string } | null;
  choice: "in_order" | "random" | "active";
  review: "none" | "disagreements" | "all";
  instructions?: string;
}

export interface Score {
  right: number;
  of: number;
}

export interface LabellerStatus {
  name: string;
  answers: number;
  skipped: number;
  median_seconds: number | null;
  per_hour: number | null;
  gold: { asked: number; right: number } | null;
  agrees_with_prelabel: Score | null;
}

export interface Agreement {
  items: number;
  observed: number | null;
  cohen: { a: string; b: string; kappa: number | null; items: number }[];
  fleiss: { kappa: number | null; items: number; raters: number } | null;
}

export interface LabellingStatus {
  items: number;
  done: number;
  answers: number;
  in_review: number;
  decided: number;
  prelabels?: { made: number; of: number; error: string } | null;
  labellers: LabellerStatus[];
  agreement?: Agreement | null;
  known?: Score | null;
  prelabel_known?: Score | null;
  committed: { dataset: string; version: string; name: string } | null;
}

export interface Labelling {
  name: string;
  spec: LabellingSpec;
  state: "open" | "closed";
  revision: number;
  status: LabellingStatus;
}

export type LabelContent =
  | { kind: "picture"; url: string; width: number; height: number }
  | { kind: "text"; text: string }
  | { kind: "sound"; url: string; rate: number; seconds: number }
  | { kind: "row"; cells: { name: string; value: unknown }[] };

export interface LabelAnswer {
  value?: LabelValue | null;
  skip?: boolean;
  comment?: string;
}

export interface LabelItem {
  item: number;
  row: number;
  content: LabelContent;
  prelabel: { value: LabelValue; confidence: number | null } | null;
  mine: LabelAnswer | null;
}

export interface GoldVerdict {
  right: boolean;
  value: LabelValue;
}

export interface AnswerReceipt {
  item: number;
  gold: GoldVerdict | null;
  done: number;
  items: number;
}

export interface ReviewItem extends LabelItem {
  answers: {
    labeller: string;
    value?: LabelValue | null;
    skip?: boolean;
    seconds: number;
    comment: string;
    at: number;
  }[];
  decision: LabelValue | { skip: true } | null;
}
