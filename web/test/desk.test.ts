import assert from "node:assert/strict";
import test from "node:test";
import type { LabelItem } from "../src/api/label_types";
import { boxAt, dragged, drawn } from "../src/lib/boxes";
import { Desk, type DeskServer } from "../src/lib/desk";
import { classOfKey, keyOf, sameness, words } from "../src/lib/label_keys";
import { marked, pieces, pointsBefore, wordsOf } from "../src/lib/spans";

const item = (n: number): LabelItem => ({
  item: n,
  row: n,
  content: { kind: "text", text: String(n) },
  prelabel: null,
  mine: null,
});

// A server of `count` items that keeps what it was told, and hands out anew what has no answer.
class Server implements DeskServer {
  log: string[] = [];
  answers = new Map<number, string>();
  order: number[] = [];
  refuse = new Set<number>();
  constructor(readonly count: number) {}
  async next(count: number) {
    this.log.push(`next ${count}`);
    const open = Array.from({ length: this.count }, (_, i) => i).filter((i) => !this.answers.has(i));
    return { items: open.slice(0, count).map(item), left: open.length };
  }
  async answer(n: number, answer: { value?: { class?: string } | null; seconds: number }) {
    if (this.refuse.delete(n)) throw Object.assign(new Error("refused"), { status: 400 });
    this.log.push(`answer ${n}`);
    this.answers.set(n, answer.value?.class ?? "skip");
    this.order.push(n);
    const gold = n === 2 ? { right: answer.value?.class === "a", value: { class: "a" } } : null;
    return { item: n, gold, done: this.answers.size, items: this.count };
  }
  async undo() {
    const last = this.order.pop();
    if (last === undefined) throw Object.assign(new Error("nothing"), { status: 409 });
    this.log.push(`undo ${last}`);
    this.answers.delete(last);
    return item(last);
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a desk shows the next item before the server has the answer, and sends all in order", async () => {
  const server = new Server(30);
  const desk = new Desk(server, () => {});
  await desk.start();
  const shown: number[] = [];
  for (let i = 0; i < 5; i++) {
    shown.push(desk.current?.item ?? -1);
    desk.give({ value: { class: "b" } });
  }
  assert.deepEqual(shown, [0, 1, 2, 3, 4]);
  assert.equal(desk.unsaved, 5);
  await settled();
  assert.equal(desk.unsaved, 0);
  assert.deepEqual(server.order, [0, 1, 2, 3, 4]);
  assert.equal(desk.done, 5);
  assert.equal(desk.goldAsked, 1);
  assert.equal(desk.goldRight, 0);
  assert.equal(desk.gold?.value.class, "a");
});

test("a desk asks for more before it runs out, shows none twice, and ends", async () => {
  const server = new Server(30);
  const desk = new Desk(server, () => {});
  await desk.start();
  const shown: number[] = [];
  for (let i = 0; i < 40 && !desk.empty; i++) {
    const at = desk.current;
    if (at !== undefined) {
      shown.push(at.item);
      desk.give({ value: { class: "b" } });
    }
    await settled();
  }
  assert.deepEqual(
    shown,
    Array.from({ length: 30 }, (_, i) => i),
  );
  assert.equal(desk.empty, true);
});

test("undo waits for what is on its way, and the item is asked again", async () => {
  const server = new Server(9);
  const desk = new Desk(server, () => {});
  await desk.start();
  desk.give({ value: { class: "a" } });
  desk.give({ value: { class: "b" } });
  await desk.undo();
  assert.deepEqual(server.log.slice(-3), ["answer 0", "answer 1", "undo 1"]);
  assert.equal(desk.current?.item, 1);
  assert.deepEqual(desk.current?.mine, { value: { class: "b" } }, "with what was said");
  assert.equal(desk.done, null, "how many are done is to be asked");
  assert.equal(desk.answered, 1);
  desk.give({ value: { class: "c" } });
  await settled();
  assert.equal(server.answers.get(1), "c");
});

