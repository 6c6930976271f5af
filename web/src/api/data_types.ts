// What the server answers about the contents of data sets: cleaning, differences, suspect labels.
import type { RowPlace } from "./rows";
import type { Version } from "./types";

export interface StepReport {
  step: Record<string, unknown> & { step: string };
  rows: number;
  touched: number;
  left: number;
  note: string;
  examples: { split: string; row: number; before: string; after: string }[];
}

export interface CleanAnswer {
  from: Version;
  steps: StepReport[];
  version: Version | null;
}

export interface DatasetDiff {
  before: Version;
  after: Version;
  added_columns: string[];
  removed_columns: string[];
  changed_columns: string[];
  splits: {
    name: string;
    before: number;
    after: number;
    classes: { name: string; before: number; after: number }[];
  }[];
  rows: { same: number; added: number; removed: number; changed: number; moved: number };
  examples: {
    what: "added" | "removed" | "changed" | "moved";
    key?: string;
    before?: RowPlace;
    after?: RowPlace;
    columns?: string[];
  }[];
}

export interface Suspect extends RowPlace {
  label: string;
  predicted: string;
  label_probability: number;
  probability: number;
}

export interface SuspectReport {
  model: string;
  splits: { name: string; rows: number; differing: number; suspects: number }[];
  examples: Suspect[];
}
