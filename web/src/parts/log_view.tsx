// What a job prints, followed live; it stays where somebody scrolled to.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, segment } from "../api/client";
import type { JobLog } from "../api/types";
import { append, plain } from "../lib/log_tail";
import { say } from "../words/words";

const POLL_MS = 1000;
const RETRY_MS = 3000;
const NEAR_END = 40; // pixels from the end that still follow it

export function LogView({ job, attempt }: { job: string; attempt: number }) {
  const [text, setText] = useState("");
  const [ended, setEnded] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    setText("");
    setEnded(false);
    const stop = new AbortController();
    let timer = 0;
    let from = 0;
    async function read() {
      let wait = RETRY_MS;
      try {
        const path = `/jobs/${segment(job)}/log?attempt=${attempt}&from=${from}`;
        const piece = await get<JobLog>(path, stop.signal);
        from = piece.next;
        if (piece.text !== "") setText((kept) => append(kept, piece.text));
        setEnded(piece.ended);
        if (piece.ended && piece.text === "") return;
        wait = piece.text === "" ? POLL_MS : 0;
      } catch {
        // Nothing is printed yet, or the server is away.
      }
      if (!stop.signal.aborted) timer = window.setTimeout(read, wait);
    }
    read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [job, attempt]);
  // After what came was drawn.
  useEffect(() => {
    const element = box.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  });
  const onScroll = () => {
    const element = box.current;
    if (element === null) return;
    follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre ref={box} class="text-block log" role="log" tabIndex={0} aria-label={say("log")} onScroll={onScroll}>
        {plain(text)}
      </pre>
      <p class="quiet">{ended ? say("logEnded") : text === "" ? say("logNothing") : say("logLive")}</p>
    </>
  );
}