test("nothing to undo is told, and nothing is lost", async () => {
  const desk = new Desk(new Server(3), () => {});
  await desk.start();
  await desk.undo();
  assert.equal(desk.problem?.message, "nothing");
  assert.equal(desk.current?.item, 0);
});

test("an answer that the server refuses comes back to the desk", async () => {
  const server = new Server(5);
  server.refuse.add(0);
  const desk = new Desk(server, () => {});
  await desk.start();
  desk.give({ value: { class: "nonsense" } });
  await settled();
  assert.equal(desk.current?.item, 0);
  assert.equal(desk.problem?.message, "refused");
  desk.give({ value: { class: "a" } });
  await settled();
  assert.equal(server.answers.get(0), "a");
  assert.equal(desk.problem, null);
});

test("the speed is that of the last answers", async () => {
  let now = 0;
  const desk = new Desk(
    new Server(30),
    () => {},
    () => now,
  );
  await desk.start();
  for (let i = 0; i < 4; i++) {
    now += 2000;
    desk.give({ skip: true });
  }
  assert.equal(desk.perHour, 1800);
});

test("keys stand for classes, and none for a command", () => {
  const classes = Array.from({ length: 32 }, (_, i) => `c${i}`);
  assert.equal(classOfKey("1", classes), "c0");
  assert.equal(classOfKey("0", classes), "c9");
  assert.equal(classOfKey("Q", classes), "c10");
  for (const command of ["z", "s", "n", "p", "?", "Enter"]) assert.equal(classOfKey(command, classes), undefined);
  assert.equal(new Set(classes.map((_, i) => keyOf(i))).size, 32);
});

test("a value in words, and what two values share", () => {
  assert.equal(
    words({ boxes: [drawn("cat", 0, 0, 1, 1), drawn("cat", 0, 0, 1, 1), drawn("dog", 0, 0, 1, 1)] }),
    "cat ×2, dog",
  );
  assert.equal(sameness({ classes: ["b", "a"] }), sameness({ classes: ["a", "b"] }));
  assert.notEqual(sameness({ class: "a" }), sameness({ class: "b" }));
});

test("boxes stay in the picture", () => {
  const box = drawn("a", 0.5, 0.6, 0.2, 0.1);
  assert.deepEqual(box, { class: "a", x: 0.2, y: 0.1, width: 0.3, height: 0.5 });
  assert.deepEqual(dragged(box, "move", 5, -5), { ...box, x: 0.7, y: 0 });
  assert.deepEqual(dragged(box, "se", 0.1, 9), { ...box, width: 0.4, height: 0.9 });
  assert.equal(dragged(box, "nw", 9, 9).width, 0.01);
  assert.equal(boxAt([drawn("a", 0, 0, 1, 1), drawn("b", 0.4, 0.4, 0.6, 0.6)], 0.5, 0.5), 1);
  assert.equal(boxAt([drawn("b", 0.4, 0.4, 0.6, 0.6)], 0.1, 0.5), -1);
});

test("spans count code points, not halves of them", () => {
  const text = "😀 Ana met Bo";
  assert.equal(pointsBefore(text, 3), 2);
  const spans = marked(text, [], { class: "P", begin: 1, end: 6 });
  assert.deepEqual(spans, [{ class: "P", begin: 2, end: 5 }]);
  assert.deepEqual(
    pieces(text, spans).map((p) => p.text),
    ["😀 ", "Ana", " met Bo"],
  );
  assert.deepEqual(marked(text, spans, { class: "Q", begin: 0, end: 99 }), [{ class: "Q", begin: 0, end: 12 }]);
  assert.deepEqual(marked(text, spans, { class: "Q", begin: 1, end: 2 }), spans);
  assert.deepEqual(
    wordsOf("Ana met 😀 Bo.").map((w) => [w.begin, w.end]),
    [
      [0, 3],
      [4, 7],
      [10, 12],
    ],
  );
});
