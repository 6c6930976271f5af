"""The performance table: bench/run.py [step] [infer] [serve] [rollout] [start] [platform] [mlflow] [--rounds N]; everything when nothing is named.

Each figure is a median over rounds in which Sinter and its peer take turns on the same cores. Prints a Markdown table
and leaves all of it in build/bench/report.json.
"""
import argparse
import json
import pathlib
import platform

import mlflow_bench
import model_bench
import platform_bench
import rollout_bench
import serve_bench
import start_bench

BENCHES = {"step": model_bench.steps, "infer": model_bench.inference, "serve": serve_bench.run, "start": start_bench.run,
           "rollout": rollout_bench.run, "platform": platform_bench.run,
           "mlflow": mlflow_bench.run}
PARTS = {"platform": ("rollout", "platform")}  # what a name stands for, where it is more than itself


def chip():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help=", ".join(BENCHES))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    unknown = [w for w in options.what if w not in BENCHES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    out = pathlib.Path("build/bench")
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in dict.fromkeys(part for what in options.what or BENCHES for part in PARTS.get(what, (what,))):
        rows += BENCHES[name](options.rounds, out)
    (out / "report.json").write_text(json.dumps({"chip": chip(), "rounds": options.rounds, "rows": rows}, indent=2) + "\n")
    print(f"\n{chip()}; medians of {options.rounds} rounds in turns; ratio above 1: Sinter is better\n")
    print("| what | Sinter | peer | ratio | aim |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['what']} | {number(row['sinter'])} {row['unit']} | {number(row['peer'])} {row['unit']}, {row['peer_name']} "
              f"| {row['ratio']:.2f} | {row['aim'] or ''} |")


main()
