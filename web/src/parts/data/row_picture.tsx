// One row of a data set as its picture.
import { api, segment } from "../../api/client";
import type { RowPlace } from "../../api/rows";
import { say } from "../../words/words";

export function RowPicture({ reference, place }: { reference: string; place: RowPlace }) {
  const query = `split=${segment(place.split)}&row=${place.row}`;
  const name = `${place.split} ${say("rowN", { n: place.row })}`;
  return (
    <img
      class="row-picture"
      loading="lazy"
      src={api(`/datasets/${segment(reference)}/samples?${query}`)}
      alt={name}
      title={name}
    />
  );
}
