import { Head } from "../parts/layout";
import { Empty } from "../parts/states";
import { say } from "../words/words";

export function NotFound() {
  return (
    <>
      <Head title={say("notFound")} />
      <Empty title={say("notFoundHint")}>
        <a href="#/">{say("toOverview")}</a>
      </Empty>
    </>
  );
}
