// What a page that makes inputs hands to the one that asks.
import type { Tensor } from "../../lib/ask";

export interface Asked {
  inputs: Tensor[];
  label?: string; // what the data set says that it is
}
