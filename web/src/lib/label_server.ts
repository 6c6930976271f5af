// A labelling's own requests. `labeller` names somebody else than who is signed in; only admins may.
import { post, put, segment } from "../api/client";
import type { AnswerReceipt, LabelItem } from "../api/label_types";
import type { DeskServer } from "./desk";

export const labellingPath = (name: string) => `/labellings/${segment(name)}`;

export function deskServer(name: string, labeller: string): DeskServer {
  const path = labellingPath(name);
  const who = labeller === "" ? {} : { labeller };
  return {
    next: (count) => post<{ items: LabelItem[]; left: number }>(`${path}/next`, { count, ...who }),
    answer: (item, answer) => put<AnswerReceipt>(`${path}/items/${item}/answer`, { ...answer, ...who }),
    undo: async () => (await post<{ item: LabelItem }>(`${path}/undo`, who)).item,
  };
}
