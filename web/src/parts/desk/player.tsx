// A sound that is labelled: play and pause, back two seconds, a place in it, a speed. All of it by key too, in the field
// where a transcript is typed with Ctrl (lib/player_keys.ts).
import { useEffect, useRef, useState } from "preact/hooks";
import { back, SPEEDS, toggle } from "../../lib/player_keys";
import { say } from "../../words/words";

// Kept from item to item, as long as the page is open.
let speed = 1;

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}.${Math.floor((seconds - whole) * 10)}`;
}

type State = "loading" | "ready" | "failed";

export function Player({ url, seconds }: { url: string; seconds: number }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [state, setState] = useState<State>("loading");
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [rate, setRate] = useState(speed);
  // Loading sets the speed to the default one.
  useEffect(() => {
    if (audio.current) audio.current.defaultPlaybackRate = audio.current.playbackRate = speed;
  }, [state]);
  const again = () => {
    setState("loading");
    audio.current?.load();
  };
  if (seconds === 0) return <p class="player quiet">{say("soundEmpty")}</p>;
  const player = audio.current;
  return (
    <section class="player" aria-label={say("itemSound")}>
      {/* biome-ignore lint/a11y/useMediaCaption: what is said in it is what is asked */}
      <audio
        ref={audio}
        src={url}
        preload="auto"
        onLoadedData={() => setState("ready")}
        onError={() => {
          setState("failed");
          setPlaying(false);
        }}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(e) => setAt(e.currentTarget.currentTime)}
        onSeeked={(e) => setAt(e.currentTarget.currentTime)}
        onRateChange={(e) => {
          if (state !== "ready") return;
          speed = e.currentTarget.playbackRate;
          setRate(speed);
        }}
      />
      {state === "failed" ? (
        <div class="player-failed" role="alert">
          <p>{say("soundFailed")}</p>
          <button type="button" class="plain" onClick={again}>
            {say("tryAgain")}
          </button>
        </div>
      ) : (
        <>
          <div class="player-buttons">
            <button
              type="button"
              class="player-play"
              disabled={state === "loading"}
              aria-pressed={playing}
              onClick={() => player && toggle(player)}
            >
              {playing ? say("pauseSound") : say("playSound")} <kbd>{say("keySpace")}</kbd>
            </button>
            <button type="button" disabled={state === "loading"} onClick={() => player && back(player)}>
              {say("backSound")} <kbd>←</kbd>
            </button>
            <label class="player-speed">
              <span>{say("speed")}</span>
              <select
                value={rate}
                onChange={(e) => {
                  if (player) player.playbackRate = Number(e.currentTarget.value);
                }}
              >
                {SPEEDS.map((s) => (
                  <option key={s} value={s}>
                    {s}×
                  </option>
                ))}
              </select>
            </label>
          </div>
          <div class="player-place">
            <input
              type="range"
              min={0}
              max={seconds}
              step="any"
              value={Math.min(at, seconds)}
              aria-label={say("placeInSound")}
              aria-valuetext={clock(at)}
              disabled={state === "loading"}
              onInput={(e) => {
                if (player) player.currentTime = Number(e.currentTarget.value);
              }}
            />
            <span class="number quiet">
              {clock(at)} / {clock(seconds)}
            </span>
          </div>
        </>
      )}
    </section>
  );
}
