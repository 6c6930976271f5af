// The steps that clean a data set, as the page builds them and as the server reads them: a YAML file.

export const STEP_KINDS = ["fill", "drop", "cast", "filter", "deduplicate", "relabel", "mask"] as const;
export type StepKind = (typeof STEP_KINDS)[number];

// Every field of every kind; a step's kind says which of them count.
export interface Step {
  id: number; // of the page alone
  kind: StepKind;
  columns: string[]; // drop, deduplicate
  column: string;
  how: string; // fill: mean, median, mode, value; relabel: from, where
  value: string; // fill: the constant; relabel: the new label
  type: string; // cast
  orMissing: boolean; // cast
  where: string; // filter, relabel, mask
  names: [string, string][]; // relabel: from and to
  what: string[]; // mask: kinds of personal data; none: the whole value
}

export function newStep(id: number, kind: StepKind, column: string): Step {
  return {
    id,
    kind,
    columns: [],
    column,
    how: kind === "relabel" ? "from" : "median",
    value: "",
    type: "number",
    orMissing: true,
    where: "",
    names: [["", ""]],
    what: [],
  };
}

// Whether it says enough to be tried.
export function isComplete(step: Step): boolean {
  switch (step.kind) {
    case "drop":
      return step.columns.length > 0;
    case "filter":
      return step.where.trim() !== "";
    case "deduplicate":
      return true;
    case "fill":
      return step.column !== "" && (step.how !== "value" || step.value !== "");
    case "relabel":
      return (
        step.column !== "" &&
        (step.how === "from"
          ? step.names.some(([from, to]) => from !== "" && to !== "")
          : step.where.trim() !== "" && step.value !== "")
      );
    default:
      return step.column !== "";
  }
}

// JSON's strings are YAML's in double quotes.
const quoted = (text: string) => JSON.stringify(text);
const list = (names: string[]) => `[${names.map(quoted).join(", ")}]`;

function body(step: Step): string {
  const fields: string[] = [`column: ${quoted(step.column)}`];
  switch (step.kind) {
    case "drop":
      return list(step.columns);
    case "filter":
      return quoted(step.where.trim());
    case "deduplicate":
      return step.columns.length === 0 ? "" : `{by: ${list(step.columns)}}`;
    case "fill":
      fields.push(step.how === "value" ? `value: ${quoted(step.value)}` : `with: ${step.how}`);
      break;
    case "cast":
      fields.push(`to: ${quoted(step.type)}`);
      if (step.orMissing) fields.push("otherwise: missing");
      break;
    case "relabel":
      if (step.how === "from") {
        const names = step.names.filter(([from, to]) => from !== "" && to !== "");
        fields.push(`from: {${names.map(([from, to]) => `${quoted(from)}: ${quoted(to)}`).join(", ")}}`);
      } else fields.push(`where: ${quoted(step.where.trim())}`, `to: ${quoted(step.value)}`);
      break;
    case "mask":
      if (step.what.length > 0) fields.push(`what: ${list(step.what)}`);
      if (step.where.trim() !== "") fields.push(`where: ${quoted(step.where.trim())}`);
      break;
  }
  return `{${fields.join(", ")}}`;
}

export function toYaml(steps: Step[]): string {
  return `steps:\n${steps
    .map((step) => {
      const said = body(step);
      return said === "" ? `  - ${step.kind}\n` : `  - ${step.kind}: ${said}\n`;
    })
    .join("")}`;
}

export function moved<T>(all: T[], from: number, to: number): T[] {
  const copy = [...all];
  const [one] = copy.splice(from, 1);
  if (one !== undefined) copy.splice(Math.max(0, Math.min(copy.length, to)), 0, one);
  return copy;
}
