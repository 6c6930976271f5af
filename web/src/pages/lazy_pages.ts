// The pages and parts that are read when they are first wanted.
import { lazy } from "../lib/lazy";

const data = () => import("./data_pages");
export const DatasetPage = lazy(async () => (await data()).DatasetPage);
export const CleanPage = lazy(async () => (await data()).CleanPage);

const labels = () => import("./label_pages");
export const LabellingsPage = lazy(async () => (await labels()).LabellingsPage);
export const LabellingPage = lazy(async () => (await labels()).LabellingPage);
export const DeskPage = lazy(async () => (await labels()).DeskPage);
export const ReviewPage = lazy(async () => (await labels()).ReviewPage);
export const LabellingDialog = lazy(async () => (await labels()).LabellingDialog);

const more = () => import("./more_pages");
export const ComparePage = lazy(async () => (await more()).ComparePage);
export const CostPage = lazy(async () => (await more()).CostPage);
export const CasesSection = lazy(async () => (await more()).CasesSection);
export const GatesSection = lazy(async () => (await more()).GatesSection);
export const SweepPage = lazy(async () => (await more()).SweepPage);
export const SweepsPage = lazy(async () => (await more()).SweepsPage);
