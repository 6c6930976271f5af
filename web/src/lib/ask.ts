// Asks a service through its own protocol (Open Inference Protocol v2).
import { send } from "../api/client";

export interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
  data: number[];
}

export interface Answer {
  revision: string;
  outputs: Tensor[];
  ms: number; // as the browser saw it
}

export async function ask(service: string, inputs: Tensor[], signal?: AbortSignal): Promise<Answer> {
  const began = performance.now();
  const path = `/v2/models/${encodeURIComponent(service)}/infer`;
  const response = await send("POST", path, { inputs }, signal);
  const body = (await response.json()) as { model_version: string; outputs: Tensor[] };
  return { revision: body.model_version, outputs: body.outputs, ms: performance.now() - began };
}

// What a model takes, as one row: the dimensions that are free are 1.
export function oneRow(shape: number[]): number[] {
  return shape.map((n) => (n < 0 ? 1 : n));
}
