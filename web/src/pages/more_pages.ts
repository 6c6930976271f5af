// What few visits open, one script (see lib/lazy.tsx).

export { CasesSection } from "../parts/cases";
export { GatesSection } from "../parts/gates_form";
export { ComparePage } from "./compare";
export { CostPage } from "./cost";
export { SweepPage, SweepsPage } from "./sweeps";
