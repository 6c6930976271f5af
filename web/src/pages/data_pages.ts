// Everything about one data set, one script (see lib/lazy.tsx).

export { CleanPage } from "./clean";
export { DatasetPage } from "./dataset";
