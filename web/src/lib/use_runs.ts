// Some runs in whole, read again while one of them trains. What is not there is left out.
import { useEffect, useState } from "preact/hooks";
import { ApiError, get, segment } from "../api/client";
import type { Run } from "../api/types";

const LIVE_MS = 3000;

async function readRun(id: string, signal: AbortSignal): Promise<Run[]> {
  try {
    return [await get<Run>(`/runs/${segment(id)}`, signal)];
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}

export function useRuns(ids: string[]): Run[] | null {
  const [runs, setRuns] = useState<Run[] | null>(null);
  const key = ids.join(",");
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    async function read() {
      let again = true;
      try {
        const wanted = key === "" ? [] : key.split(",");
        const found = (await Promise.all(wanted.map((id) => readRun(id, stop.signal)))).flat();
        setRuns(found);
        again = found.some((run) => run.state === "running" || run.state === "created");
      } catch {
        // The shell says that the server is away.
      }
      if (again && !stop.signal.aborted) timer = window.setTimeout(read, LIVE_MS);
    }
    read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key]);
  return runs;
}
