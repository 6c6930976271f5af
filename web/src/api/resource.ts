// A resource of the server that a page shows: read at once, again when the server says that something of it changed or,
// without that, every few seconds while the page is looked at, and kept while the server is away.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { feed, gathered } from "./changes";
import { ApiError, get } from "./client";

export interface Resource<T> {
  data: T | undefined;
  error: ApiError | undefined; // the server's own; that it is away is said by the shell
  reload: () => void;
}

const HIDDEN_FACTOR = 5; // a page in a background tab asks less often
const FED_MS = 15_000; // what the feed tells about is read by the clock this often
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15000;

// `path` null: nothing is asked for. `everyMs` 0: once. `kinds`: of the records that it is made of, if it is made of
// nothing else.
export function useResource<T>(path: string | null, everyMs = 0, kinds: readonly string[] = []): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data?: T; error?: ApiError }>({ path: null });
  const [asked, setAsked] = useState(0);
  const every = useRef(everyMs);
  every.current = everyMs;
  const fed = kinds.join(" ");
  // `asked` starts it anew.
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    let timer = 0;
    let retry = FIRST_RETRY_MS;
    let reading = false;
    let again = false;
    const later = (ms: number) => {
      clearTimeout(timer);
      timer = window.setTimeout(read, document.hidden ? HIDDEN_FACTOR * ms : ms);
    };
    const pause = () => (fed !== "" && feed.live.get() ? Math.max(FED_MS, every.current) : every.current);
    async function read() {
      if (reading) {
        again = true;
        return;
      }
      reading = true;
      again = false;
      clearTimeout(timer);
      try {
        const data = await get<T>(path as string, stop.signal);
        setState({ path, data });
        retry = FIRST_RETRY_MS;
        if (every.current > 0) later(again ? 0 : pause());
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof ApiError) {
          setState((before) => ({
            path,
            error,
            ...(before.path === path && before.data ? { data: before.data } : {}),
          }));
          if (every.current > 0) later(Math.max(every.current, FIRST_RETRY_MS));
          return;
        }
        later(retry);
        retry = Math.min(2 * retry, LONGEST_RETRY_MS);
      } finally {
        reading = false;
      }
    }
    read();
    const together = gathered(read);
    const leave = fed === "" ? () => {} : feed.listen(fed.split(" "), together.ask);
    // Without its feed the clock takes over at once.
    const unwatch = feed.live.listen(() => {
      if (fed !== "" && !feed.live.get() && every.current > 0 && !reading) later(every.current);
    });
    return () => {
      stop.abort();
      clearTimeout(timer);
      together.stop();
      leave();
      unwatch();
    };
  }, [path, asked, fed]);
  const reload = useCallback(() => setAsked((n) => n + 1), []);
  const ours = state.path === path;
  return { data: ours ? state.data : undefined, error: ours ? state.error : undefined, reload };
}
