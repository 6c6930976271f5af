// What is said or written, as text. The player of a sound is driven from the field, with Ctrl.
import { useEffect, useRef, useState } from "preact/hooks";
import { say } from "../../words/words";
import { SaveButton } from "./classes";
import { Content } from "./content";
import { type EditorProps, startOf } from "./editor";

export function Transcript({ item, give, keys }: EditorProps) {
  const [text, setText] = useState(startOf(item)?.text ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const save = () => give({ text: text.trim() });
  keys.current = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
    else if (event.key === "Escape") field.current?.blur();
    else return false;
    return true;
  };
  return (
    <>
      <Content content={item.content} />
      <div class="desk-answer">
        <label>
          <span>{say("task_transcript")}</span>
          <textarea ref={field} rows={6} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </label>
        <SaveButton save={save} />
        <p class="quiet how">{say(item.content.kind === "sound" ? "soundHow" : "transcriptHow")}</p>
      </div>
    </>
  );
}
