import assert from "node:assert/strict";
import test from "node:test";
import { back, nextSpeed, type Playable, playByKey } from "../src/lib/player_keys";

class Player implements Playable {
  paused = true;
  currentTime = 3;
  playbackRate = 1;
  async play() {
    this.paused = false;
  }
  pause() {
    this.paused = true;
  }
}
const key = (name: string, ctrlKey = false) => ({ key: name, ctrlKey });

test("a player goes by key, where something is typed with Ctrl alone", () => {
  const player = new Player();
  assert.equal(playByKey(key(" "), player, false), false);
  assert.equal(player.paused, true);
  assert.equal(playByKey(key(" ", true), player, false), true);
  assert.equal(player.paused, false);
  assert.equal(playByKey(key(" "), player, true), true);
  assert.equal(player.paused, true);
  playByKey(key("ArrowLeft", true), player, false);
  assert.equal(player.currentTime, 1);
  playByKey(key("ArrowLeft", true), player, false);
  assert.equal(player.currentTime, 0);
  assert.equal(playByKey(key("a"), player, true), false);
  assert.equal(playByKey(key(" "), null, true), false);
});

test("speeds go up and down, and no further", () => {
  const player = new Player();
  for (const wanted of [1.25, 1.5, 2, 2]) {
    playByKey(key("ArrowUp"), player, true);
    assert.equal(player.playbackRate, wanted);
  }
  for (const wanted of [1.5, 1.25, 1, 0.75, 0.5, 0.5]) {
    playByKey(key("ArrowDown"), player, true);
    assert.equal(player.playbackRate, wanted);
  }
  assert.equal(nextSpeed(9, 1), 2);
  back(player, 0.5);
  assert.equal(player.currentTime, 2.5);
});
