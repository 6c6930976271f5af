// The shell: what stands around every page, and which page it is.
import { useEffect, useRef } from "preact/hooks";
import { serverAway } from "../api/client";
import { COST_BY } from "../api/cost_types";
import { useSignal } from "../lib/signal";
import { DatasetsPage } from "../pages/datasets";
import { JobPage } from "../pages/job";
import { JobsPage } from "../pages/jobs";
import {
  CleanPage,
  ComparePage,
  CostPage,
  DatasetPage,
  DeskPage,
  LabellingPage,
  LabellingsPage,
  ReviewPage,
  SweepPage,
  SweepsPage,
} from "../pages/lazy_pages";
import { ModelPage } from "../pages/model";
import { ModelsPage } from "../pages/models";
import { NotFound } from "../pages/not_found";
import { OverviewPage } from "../pages/overview";
import { RunPage } from "../pages/run";
import { RunsPage } from "../pages/runs";
import { ServicePage } from "../pages/service";
import { ServicesPage } from "../pages/services";
import { SignInPage } from "../pages/sign_in";
import { TryPage } from "../pages/try";
import { language, say } from "../words/words";
import { Keys } from "./keys";
import { Rail, Who } from "./rail";
import { type Place, place } from "./router";
import { Search } from "./search";
import { session } from "./session";

function page({ segments, query }: Place) {
  const [section, name, more] = segments;
  switch (section) {
    case undefined:
      return <OverviewPage />;
    case "data":
      if (name === undefined) return <DatasetsPage />;
      return more === "clean" ? <CleanPage key={name} reference={name} /> : <DatasetPage key={name} reference={name} />;
    case "cost": {
      const by = COST_BY.find((one) => one === query.get("by")) ?? "owner";
      return <CostPage key={by} by={by} />;
    }
    case "labels":
      if (name === undefined) return <LabellingsPage />;
      if (more === "desk") return <DeskPage key={name} name={name} labeller={query.get("as") ?? ""} />;
      return more === "review" ? <ReviewPage key={name} name={name} /> : <LabellingPage key={name} name={name} />;
    case "runs":
      if (name === "compare")
        return <ComparePage ids={(query.get("ids") ?? "").split(",").filter((id) => id !== "")} />;
      return name === undefined ? <RunsPage /> : <RunPage key={name} id={name} />;
    case "sweeps":
      return name === undefined ? <SweepsPage /> : <SweepPage key={name} name={name} />;
    case "jobs":
      return name === undefined ? <JobsPage /> : <JobPage key={name} id={name} />;
    case "models":
      return name === undefined ? <ModelsPage /> : <ModelPage key={name} reference={name} />;
    case "services":
      if (name === undefined) return <ServicesPage />;
      return more === "try" ? <TryPage key={name} name={name} /> : <ServicePage key={name} name={name} />;
    default:
      return <NotFound />;
  }
}

// Services may be looked at without signing in, where the server lets anybody on its machine do so.
function isOpen(where: Place): boolean {
  return where.segments[0] === "services" && session.get()?.services_are_open === true;
}

// Where one thing is done again and again, nothing else is on the page.
function isDesk({ segments }: Place): boolean {
  return segments[0] === "labels" && segments[2] === "desk";
}

export function App() {
  const where = useSignal(place);
  const who = useSignal(session);
  const away = useSignal(serverAway);
  const now = useSignal(language);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const path = where.segments.join("/");
  useEffect(() => {
    document.documentElement.lang = now === "zh" ? "zh-CN" : "en";
  }, [now]);
  // A new page begins at its top, and screen readers with its title.
  // On every change of place.
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    main.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [path]);
  return (
    <div class={isDesk(where) ? "shell at-desk" : "shell"}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {say("skip")}
      </button>
      <Rail section={where.segments[0] ?? ""} />
      <main id="main" ref={main} tabIndex={-1}>
        {away && (
          <p class="away" role="alert">
            {say("away")}
          </p>
        )}
        {who !== null && (who.signed_in || isOpen(where) ? page(where) : <SignInPage />)}
        <Who where="in-foot" />
      </main>
      <Search />
      <Keys />
    </div>
  );
}
