// Review: one item at a time, what each labeller said of it side by side, and a key that decides.
import { useLayoutEffect, useState } from "preact/hooks";
import { ApiError, put } from "../api/client";
import type { LabelItem, Labelling, LabelTask, LabelValue, ReviewItem } from "../api/label_types";
import { useResource } from "../api/resource";
import type { Items } from "../api/types";
import { link } from "../app/router";
import { may } from "../app/session";
import { figure, whole } from "../lib/format";
import { classOfKey, keyOf, sameness, words } from "../lib/label_keys";
import { labellingPath } from "../lib/label_server";
import { playByKey, playerOnPage } from "../lib/player_keys";
import { BoxView } from "../parts/desk/boxes";
import { Content, PictureBox, usePictures } from "../parts/desk/content";
import { MarkedText } from "../parts/desk/spans";
import { Head } from "../parts/layout";
import { Empty, Loading, Problem } from "../parts/states";
import { say } from "../words/words";

interface Opinion {
  value: LabelValue | null; // null: it cannot be told
  who: { name: string; seconds: number; comment: string }[];
}

// Labellers who said the same stand together; who are most, first.
function opinionsOf(item: ReviewItem): Opinion[] {
  const found = new Map<string, Opinion>();
  for (const a of item.answers) {
    const value = a.skip ? null : (a.value ?? null);
    const key = sameness(value);
    const opinion = found.get(key) ?? { value, who: [] };
    opinion.who.push({ name: a.labeller, seconds: a.seconds, comment: a.comment });
    found.set(key, opinion);
  }
  return [...found.values()].sort((a, b) => b.who.length - a.who.length);
}

function Shown({ item, value, classes }: { item: LabelItem; value: LabelValue | null; classes: string[] }) {
  if (value?.spans !== undefined && item.content.kind === "text") {
    return (
      <p class="desk-text">
        <MarkedText text={item.content.text} spans={value.spans} classes={classes} />
      </p>
    );
  }
  return <p class="opinion-value">{value === null ? say("cannotTell") : words(value) || say("nothingMarked")}</p>;
}

interface JudgeProps {
  item: ReviewItem;
  task: LabelTask;
  classes: string[];
  decide: (value: LabelValue | null) => void;
}

