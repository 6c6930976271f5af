import assert from "node:assert/strict";
import test from "node:test";
import { AGAIN_MS, Feed, gathered, kindOf } from "../src/api/changes";

// What of an EventSource the feed touches.
class Source {
  static CLOSED = 2;
  readyState = 1;
  closed = false;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  #change: ((event: unknown) => void) | null = null;
  addEventListener(_: string, listener: (event: unknown) => void) {
    this.#change = listener;
  }
  say(kind: string) {
    this.#change?.({ data: JSON.stringify({ record: { kind } }) });
  }
  close() {
    this.closed = true;
  }
}
(globalThis as { EventSource?: unknown }).EventSource = Source;

test("only who asked for a kind is told, all once when the feed opens", () => {
  const source = new Source();
  const feed = new Feed(() => source as unknown as EventSource);
  const told: string[] = [];
  feed.listen(["model"], () => told.push("models"));
  const leave = feed.listen(["run", "service"], () => told.push("runs"));
  source.onopen?.();
  assert.equal(feed.live.get(), true);
  assert.deepEqual(told.splice(0), ["models", "runs"]);
  source.say("service");
  source.say("token");
  source.say("model");
  assert.deepEqual(told.splice(0), ["runs", "models"]);
  leave();
  source.say("run");
  assert.deepEqual(told, []);
});

test("a lost feed says so, and a page that is hidden keeps none", () => {
  const opened: Source[] = [];
  const feed = new Feed(() => {
    const source = new Source();
    opened.push(source);
    return source as unknown as EventSource;
  });
  feed.listen(["run"], () => {});
  opened[0]?.onopen?.();
  opened[0]?.onerror?.();
  assert.equal(feed.live.get(), false, "the clock takes over");
  assert.equal(opened.length, 1, "an open connection is tried again by itself");
  feed.disconnect();
  assert.equal(opened[0]?.closed, true);
  feed.resume();
  assert.equal(opened.length, 2);
});

test("a burst is one call, and the next is not at once", async () => {
  let calls = 0;
  const together = gathered(() => calls++);
  for (let i = 0; i < 50; i++) together.ask();
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(calls, 1);
  together.ask();
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(calls, 1, `not before ${AGAIN_MS} ms`);
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  assert.equal(calls, 2);
  together.ask();
  together.stop();
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS + 50));
  assert.equal(calls, 2);
});

test("an event that is no JSON is nobody's", () => {
  assert.equal(kindOf("{"), "");
  assert.equal(kindOf('{"record":{"kind":"run"}}'), "run");
});
