// What computing was used: GET /cost?by=run|owner|service, the dearest first. A server may be too old to say.
export interface CostItem {
  name: string; // empty: of no run, or of no service
  core_hours: number;
  gpu_hours: number;
  runs: number;
  cost: number | null; // null while no price is set
}

export interface Cost {
  items: CostItem[];
  since: number;
  price: { core_hour: number; gpu_hour: number; currency: string } | null;
}

export const COST_BY = ["owner", "run", "service"] as const;
export type CostBy = (typeof COST_BY)[number];
export const costPath = (by: CostBy) => `/cost?by=${by}`;
