// One labelling: how far it is, how well its labellers agree, and the version that it becomes.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { Agreement, LabellerStatus, Labelling, Score } from "../api/label_types";
import { useResource } from "../api/resource";
import { go, link } from "../app/router";
import { may } from "../app/session";
import { figure, share, whole } from "../lib/format";
import { labellingPath } from "../lib/label_server";
import { Interval } from "../parts/confusion";
import { Dialog } from "../parts/dialog";
import { State } from "../parts/grain";
import { Facts, Head, Ledger, Meter, Section } from "../parts/layout";
import { Loading, Problem } from "../parts/states";
import { say } from "../words/words";
import { grainOfLabelling } from "./labellings";

const scoreText = (s: Score | null | undefined) =>
  s != null && s.of > 0 ? `${share(s.right / s.of, 0)} (${whole(s.right)} / ${whole(s.of)})` : "–";

function Labellers({ items }: { items: LabellerStatus[] }) {
  const gold = items.some((l) => (l.gold?.asked ?? 0) > 0);
  const guesses = items.some((l) => (l.agrees_with_prelabel?.of ?? 0) > 0);
  return (
    <Section title={say("labellers")} aside={<p>{say("labellersHow")}</p>}>
      <Ledger label={say("labellers")}>
        <thead>
          <tr>
            <th scope="col">{say("name")}</th>
            <th scope="col" class="n">
              {say("answers")}
            </th>
            <th scope="col" class="n">
              {say("skippedTitle")}
            </th>
            <th scope="col" class="n">
              {say("secondsEach")}
            </th>
            <th scope="col" class="n">
              {say("perHour")}
            </th>
            {gold && (
              <th scope="col" class="n">
                {say("goldTitle")}
              </th>
            )}
            {guesses && (
              <th scope="col" class="n">
                {say("likeModel")}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {items.map((l) => (
            <tr key={l.name}>
              <th scope="row">{l.name}</th>
              <td class="n">{whole(l.answers)}</td>
              <td class="n">{whole(l.skipped)}</td>
              <td class="n">{figure(l.median_seconds)}</td>
              <td class="n">{l.per_hour === null ? "–" : whole(l.per_hour)}</td>
              {gold && (
                <td class={l.gold && l.gold.right < l.gold.asked ? "n notable" : "n"}>
                  {l.gold ? scoreText({ right: l.gold.right, of: l.gold.asked }) : "–"}
                </td>
              )}
              {guesses && <td class="n">{scoreText(l.agrees_with_prelabel)}</td>}
            </tr>
          ))}
        </tbody>
      </Ledger>
    </Section>
  );
}

// Kappa is 1 where two always agree, 0 where they agree as often as by chance.
function Kappa({ value }: { value: number | null }) {
  if (value === null) return <>–</>;
  return (
    <span class="bar-cell kappa">
      <i style={{ width: `${100 * Math.max(0, value)}%` }} />
      <b>{figure(value)}</b>
    </span>
  );
}

function AgreementSection({ agreement }: { agreement: Agreement }) {
  return (
    <Section title={say("agreement")} aside={<p>{say("agreementHow")}</p>}>
      {agreement.observed !== null && (
        <div class="headline">
          <b class="big number">{share(agreement.observed, 1)}</b>
          <p class="quiet">
            {say("agreeOf", { n: whole(agreement.items) })}
            <Interval value={agreement.observed} low={undefined} high={undefined} />
          </p>
        </div>
      )}
      <Ledger label={say("agreement")}>
        <thead>
          <tr>
            <th scope="col">{say("who")}</th>
            <th scope="col">{say("kappa")}</th>
            <th scope="col" class="n">
              {say("items")}
            </th>
          </tr>
        </thead>
        <tbody>
          {agreement.cohen.map((pair) => (
            <tr key={`${pair.a} ${pair.b}`}>
              <th scope="row">
                {pair.a} · {pair.b}
              </th>
              <td>
                <Kappa value={pair.kappa} />
              </td>
              <td class="n">{whole(pair.items)}</td>
            </tr>
          ))}
          {agreement.fleiss != null && (
            <tr>
              <th scope="row">{say("allOfThem", { n: agreement.fleiss.raters })}</th>
              <td>
                <Kappa value={agreement.fleiss.kappa} />
              </td>
              <td class="n">{whole(agreement.fleiss.items)}</td>
            </tr>
          )}
        </tbody>
      </Ledger>
    </Section>
  );
}

// The desk for somebody else at the same machine.
function Another({ name }: { name: string }) {
  const [who, setWho] = useState("");
  return (
    <form
      class="field-row inline"
      onSubmit={(event) => {
        event.preventDefault();
        if (who.trim() !== "") go(`${link("labels", name, "desk")}?as=${encodeURIComponent(who.trim())}`);
      }}
    >
      <label>
        <span>{say("labelAs")}</span>
        <input type="text" autocomplete="off" value={who} onInput={(e) => setWho(e.currentTarget.value)} />
      </label>
      <button type="submit" disabled={who.trim() === ""}>
        {say("toDesk")}
      </button>
    </form>
  );
}

function CommitDialog({ labelling, done, close }: { labelling: Labelling; done: () => void; close: () => void }) {
  const [message, setMessage] = useState("");
  const { status } = labelling;
  return (
    <Dialog
      title={say("commitAsk", { name: labelling.spec.dataset })}
      confirm={say("commit")}
      act={async () => {
        await post(`${labellingPath(labelling.name)}/commit`, { message });
        done();
      }}
      close={close}
    >
      <p>{say("commitWhat", { n: whole(status.done), column: labelling.spec.column ?? "label" })}</p>
      {status.in_review > 0 && <p class="notable">{say("commitReview", { n: whole(status.in_review) })}</p>}
      <label>
        <span>{say("message")}</span>
        <input type="text" autocomplete="off" value={message} onInput={(e) => setMessage(e.currentTarget.value)} />
      </label>
    </Dialog>
  );
}

function rowsText(labelling: Labelling): string {
  const rows = labelling.spec.rows;
  const split = labelling.spec.split ? ` · ${labelling.spec.split}` : "";
  return rows?.where ? `${rows.where}${split}` : `${whole(labelling.status.items)}${split}`;
}

function Actions({ one, commit, reload }: { one: Labelling; commit: () => void; reload: () => void }) {
  const turn = async (to: "close" | "reopen") => {
    await post(`${labellingPath(one.name)}/${to}`, {});
    reload();
  };
  return (
    <>
      {may("write") && one.state === "open" && (
        <button type="button" onClick={() => turn("close")}>
          {say("closeLabelling")}
        </button>
      )}
      {may("write") && one.state === "closed" && (
        <button type="button" onClick={() => turn("reopen")}>
          {say("reopen")}
        </button>
      )}
      {one.spec.review !== "none" && (
        <a class="button" href={link("labels", one.name, "review")}>
          {one.status.in_review > 0 ? say("reviewN", { n: whole(one.status.in_review) }) : say("review")}
        </a>
      )}
      {may("write") && (
        <button type="button" disabled={one.status.done === 0} onClick={commit}>
          {say("commit")}
        </button>
      )}
      {one.state === "open" && (
        <a class="button primary" href={link("labels", one.name, "desk")}>
          {say("toLabel")}
        </a>
      )}
    </>
  );
}

function Progress({ one }: { one: Labelling }) {
  const { status, spec } = one;
  const guesses = status.prelabels;
  const parts: ComponentChildren[] = [say("doneOf", { done: whole(status.done), items: whole(status.items) })];
  if (spec.labellers > 1) parts.push(say("answersN", { n: whole(status.answers) }));
  if (status.in_review > 0) parts.push(say("inReviewN", { n: whole(status.in_review) }));
  return (
    <div class={status.done < status.items ? "progress" : "progress whole"}>
      <Meter value={status.done} most={status.items} label={say("progress")} />
      <p class="quiet number">{parts.join(" · ")}</p>
      {guesses != null && guesses.of > 0 && (guesses.made < guesses.of || guesses.error !== "") && (
        <p class={guesses.error ? "told-error" : "quiet"}>
          {say("prelabelsMade", { made: whole(guesses.made), of: whole(guesses.of) })} {guesses.error}
        </p>
      )}
    </div>
  );
}

export function LabellingPage({ name }: { name: string }) {
  const [committing, commit] = useState(false);
  const { data: one, error, reload } = useResource<Labelling>(labellingPath(name), 3000, ["labelling", "label"]);
  const known = one?.status.known;
  const guessed = one?.status.prelabel_known;
  return (
    <>
      <Head
        title={name}
        path={[["#/labels", say("labels")]]}
        {...(one
          ? {
              under: (
                <State
                  state={grainOfLabelling({ state: one.state, items: one.status.items, done: one.status.done })}
                  word={say(`labelling_${one.state}`)}
                />
              ),
              actions: <Actions one={one} commit={() => commit(true)} reload={reload} />,
            }
          : {})}
      />
      {error && <Problem error={error} retry={reload} />}
      {!one && !error && <Loading rows={8} />}
      {one && (
        <>
          <Progress one={one} />
          <Facts
            items={[
              [say("task"), say(`task_${one.spec.task}`)],
              [
                say("datasetTitle"),
                <a key="d" href={link("data", one.spec.dataset)}>
                  {one.spec.dataset}
                </a>,
              ],
              [say("rows"), rowsText(one)],
              [say("labellersEach"), whole(one.spec.labellers)],
              [say("order"), say(`choice_${one.spec.choice}`)],
              ...(one.spec.prelabel
                ? [
                    [say("prelabelsFrom"), one.spec.prelabel.service ?? one.spec.prelabel.model ?? "–"] as [
                      string,
                      string,
                    ],
                  ]
                : []),
              ...(one.spec.gold
                ? [[say("goldTitle"), say("everyNth", { n: one.spec.gold.every })] as [string, string]]
                : []),
              [say("review"), say(`review_${one.spec.review}`)],
              ...(one.status.committed
                ? [
                    [
                      say("committed"),
                      <a key="c" href={link("data", one.status.committed.name)}>
                        {one.status.committed.name}
                      </a>,
                    ] as [string, ComponentChildren],
                  ]
                : []),
            ]}
          />
          {one.spec.instructions && (
            <Section title={say("instructions")}>
              <p>{one.spec.instructions}</p>
            </Section>
          )}
          {one.status.labellers.length > 0 && <Labellers items={one.status.labellers} />}
          {one.status.agreement != null && one.status.agreement.items > 0 && (
            <AgreementSection agreement={one.status.agreement} />
          )}
          {((known?.of ?? 0) > 0 || (guessed?.of ?? 0) > 0) && (
            <Section title={say("knownLabels")} aside={<p>{say("knownLabelsHow")}</p>}>
              <Facts
                items={[
                  [say("theseLabels"), scoreText(known)],
                  [say("prelabels"), scoreText(guessed)],
                ]}
              />
            </Section>
          )}
          {one.spec.classes.length > 0 && (
            <Section title={say("classes")}>
              <p>{one.spec.classes.join(" · ")}</p>
            </Section>
          )}
          {may("admin") && one.state === "open" && (
            <Section title={say("several")} aside={<p>{say("severalHow")}</p>}>
              <Another name={one.name} />
            </Section>
          )}
          {committing && <CommitDialog labelling={one} done={reload} close={() => commit(false)} />}
        </>
      )}
    </>
  );
}
