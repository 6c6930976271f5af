// What lies on a labeller's desk: items that were fetched ahead, the one that is looked at, and answers on their way to
// the server. An answer shows the next item at once; it is sent behind it, in order, and kept until it is acknowledged.
import type { AnswerReceipt, GoldVerdict, LabelAnswer, LabelItem } from "../api/label_types";

export interface DeskServer {
  next(count: number): Promise<{ items: LabelItem[]; left: number }>;
  answer(item: number, answer: LabelAnswer & { seconds: number }): Promise<AnswerReceipt>;
  undo(): Promise<LabelItem>;
}

const AHEAD = 12; // items asked for beyond those in hand
const MOST_AT_ONCE = 100; // that the server gives
const LOW = 6; // so many left: more are asked for
const PACE = 20; // answers that the speed is measured over
const RETRY_MS = 1500;

interface Waiting {
  item: LabelItem;
  answer: LabelAnswer & { seconds: number };
}

export class Desk {
  #server: DeskServer;
  #changed: () => void;
  #clock: () => number;
  #queue: LabelItem[] = [];
  #waiting: Waiting[] = [];
  #sending: Promise<void> | null = null;
  #fetching: Promise<void> | null = null;
  #exhausted = false;
  #closed = false;
  #given = new Map<number, LabelAnswer>(); // here: what is taken back begins with what was said
  #seen = new Set<number>(); // answered here: not shown again unless taken back
  #shownAt = 0;
  #seconds: number[] = [];
  #undoing = false;
  #sendProblem: Error | null = null;
  #fetchProblem: Error | null = null;

  done: number | null = null; // of all labellers, as the server last said; null: since then something was undone
  answered = 0; // here, since the desk was opened
  gold: (GoldVerdict & { item: LabelItem; given: LabelAnswer }) | null = null;
  goldAsked = 0;
  goldRight = 0;

  constructor(server: DeskServer, changed: () => void, clock: () => number = () => performance.now()) {
    this.#server = server;
    this.#changed = changed;
    this.#clock = clock;
  }

  get current(): LabelItem | undefined {
    return this.#queue[0];
  }

  get ahead(): LabelItem[] {
    return this.#queue.slice(1);
  }

  // Answers that the server has not acknowledged.
  get unsaved(): number {
    return this.#waiting.length;
  }

  get empty(): boolean {
    return this.#queue.length === 0 && this.#exhausted;
  }

  get canUndo(): boolean {
    return !this.#undoing;
  }

  get problem(): Error | null {
    return this.#sendProblem ?? this.#fetchProblem;
  }

  // Of the last answers here.
  get perHour(): number | null {
    if (this.#seconds.length < 3) return null;
    const lately = this.#seconds.slice(-PACE);
    return (
      (3600 * lately.length) /
      Math.max(
        1e-3,
        lately.reduce((a, b) => a + b, 0),
      )
    );
  }

  async start(): Promise<void> {
    await this.#fetch();
  }

  stop(): void {
    this.#closed = true;
  }

  give(answer: LabelAnswer): void {
    const item = this.#queue.shift();
    if (item === undefined || this.#undoing) {
      if (item !== undefined) this.#queue.unshift(item);
      return;
    }
    const seconds = Math.round((this.#clock() - this.#shownAt) / 10) / 100;
    this.#seconds.push(seconds);
    this.#seen.add(item.item);
    this.#given.set(item.item, answer);
    this.answered++;
    this.gold = null;
    this.#waiting.push({ item, answer: { ...answer, seconds } });
    this.#show();
    this.#send();
    if (this.#queue.length < LOW && !this.#exhausted) this.#fetch();
  }

  // Takes back the last answer, once those before it have arrived, and shows its item again.
  async undo(): Promise<void> {
    if (this.#undoing) return;
    this.#undoing = true;
    this.gold = null;
    this.#changed();
    try {
      await this.#send();
      const item = await this.#server.undo();
      this.#seen.delete(item.item);
      this.done = null;
      const before = this.#given.get(item.item);
      if (item.mine === null && before !== undefined) item.mine = before;
      this.#queue = [item, ...this.#queue.filter((other) => other.item !== item.item)];
      this.answered = Math.max(0, this.answered - 1);
      this.#seconds.pop();
      this.#sendProblem = null;
    } catch (error) {
      this.#sendProblem = error as Error;
    }
    this.#undoing = false;
    this.#show();
  }

  #show(): void {
    this.#shownAt = this.#clock();
    this.#changed();
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetchOnce(): Promise<void> {
    const empty = this.#queue.length === 0;
    try {
      // The server first hands out again what it handed out already and has no answer for.
      const count = Math.min(MOST_AT_ONCE, AHEAD + this.#queue.length + this.#waiting.length);
      const { items } = await this.#server.next(count);
      const known = new Set([...this.#queue.map((i) => i.item), ...this.#seen]);
      const fresh = items.filter((i) => !known.has(i.item));
      this.#queue.push(...fresh);
      this.#exhausted = items.length < count;
      this.#fetchProblem = null;
    } catch (error) {
      this.#fetchProblem = error as Error;
    }
    if (empty) this.#show();
    else this.#changed();
  }

  #send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined) break;
      try {
        const receipt = await this.#server.answer(next.item.item, next.answer);
        this.#waiting.shift();
        this.done = receipt.done;
        this.#sendProblem = null;
        if (receipt.gold != null) {
          this.gold = { ...receipt.gold, item: next.item, given: next.answer };
          this.goldAsked++;
          if (receipt.gold.right) this.goldRight++;
        }
        this.#changed();
      } catch (error) {
        if (this.#closed) return;
        this.#sendProblem = error as Error;
        // What the server refuses comes back to the desk; what did not reach it is sent again.
        if (isRefusal(error)) {
          this.#waiting.shift();
          this.#seen.delete(next.item.item);
          this.#queue.unshift(next.item);
          this.answered = Math.max(0, this.answered - 1);
          this.#show();
        } else {
          this.#changed();
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    }
    // With everything said, there may be more: an item that another labeller let go.
    if (this.#queue.length === 0 && !this.#exhausted && !this.#closed) await this.#fetch();
  }
}

function isRefusal(error: unknown): boolean {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === "number" && status >= 400 && status < 500;
}
