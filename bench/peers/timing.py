"""How the peers are timed: as bench_step times Sinter."""
import json
import statistics
import time


def measure(run, seconds, batch):
    times, begin, number = [], time.perf_counter(), 0
    while True:
        t0 = time.perf_counter()
        run()
        t1 = time.perf_counter()
        if number >= 5:
            times.append(t1 - t0)
        number += 1
        if t1 - begin > seconds and len(times) >= 10:
            break
    print(json.dumps({"median_ms": 1e3 * statistics.median(times), "best_ms": 1e3 * min(times), "runs": len(times),
                      "batch": batch}))
