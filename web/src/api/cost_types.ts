// What computing was used: GET /cost?by=run|owner|service. A server may be too old to say.
export interface CostItem {
  name: string;
  core_hours: number;
  gpu_hours?: number;
  money?: number | null;
  runs?: number;
}

export interface Cost {
  items: CostItem[];
  since?: number;
  since_ms?: number;
  currency?: string;
}

export const COST_BY = ["owner", "run", "service"] as const;
export type CostBy = (typeof COST_BY)[number];
export const costPath = (by: CostBy) => `/cost?by=${by}`;
