// Boxes on a picture, in fractions of it: drawn, moved and sized, never outside.
import type { Box } from "../api/label_types";

export type Handle = "move" | "nw" | "ne" | "sw" | "se";
export const LEAST_SIDE = 0.01;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
// Enough for a picture of 100,000 pixels a side, and readable in a file.
const round = (value: number) => Math.round(value * 1e5) / 1e5;

function fromCorners(name: string, x0: number, y0: number, x1: number, y1: number): Box {
  const left = clamp(Math.min(x0, x1), 0, 1);
  const top = clamp(Math.min(y0, y1), 0, 1);
  const right = clamp(Math.max(x0, x1), 0, 1);
  const bottom = clamp(Math.max(y0, y1), 0, 1);
  return { class: name, x: round(left), y: round(top), width: round(right - left), height: round(bottom - top) };
}

export function drawn(name: string, x0: number, y0: number, x1: number, y1: number): Box {
  return fromCorners(name, x0, y0, x1, y1);
}

export const bigEnough = (box: Box) => box.width >= LEAST_SIDE && box.height >= LEAST_SIDE;

export function dragged(box: Box, handle: Handle, dx: number, dy: number): Box {
  if (handle === "move") {
    return {
      ...box,
      x: round(clamp(box.x + dx, 0, 1 - box.width)),
      y: round(clamp(box.y + dy, 0, 1 - box.height)),
    };
  }
  let [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
  if (handle.includes("w")) left = clamp(left + dx, 0, right - LEAST_SIDE);
  if (handle.includes("e")) right = clamp(right + dx, left + LEAST_SIDE, 1);
  if (handle.includes("n")) top = clamp(top + dy, 0, bottom - LEAST_SIDE);
  if (handle.includes("s")) bottom = clamp(bottom + dy, top + LEAST_SIDE, 1);
  return fromCorners(box.class, left, top, right, bottom);
}

// The box under a point; of several, the smallest, so that one inside another can be reached.
export function boxAt(boxes: Box[], x: number, y: number): number {
  let found = -1;
  boxes.forEach((box, i) => {
    if (x < box.x || y < box.y || x > box.x + box.width || y > box.y + box.height) return;
    const best = boxes[found];
    if (best === undefined || box.width * box.height < best.width * best.height) found = i;
  });
  return found;
}
