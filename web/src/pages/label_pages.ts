// Everything about labelling, one script (see lib/lazy.tsx).

export { LabellingDialog } from "../parts/labelling_dialog";
export { DeskPage } from "./desk";
export { ReviewPage } from "./label_review";
export { LabellingPage } from "./labelling";
export { LabellingsPage } from "./labellings";
