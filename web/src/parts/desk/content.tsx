// What an item shows: a picture as large as it may be, a text, a sound, or a row's cells.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { LabelContent, LabelItem } from "../../api/label_types";
import { figure } from "../../lib/format";
import { say } from "../../words/words";
import { Player } from "./player";

// Below that many pixels a side, single pixels are what there is to see: they are drawn as squares.
const SMALL = 160;
// And no pixel is drawn larger than this: what is shown is recognised by its shape.
const LARGEST = 20;

export function PictureBox({ content, children }: { content: LabelContent; children?: ComponentChildren }) {
  if (content.kind !== "picture") return null;
  const { url, width, height } = content;
  const small = Math.max(width, height) < SMALL;
  return (
    <div
      class="desk-picture"
      style={{ "--shape": width / Math.max(1, height), "--most": small ? `${LARGEST * width}px` : "100%" }}
    >
      <img
        key={url}
        class={small ? "crisp" : ""}
        src={url}
        width={width}
        height={height}
        alt={say("itemPicture")}
        draggable={false}
      />
      {children}
    </div>
  );
}

export function Content({ content }: { content: LabelContent }) {
  switch (content.kind) {
    case "picture":
      return <PictureBox content={content} />;
    case "text":
      return <p class="desk-text">{content.text}</p>;
    case "sound":
      return <Player key={content.url} url={content.url} seconds={content.seconds} />;
    case "row":
      return (
        <dl class="desk-row">
          {content.cells.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof value === "number" ? figure(value) : String(value ?? "–")}</dd>
            </div>
          ))}
        </dl>
      );
  }
}

// Pictures of the items that come next, read and decoded before they are wanted.
export function usePictures(items: LabelItem[]): void {
  const kept = useRef(new Map<string, HTMLImageElement>());
  const urls = items.flatMap((i) => (i.content.kind === "picture" ? [i.content.url] : []));
  const key = urls.join(" ");
  useEffect(() => {
    const wanted = new Set(key === "" ? [] : key.split(" "));
    for (const url of kept.current.keys()) if (!wanted.has(url)) kept.current.delete(url);
    for (const url of wanted) {
      if (kept.current.has(url)) continue;
      const picture = new Image();
      picture.src = url;
      picture.decode().catch(() => {}); // it is asked for again, and seen to be missing, when its turn comes
      kept.current.set(url, picture);
    }
  }, [key]);
}
