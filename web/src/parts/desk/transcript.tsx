// What is said or written, as text. The player of a sound is driven from the field.
import { useEffect, useRef, useState } from "preact/hooks";
import { say } from "../../words/words";
import { SaveButton } from "./classes";
import { Content } from "./content";
import { type EditorProps, startOf } from "./editor";

const BACK_S = 3;

export function Transcript({ item, give, keys }: EditorProps) {
  const [text, setText] = useState(startOf(item)?.text ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => field.current?.focus(), []);
  const save = () => give({ text: text.trim() });
  keys.current = (event) => {
    const player = box.current?.querySelector("audio") ?? null;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
    else if (event.key === "Escape") field.current?.blur();
    else if (player !== null && event.ctrlKey && event.key === " ") {
      if (player.paused) player.play();
      else player.pause();
    } else if (player !== null && event.ctrlKey && event.key === "ArrowLeft")
      player.currentTime = Math.max(0, player.currentTime - BACK_S);
    else return false;
    return true;
  };
  return (
    <>
      <div ref={box}>
        <Content content={item.content} />
      </div>
      <div class="desk-answer">
        <label>
          <span>{say("task_transcript")}</span>
          <textarea ref={field} rows={6} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </label>
        <SaveButton save={save} />
        <p class="quiet how">{say("transcriptHow")}</p>
      </div>
    </>
  );
}
