// A resource of the server that a page shows: read at once, again every few seconds while the page is looked at, and
// kept while the server is away.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get } from "./client";

export interface Resource<T> {
  data: T | undefined;
  error: ApiError | undefined; // the server's own; that it is away is said by the shell
  reload: () => void;
}

const HIDDEN_FACTOR = 5; // a page in a background tab asks less often
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15000;

// `path` null: nothing is asked for. `everyMs` 0: once.
export function useResource<T>(path: string | null, everyMs = 0): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data?: T; error?: ApiError }>({ path: null });
  const [asked, setAsked] = useState(0);
  const every = useRef(everyMs);
  every.current = everyMs;
  // `asked` starts it anew.
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    let timer = 0;
    let retry = FIRST_RETRY_MS;
    const later = (ms: number) => {
      timer = window.setTimeout(read, document.hidden ? HIDDEN_FACTOR * ms : ms);
    };
    async function read() {
      try {
        const data = await get<T>(path as string, stop.signal);
        setState({ path, data });
        retry = FIRST_RETRY_MS;
        if (every.current > 0) later(every.current);
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
      }
    }
    read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, asked]);
  const reload = useCallback(() => setAsked((n) => n + 1), []);
  const ours = state.path === path;
  return { data: ours ? state.data : undefined, error: ours ? state.error : undefined, reload };
}
