// From counters that only grow to what happened lately: rates, and quantiles of the requests between two readings.

// Linear inside the bucket, as Prometheus' histogram_quantile; null where nothing happened.
export function quantile(bounds, counts, q) {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  let below = 0;
  for (let i = 0; i < bounds.length; i++) {
    if (counts[i] > 0 && below + counts[i] >= q * total) {
      const low = i === 0 ? 0 : bounds[i - 1];
      return low + (bounds[i] - low) * (q * total - below) / counts[i];
    }
    below += counts[i];
  }
  return bounds[bounds.length - 1];
}

export class Traffic {
  #readings = [];  // {at, stats}, the newest last
  points = [];     // {at, byRevision: {name: requests a second}}

  // What one reading of a service's statistics adds. `at` in seconds.
  add(at, stats) {
    const last = this.#readings.at(-1);
    this.#readings.push({ at, stats });
    if (last !== undefined) {
      const byRevision = {};
      for (const now of stats.revisions) {
        const before = last.stats.revisions.find((r) => r.revision === now.revision);
        const count = now.succeeded - (before?.succeeded ?? 0);
        byRevision[now.revision] = Math.max(0, count) / (at - last.at);
      }
      this.points.push({ at, byRevision });
    }
    while (this.#readings.length > 11) this.#readings.shift();
    while (this.points.length > 120) this.points.shift();
  }

  // The revisions that answered anything in what is kept, in order, and the highest rate of one.
  shown() {
    const revisions = [...new Set(this.points.flatMap((p) => Object.keys(p.byRevision).filter((r) => p.byRevision[r] > 0)))];
    return {
      revisions: revisions.sort((a, b) => Number(a) - Number(b)).slice(-4),
      top: Math.max(1, ...this.points.map((p) => Math.max(0, ...Object.values(p.byRevision)))),
    };
  }

  // Over the last ten readings.
  lately() {
    const first = this.#readings[0], last = this.#readings.at(-1);
    if (first === undefined || first === last) return { rate: 0, p50: null, p99: null, failed: 0 };
    const now = last.stats.total, then = first.stats.total;
    const counts = now.latency.buckets.map((n, i) => Math.max(0, n - then.latency.buckets[i]));
    return {
      rate: Math.max(0, now.succeeded - then.succeeded) / (last.at - first.at),
      p50: quantile(now.latency.bounds_ms, counts, 0.5),
      p99: quantile(now.latency.bounds_ms, counts, 0.99),
      failed: now.failed + now.refused,
    };
  }
}
