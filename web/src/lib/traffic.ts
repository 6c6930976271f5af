// From counters that only grow to what happened lately: rates, and quantiles of the requests between two readings.
import type { ServiceStats, TrafficStats } from "../api/types";

// Linear inside the bucket, as Prometheus' histogram_quantile; null where nothing happened.
export function quantile(bounds: number[], counts: number[], q: number): number | null {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  let below = 0;
  for (let i = 0; i < bounds.length; i++) {
    const count = counts[i] ?? 0;
    const top = bounds[i] ?? 0;
    if (count > 0 && below + count >= q * total) {
      const low = i === 0 ? 0 : (bounds[i - 1] ?? 0);
      return low + ((top - low) * (q * total - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}

export interface TrafficPoint {
  at: number; // seconds
  byRevision: Record<string, number>; // requests a second
  p50: number | null; // ms
  p99: number | null;
}

export interface Lately {
  rate: number;
  p50: number | null;
  p99: number | null;
  failed: number; // and refused, since the service was started
}

interface Reading {
  at: number;
  stats: ServiceStats;
}

const KEPT_POINTS = 180;
const LATELY_READINGS = 11;

function between(then: TrafficStats, now: TrafficStats): number[] {
  return now.latency.buckets.map((n, i) => Math.max(0, n - (then.latency.buckets[i] ?? 0)));
}

// One service's readings, the newest last. What a restart of the server sets back to 0 counts as nothing.
export class Traffic {
  #readings: Reading[] = [];
  points: TrafficPoint[] = [];

  // `at` in seconds.
  add(at: number, stats: ServiceStats): void {
    const last = this.#readings.at(-1);
    if (last !== undefined && at <= last.at) return;
    this.#readings.push({ at, stats });
    while (this.#readings.length > LATELY_READINGS) this.#readings.shift();
    if (last === undefined) return;
    const byRevision: Record<string, number> = {};
    for (const now of stats.revisions) {
      const name = now.revision ?? "";
      const before = last.stats.revisions.find((r) => r.revision === now.revision);
      byRevision[name] = Math.max(0, now.succeeded - (before?.succeeded ?? 0)) / (at - last.at);
    }
    const { bounds_ms } = stats.total.latency;
    const counts = between(last.stats.total, stats.total);
    this.points.push({ at, byRevision, p50: quantile(bounds_ms, counts, 0.5), p99: quantile(bounds_ms, counts, 0.99) });
    while (this.points.length > KEPT_POINTS) this.points.shift();
  }

  // The revisions that answered anything in what is kept, in order.
  revisions(): string[] {
    const seen = new Set<string>();
    for (const point of this.points)
      for (const [name, rate] of Object.entries(point.byRevision)) if (rate > 0) seen.add(name);
    return [...seen].sort((a, b) => Number(a) - Number(b)).slice(-4);
  }

  rates(): number[] {
    return this.points.map((p) => Object.values(p.byRevision).reduce((a, b) => a + b, 0));
  }

  lately(): Lately {
    const first = this.#readings[0];
    const last = this.#readings.at(-1);
    if (first === undefined || last === undefined || first === last)
      return { rate: 0, p50: null, p99: null, failed: last ? last.stats.total.failed + last.stats.total.refused : 0 };
    const now = last.stats.total;
    const counts = between(first.stats.total, now);
    return {
      rate: Math.max(0, now.succeeded - first.stats.total.succeeded) / (last.at - first.at),
      p50: quantile(now.latency.bounds_ms, counts, 0.5),
      p99: quantile(now.latency.bounds_ms, counts, 0.99),
      failed: now.failed + now.refused,
    };
  }
}
