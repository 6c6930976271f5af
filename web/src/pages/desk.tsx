// The desk: one item after another, answered by key, click or finger. Nothing else is on the page.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LabelItem, Labelling, LabelTask, LabelValue } from "../api/label_types";
import { useResource } from "../api/resource";
import { link } from "../app/router";
import { Desk } from "../lib/desk";
import { share, whole } from "../lib/format";
import { words } from "../lib/label_keys";
import { deskServer, labellingPath } from "../lib/label_server";
import { playByKey, playerOnPage } from "../lib/player_keys";
import { Boxes } from "../parts/desk/boxes";
import { ManyClasses, OneClass } from "../parts/desk/classes";
import { Content, usePictures } from "../parts/desk/content";
import type { EditorProps, KeyHandler } from "../parts/desk/editor";
import { DeskKeys } from "../parts/desk/keys";
import { Spans } from "../parts/desk/spans";
import { Transcript } from "../parts/desk/transcript";
import { GrainMark } from "../parts/grain";
import { Meter } from "../parts/layout";
import { Empty, Loading } from "../parts/states";
import { say } from "../words/words";

const LOOKED_AHEAD = 8; // pictures

export function Editor({ task, ...props }: EditorProps & { task: LabelTask }) {
  switch (task) {
    case "boxes":
      return <Boxes {...props} />;
    case "spans":
      return <Spans {...props} />;
    case "transcript":
      return <Transcript {...props} />;
    default:
      return (
        <>
          <Content content={props.item.content} />
          <div class="desk-answer">{task === "multilabel" ? <ManyClasses {...props} /> : <OneClass {...props} />}</div>
        </>
      );
  }
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

// A key goes to the answer first, then to the desk; what neither knows stays with the page.
function useKeys(editor: { current: KeyHandler | null }, desk: Desk, undo: () => void, help: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null) return;
      const field = isField(event.target);
      // Enter and the space bar press a button that has the focus.
      if (event.target instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key)) return;
      let used = false;
      if (!field || event.key === "Enter" || event.key === "Escape" || event.ctrlKey)
        used = desk.current !== undefined && editor.current?.(event) === true;
      used ||= playByKey(event, playerOnPage(), !field);
      if (!used && !field && !event.ctrlKey) {
        used = true;
        if (event.key === "z" || event.key === "Backspace") undo();
        else if (event.key === "s" && desk.current !== undefined) desk.give({ skip: true });
        else if (event.key === "?") help();
        else used = false;
      }
      if (!used) return;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("keydown", onKey, true);
    return () => removeEventListener("keydown", onKey, true);
  }, [desk]);
}

function useDesk(name: string, labeller: string): Desk {
  const [, redraw] = useState(0);
  const desk = useMemo(() => new Desk(deskServer(name, labeller), () => redraw((n) => n + 1)), [name, labeller]);
  useEffect(() => {
    desk.start();
    return () => desk.stop();
  }, [desk]);
  return desk;
}

// A question whose answer was known: what came of it, while the next is looked at.
function GoldNote({ desk }: { desk: Desk }) {
  const gold = desk.gold;
  return (
    <div class={gold === null ? "gold" : gold.right ? "gold right" : "gold wrong"} role="status">
      {gold !== null && (
        <>
          {gold.item.content.kind === "picture" && <img src={gold.item.content.url} alt="" width={40} />}
          <p>
            <GrainMark state={gold.right ? "done" : "failed"} />
            {gold.right
              ? say("goldRight", { value: words(gold.value) })
              : say("goldWrong", {
                  value: words(gold.value),
                  given: gold.given.skip ? say("skipped") : words(gold.given.value),
                })}
          </p>
        </>
      )}
    </div>
  );
}

interface BarProps {
  labelling: Labelling;
  desk: Desk;
  labeller: string;
  undo: () => void;
  help: () => void;
}

