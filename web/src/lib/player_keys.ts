// What keys do to a sound that is labelled.

export const BACK_S = 2;
export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

export interface Playable {
  paused: boolean;
  currentTime: number;
  playbackRate: number;
  play(): Promise<void>;
  pause(): void;
}

export interface PressedKey {
  key: string;
  ctrlKey: boolean;
}

// The sound that is on the page, if any.
export const playerOnPage = () => document.querySelector<HTMLAudioElement>(".player audio");

export function toggle(player: Playable): void {
  // What hinders it is told where the player stands, by the element's own event.
  if (player.paused) player.play().catch(() => {});
  else player.pause();
}

export function back(player: Playable, seconds = BACK_S): void {
  player.currentTime = Math.max(0, player.currentTime - seconds);
}

export function nextSpeed(now: number, step: 1 | -1): number {
  const at = SPEEDS.findIndex((s) => s >= now - 1e-6);
  const from = at < 0 ? SPEEDS.length - 1 : at;
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, from + step))] ?? 1;
}

// Whether the key was for the player. With Ctrl it always may be; `plain`: without too, as where nothing is typed.
export function playByKey(event: PressedKey, player: Playable | null, plain: boolean): boolean {
  if (player === null || (!event.ctrlKey && !plain)) return false;
  if (event.key === " ") toggle(player);
  else if (event.key === "ArrowLeft") back(player);
  else if (event.key === "ArrowUp") player.playbackRate = nextSpeed(player.playbackRate, 1);
  else if (event.key === "ArrowDown") player.playbackRate = nextSpeed(player.playbackRate, -1);
  else return false;
  return true;
}
