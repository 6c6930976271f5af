// Boxes on a picture: drawn and moved with the mouse or a finger, and by keyboard alone.
import { useRef, useState } from "preact/hooks";
import type { Box } from "../../api/label_types";
import { bigEnough, boxAt, dragged, drawn, type Handle } from "../../lib/boxes";
import { share } from "../../lib/format";
import { classOfKey } from "../../lib/label_keys";
import { say } from "../../words/words";
import { Palette, SaveButton } from "./classes";
import { PictureBox } from "./content";
import { type EditorProps, startOf } from "./editor";

const HANDLES: Handle[] = ["nw", "ne", "sw", "se"];
const NEAR = 14; // pixels from a corner that still take hold of it
const STEP = 0.01;
const BIG_STEP = 0.05;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface Drag {
  from: [number, number];
  handle: Handle | "draw";
  box: Box; // as it was
  index: number;
}

interface BoxViewProps {
  box: Box;
  colour: number;
  chosen: boolean;
  name?: string; // who drew it, where several did
}

export function BoxView({ box, colour, chosen, name }: BoxViewProps) {
  const percent = (v: number) => `${100 * v}%`;
  return (
    <div
      class={`box data-${colour % 8}${chosen ? " chosen" : ""}`}
      style={{ left: percent(box.x), top: percent(box.y), width: percent(box.width), height: percent(box.height) }}
    >
      <span>{name ?? box.class}</span>
      {chosen && HANDLES.map((h) => <i key={h} class={`handle ${h}`} />)}
    </div>
  );
}

// The corner of a box that a point is near to, in pixels of the area.
function handleAt(box: Box, x: number, y: number, area: DOMRect): Handle | null {
  const near = (a: number, b: number, side: number) => Math.abs(a - b) * side <= NEAR;
  for (const handle of HANDLES) {
    const cx = handle.includes("w") ? box.x : box.x + box.width;
    const cy = handle.includes("n") ? box.y : box.y + box.height;
    if (near(cx, x, area.width) && near(cy, y, area.height)) return handle;
  }
  return null;
}

export function Boxes({ item, classes, give, keys }: EditorProps) {
  const [boxes, setBoxes] = useState<Box[]>(startOf(item)?.boxes ?? []);
  const [chosen, choose] = useState(-1);
  const [current, setCurrent] = useState(classes[0] ?? "");
  const area = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  const colour = (name: string) => Math.max(0, classes.indexOf(name));

  const place = (event: PointerEvent): [number, number] => {
    const frame = area.current?.getBoundingClientRect();
    if (frame === undefined) return [0, 0];
    return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
  };
  const replace = (index: number, box: Box) => setBoxes((all) => all.map((b, i) => (i === index ? box : b)));
  const removeChosen = () => {
    setBoxes((all) => all.filter((_, i) => i !== chosen));
    choose(-1);
  };
  const pick = (name: string) => {
    setCurrent(name);
    const box = boxes[chosen];
    if (box !== undefined) replace(chosen, { ...box, class: name });
  };

  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const [x, y] = place(event);
    const frame = area.current?.getBoundingClientRect();
    const held = boxes[chosen];
    const handle = held && frame ? handleAt(held, x, y, frame) : null;
    const under = handle === null ? boxAt(boxes, x, y) : chosen;
    const box = boxes[under];
    area.current?.setPointerCapture(event.pointerId);
    if (box !== undefined) {
      drag.current = { from: [x, y], handle: handle ?? "move", box, index: under };
      choose(under);
      return;
    }
    const fresh = drawn(current, x, y, x, y);
    drag.current = { from: [x, y], handle: "draw", box: fresh, index: boxes.length };
    setBoxes([...boxes, fresh]);
    choose(boxes.length);
  };
  const onMove = (event: PointerEvent) => {
    const held = drag.current;
    if (held === null) return;
    const [x, y] = place(event);
    const [x0, y0] = held.from;
    if (held.handle === "draw") replace(held.index, drawn(held.box.class, x0, y0, x, y));
    else replace(held.index, dragged(held.box, held.handle, x - x0, y - y0));
  };
  // A click beside all boxes draws none.
  const onUp = () => {
    const held = drag.current;
    drag.current = null;
    if (held?.handle !== "draw") return;
    const box = boxes[held.index];
    if (box !== undefined && bigEnough(box)) return;
    setBoxes((all) => all.filter((_, i) => i !== held.index));
    choose(-1);
  };

  const save = () => give({ boxes: boxes.filter(bigEnough) });
  keys.current = (event) => {
    const box = boxes[chosen];
    const arrow = ARROWS[event.key];
    if (event.key === "Enter") save();
    else if (event.key === "n") {
      setBoxes([...boxes, drawn(current, 0.35, 0.35, 0.65, 0.65)]);
      choose(boxes.length);
    } else if (event.key === "p" && boxes.length > 0) choose((chosen + 1) % boxes.length);
    else if (box !== undefined && (event.key === "Delete" || event.key === "Backspace")) removeChosen();
    else if (box !== undefined && event.key === "Escape") choose(-1);
    else if (box !== undefined && arrow !== undefined) {
      const step = event.ctrlKey ? BIG_STEP : STEP;
      replace(chosen, dragged(box, event.shiftKey ? "se" : "move", arrow[0] * step, arrow[1] * step));
    } else {
      const name = classOfKey(event.key, classes);
      if (name === undefined) return false;
      pick(name);
    }
    return true;
  };
  return (
    <>
      <PictureBox content={item.content}>
        <div
          ref={area}
          class="box-area"
          onPointerDown={onDown}
          onPointerMove={onMove}
          onPointerUp={onUp}
          onPointerCancel={onUp}
        >
          {boxes.map((box, i) => (
            <BoxView key={i} box={box} colour={colour(box.class)} chosen={i === chosen} />
          ))}
        </div>
      </PictureBox>
      <div class="desk-answer">
        <Palette classes={classes} current={current} pick={pick} />
        <ul class="marks" aria-label={say("task_boxes")}>
          {boxes.map((box, i) => (
            <li key={i}>
              <button type="button" class="plain" aria-pressed={i === chosen} onClick={() => choose(i)}>
                <i class={`dot data-${colour(box.class) % 8}`} aria-hidden="true" />
                {box.class}
                <span class="quiet number">
                  {share(box.width, 0)} × {share(box.height, 0)}
                </span>
              </button>
            </li>
          ))}
        </ul>
        <div class="save-row">
          <button type="button" disabled={boxes[chosen] === undefined} onClick={removeChosen}>
            {say("removeMark")}
          </button>
          <SaveButton save={save} />
        </div>
        <p class="quiet how">{say("boxesHow")}</p>
      </div>
    </>
  );
}
