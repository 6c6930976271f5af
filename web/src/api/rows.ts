// Places of rows in a version of a data set.

export interface RowPlace {
  split: string;
  row: number;
}

export interface RowPair {
  first: RowPlace;
  again: RowPlace;
}