function Bar({ labelling, desk, labeller, undo, help }: BarProps) {
  const done = desk.done ?? labelling.status.done;
  const { items } = labelling.status;
  return (
    <header class="desk-bar">
      <a class="back" href={link("labels", labelling.name)}>
        <span aria-hidden="true">←</span>
        <span class="unseen">{say("backTo", { name: labelling.name })}</span>
      </a>
      <h1 tabIndex={-1}>{labelling.name}</h1>
      {labeller !== "" && <span class="quiet">{labeller}</span>}
      <div class="desk-progress">
        <Meter value={done} most={items} label={say("progress")} />
      </div>
      <span class="number" id="done">
        {whole(done)} / {whole(items)}
      </span>
      {desk.perHour !== null && <span class="number quiet pace">{say("perHourN", { n: whole(desk.perHour) })}</span>}
      {desk.goldAsked > 0 && (
        <span class="number quiet pace">{say("goldScore", { right: desk.goldRight, of: desk.goldAsked })}</span>
      )}
      <div class="desk-buttons">
        <button type="button" disabled={!desk.canUndo} onClick={undo}>
          {say("undo")} <kbd>z</kbd>
        </button>
        <button type="button" disabled={desk.current === undefined} onClick={() => desk.give({ skip: true })}>
          {say("skipItem")} <kbd>s</kbd>
        </button>
        <button type="button" onClick={help} aria-label={say("keys")}>
          <kbd>?</kbd>
        </button>
      </div>
    </header>
  );
}

function Ended({ labelling, desk }: { labelling: Labelling; desk: Desk }) {
  const away = desk.unsaved > 0;
  return (
    <Empty title={away ? say("savingRest") : say("nothingLeft")}>
      <p class="quiet">{desk.answered > 0 && say("answeredHere", { n: whole(desk.answered) })}</p>
      <a class="button primary" href={link("labels", labelling.name)}>
        {say("toLabelling")}
      </a>
    </Empty>
  );
}

export function DeskPage({ name, labeller }: { name: string; labeller: string }) {
  const { data: labelling, error, reload } = useResource<Labelling>(labellingPath(name));
  const desk = useDesk(name, labeller);
  const keys = useRef<KeyHandler | null>(null);
  const [helping, help] = useState(false);
  const undo = () => {
    desk.undo().then(reload);
  };
  useKeys(keys, desk, undo, () => help(true));
  usePictures(desk.ahead.slice(0, LOOKED_AHEAD));
  useEffect(() => {
    document.title = `${name} – Sinter`;
  }, [name]);
  if (error) {
    return (
      <div class="problem" role="alert">
        <p>{error.message}</p>
        <button type="button" class="plain" onClick={reload}>
          {say("tryAgain")}
        </button>
      </div>
    );
  }
  if (!labelling) return <Loading rows={6} />;
  const { task, classes, instructions } = labelling.spec;
  const item: LabelItem | undefined = desk.current;
  const give = (value: LabelValue) => desk.give({ value });
  const foot = (
    <footer class="desk-foot">
      <GoldNote desk={desk} />
      {instructions && <p class="quiet">{instructions}</p>}
      {item?.prelabel && task !== "classification" && task !== "multilabel" && (
        <p class="quiet number">
          {say("fromModel")}
          {item.prelabel.confidence !== null && ` · ${share(item.prelabel.confidence, 0)}`}
        </p>
      )}
    </footer>
  );
  return (
    <div class={`desk task-${task}`}>
      <Bar labelling={labelling} desk={desk} labeller={labeller} undo={undo} help={() => help(true)} />
      {desk.problem && (
        <p class="told-error" role="alert">
          {desk.unsaved > 0 ? say("notSaved", { n: desk.unsaved }) : ""} {desk.problem.message}
        </p>
      )}
      {item === undefined && !desk.empty && <Loading rows={6} />}
      {desk.empty && <Ended labelling={labelling} desk={desk} />}
      {item !== undefined && (
        <div class="desk-body">
          <Editor key={item.item} task={task} item={item} classes={classes} give={give} keys={keys} />
          {foot}
        </div>
      )}
      {item === undefined && desk.gold !== null && foot}
      {helping && <DeskKeys task={task} sound={item?.content.kind === "sound"} close={() => help(false)} />}
    </div>
  );
}