function Judge({ item, task, classes, decide }: JudgeProps) {
  const opinions = opinionsOf(item);
  const [looked, look] = useState(0);
  const boxes = opinions[looked]?.value?.boxes ?? [];
  return (
    <div class="desk-body">
      {item.content.kind === "picture" ? (
        <PictureBox content={item.content}>
          {task === "boxes" && (
            <div class="box-area still">
              {boxes.map((box, i) => (
                <BoxView key={i} box={box} colour={Math.max(0, classes.indexOf(box.class))} chosen={false} />
              ))}
            </div>
          )}
        </PictureBox>
      ) : (
        <Content content={item.content} />
      )}
      <div class="desk-answer">
        <ol class="opinions">
          {opinions.map((opinion, i) => (
            <li key={sameness(opinion.value)}>
              <button
                type="button"
                onClick={() => decide(opinion.value)}
                onPointerEnter={() => look(i)}
                onFocus={() => look(i)}
              >
                <kbd>{i + 1}</kbd>
                <div>
                  <Shown item={item} value={opinion.value} classes={classes} />
                  {opinion.who.map((who) => (
                    <p key={who.name} class="quiet">
                      {who.name} · {say("secondsN", { n: figure(who.seconds) })}
                      {who.comment && <> · {say("quoted", { text: who.comment })}</>}
                    </p>
                  ))}
                </div>
              </button>
            </li>
          ))}
        </ol>
        {task === "classification" && (
          <>
            <h2 class="quiet">{say("orAnother")}</h2>
            <ol class="class-list tight">
              {classes.map((name, i) => (
                <li key={name}>
                  <button type="button" onClick={() => decide({ class: name })}>
                    <kbd>{`⇧${keyOf(i)}`}</kbd>
                    <span>{name}</span>
                  </button>
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </div>
  );
}

// With Shift a digit is another sign on most keyboards: the place of the key tells which it is.
function shiftedClass(event: KeyboardEvent, classes: string[]): string | undefined {
  const digit = /^Digit(\d)$/.exec(event.code)?.[1];
  return classOfKey(digit ?? event.key, classes);
}

export function ReviewPage({ name }: { name: string }) {
  const path = labellingPath(name);
  const labelling = useResource<Labelling>(path);
  const { data, error, reload } = useResource<Items<ReviewItem>>(`${path}/review?limit=200`);
  const [at, setAt] = useState(0);
  const [decided, setDecided] = useState<Set<number>>(new Set());
  const [problem, setProblem] = useState<ApiError | null>(null);
  const items = (data?.items ?? []).filter((i) => i.decision === null && !decided.has(i.item));
  const item = items[Math.min(at, items.length - 1)];
  const task = labelling.data?.spec.task ?? "classification";
  const classes = labelling.data?.spec.classes ?? [];
  usePictures(items.slice(at, at + 6));

  const decide = async (value: LabelValue | null) => {
    if (item === undefined || !may("write")) return;
    const { item: number } = item;
    setDecided((now) => new Set(now).add(number));
    setProblem(null);
    try {
      await put(`${path}/items/${number}/decision`, value === null ? { skip: true } : { value });
    } catch (caught) {
      setDecided((now) => new Set([...now].filter((n) => n !== number)));
      setProblem(caught instanceof ApiError ? caught : new ApiError(0, "", say("away"), ""));
    }
  };
  // Of what is shown at this moment: as soon as the next item is, since a key that comes sooner would decide the
  // one before once more.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null) return;
      const played = playByKey(
        event,
        playerOnPage(),
        event.key === " " && !(event.target instanceof HTMLButtonElement),
      );
      if (played) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      if (event.ctrlKey || item === undefined) return;
      const opinion = event.shiftKey ? undefined : opinionsOf(item)[Number(event.key) - 1];
      const other = event.shiftKey && task === "classification" ? shiftedClass(event, classes) : undefined;
      if (opinion !== undefined) decide(opinion.value);
      else if (other !== undefined) decide({ class: other });
      else if (event.key === "s") decide(null);
      else if (event.key === "ArrowRight" || event.key === "n") setAt(Math.min(at + 1, items.length - 1));
      else if (event.key === "ArrowLeft" || event.key === "p") setAt(Math.max(0, at - 1));
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("keydown", onKey, true);
    return () => removeEventListener("keydown", onKey, true);
  });
  return (
    <>
      <Head
        title={say("review")}
        path={[
          ["#/labels", say("labels")],
          [link("labels", name), name],
        ]}
        under={say("reviewUnder")}
      />
      {(error ?? labelling.error) && <Problem error={(error ?? labelling.error) as ApiError} retry={reload} />}
      {problem && <Problem error={problem} />}
      {!data && !error && <Loading rows={6} />}
      {data && items.length === 0 && (
        <Empty title={say("nothingToReview")}>
          <a class="button" href={link("labels", name)}>
            {say("toLabelling")}
          </a>
        </Empty>
      )}
      {item !== undefined && (
        <div class={`review task-${task}`}>
          <div class="controls">
            <span class="number">
              {say("itemOf", { n: whole(Math.min(at, items.length - 1) + 1), of: whole(items.length) })}
            </span>
            <button type="button" class="plain" disabled={at === 0} onClick={() => setAt(at - 1)}>
              {say("before")} <kbd>p</kbd>
            </button>
            <button type="button" class="plain" disabled={at >= items.length - 1} onClick={() => setAt(at + 1)}>
              {say("after")} <kbd>n</kbd>
            </button>
            <button type="button" class="plain" disabled={!may("write")} onClick={() => decide(null)}>
              {say("cannotTell")} <kbd>s</kbd>
            </button>
          </div>
          <Judge key={item.item} item={item} task={task} classes={classes} decide={decide} />
        </div>
      )}
    </>
  );
}
