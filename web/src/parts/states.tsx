// What a page shows where there is nothing to show: not yet, nothing at all, or a reason.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../api/client";
import { say } from "../words/words";
import { GrainMark } from "./grain";

// Rows of grey in the place of what is being read; after a moment, so that nothing flickers.
export function Loading({ rows = 4 }: { rows?: number }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={shown ? "loading" : "loading quietly"} role="status">
      <span class="unseen">{say("loading")}</span>
      {Array.from({ length: rows }, (_, i) => (
        <i key={i} style={{ width: `${92 - ((i * 37) % 45)}%` }} />
      ))}
    </div>
  );
}

export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <GrainMark state="failed" />
      <div>
        <p>{error.message}</p>
        {error.hint && <p class="quiet">{error.hint}</p>}
        {retry && (
          <button type="button" class="plain" onClick={retry}>
            {say("tryAgain")}
          </button>
        )}
      </div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <svg class="powder" viewBox="0 0 120 40" aria-hidden="true">
        {[
          [8, 30, 4],
          [20, 34, 3],
          [30, 28, 5],
          [44, 33, 4],
          [55, 25, 3],
          [62, 33, 5],
          [76, 31, 4],
          [88, 34, 3],
          [98, 29, 5],
          [112, 34, 3],
          [38, 18, 2.5],
          [70, 20, 3],
        ].map(([x, y, r]) => (
          <circle key={`${x}-${y}`} cx={x} cy={y} r={r} />
        ))}
      </svg>
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

// A command to type, and a button that copies it.
export function Command({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    } catch {
      // Without the clipboard, it can still be marked and copied by hand.
    }
  };
  return (
    <div class="command">
      <code>{text}</code>
      <button type="button" class="plain" onClick={copy} aria-label={say("copyCommand", { text })}>
        {done ? say("copied") : say("copy")}
      </button>
    </div>
  );
}
