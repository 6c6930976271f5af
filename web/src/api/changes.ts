// The server's feed of changes, one connection for the whole page: who reads a resource says of which kinds of record it
// is made, and is told when one of them changed. Where there is no feed, resources are read again by the clock, as
// before.
import { Signal } from "../lib/signal";
import { api } from "./client";

type Listener = () => void;

const REOPEN_MS = 5000;
const LINGER_MS = 2000; // after the last listener: the next page has one
// A burst of changes is one reading: the first of them is told soon, the others no sooner than this after.
export const SOONEST_MS = 80;
export const AGAIN_MS = 700;

export class Feed {
  readonly live = new Signal(false);
  #listeners = new Map<Listener, ReadonlySet<string>>();
  #source: EventSource | null = null;
  #timer = 0;

  // `open` makes the connection; tests give another.
  constructor(private readonly open: () => EventSource) {}

  listen(kinds: readonly string[], listener: Listener): () => void {
    this.#listeners.set(listener, new Set(kinds));
    this.#connect();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) setTimeout(() => this.#listeners.size === 0 && this.disconnect(), LINGER_MS);
    };
  }

  // A page that nobody looks at keeps no connection: browsers allow few to one server.
  disconnect(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.live.set(false);
  }

  resume(): void {
    if (this.#listeners.size > 0) this.#connect();
  }

  #connect(): void {
    if (this.#source !== null || typeof EventSource === "undefined") return;
    const source = this.open();
    this.#source = source;
    source.onopen = () => {
      // What happened while it was away is not in it: everything is read once.
      this.live.set(true);
      for (const listener of [...this.#listeners.keys()]) listener();
    };
    source.onerror = () => {
      this.live.set(false);
      if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      this.#source = null;
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.resume(), REOPEN_MS);
    };
    source.addEventListener("change", (event) => this.tell(kindOf((event as MessageEvent<string>).data)));
  }

  tell(kind: string): void {
    for (const [listener, kinds] of [...this.#listeners]) if (kinds.has(kind)) listener();
  }
}

export function kindOf(data: string): string {
  try {
    return (JSON.parse(data) as { record?: { kind?: string } }).record?.kind ?? "";
  } catch {
    return "";
  }
}

// Calls together: soon after the first, then at most one every AGAIN_MS.
export function gathered(call: () => void, clock: () => number = () => performance.now()) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = -AGAIN_MS;
  const run = () => {
    timer = undefined;
    last = clock();
    call();
  };
  return {
    ask: () => {
      timer ??= setTimeout(run, Math.max(SOONEST_MS, last + AGAIN_MS - clock()));
    },
    stop: () => clearTimeout(timer),
  };
}

export const feed = new Feed(() => new EventSource(api("/changes")));
if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) feed.disconnect();
    else feed.resume();
  });
}
