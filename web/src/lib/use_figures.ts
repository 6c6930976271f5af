// All figures of some runs, read again while one of them trains.
import { useEffect, useState } from "preact/hooks";
import { get, segment } from "../api/client";
import type { Series } from "../api/types";
import { curveOf, type FigureCurve } from "./curves";

export type Figures = Map<string, Map<string, FigureCurve>>; // run -> name -> curve

const POINTS = 400;

async function readRun(id: string, signal: AbortSignal): Promise<Map<string, FigureCurve>> {
  const path = `/runs/${segment(id)}/metrics`;
  const { names } = await get<{ names: string[] }>(path, signal);
  const curves = await Promise.all(
    names.map(async (name): Promise<[string, FigureCurve]> => {
      const series = await get<Series>(`${path}?name=${segment(name)}&points=${POINTS}`, signal);
      return [name, curveOf(series)];
    }),
  );
  return new Map(curves);
}

export function useFigures(ids: string[], live: boolean): Figures | null {
  const [figures, setFigures] = useState<Figures | null>(null);
  const key = ids.join(",");
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    async function read() {
      const wanted = key === "" ? [] : key.split(",");
      try {
        const all = await Promise.all(wanted.map(async (id) => [id, await readRun(id, stop.signal)] as const));
        setFigures(new Map(all));
      } catch {
        // The shell says that the server is away, the page that a run is not there.
      }
      if (live && !stop.signal.aborted) timer = window.setTimeout(read, document.hidden ? 10000 : 2000);
    }
    read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, live]);
  return figures;
}
