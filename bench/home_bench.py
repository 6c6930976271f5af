"""Figures of a server on a home: lists over HTTP where there are 10,000 resources of each kind, and memory while idle.

The home is made by the driver, through the platform's own interfaces. Figures are those of one client over one
connection, from the request to the last byte of the answer.
"""
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

from rounds import pinned, row

SINTER = pathlib.Path("build/release/sinter").resolve()
DRIVER = pathlib.Path("build/release/bench/bench_platform")
CORES = "0,1"
COUNT = 10_000
LIMIT_MS = 100
IDLE_SECONDS = 60
LIMIT_MB = 100

# What is listed -> requests for it: a path below /sinter/v1, or a path and a body of MLflow's interface. First pages, pages
# in the middle, and what the console asks for.
RUNS = "/api/2.0/mlflow/runs/search"
LISTS = {
    "data sets": ["/datasets", "/datasets?limit=1000", "/datasets?limit=1000&after=bench/data-005000",
                  "/datasets/bench%2Fdata-005000/versions", "/governance/due"],
    "models": ["/models", "/models?limit=1000", "/models?limit=1000&after=bench/model-005000",
               "/models/bench%2Fmodel-005000/versions"],
    "runs": ["/runs", "/runs?limit=1000", "/console/runs?limit=500", "/runs/best?figure=val/accuracy&goal=max"],
    "jobs": ["/jobs", "/jobs?limit=200", "/jobs?limit=1000", "/jobs/queue"],
    "services": ["/services", "/services?limit=1000&after=service-005000"],
    "labellings": ["/labellings?limit=100", "/labellings?limit=100&after=labelling-005000",
                   "/labellings/labelling-005000/review"],
    "sweeps": ["/sweeps", "/sweeps?limit=1000"],
    "tokens": ["/tokens", "/tokens?limit=1000&after=token-005000"],
    "changes": ["/changes?after=0&limit=1000", "/changes?after=0&limit=1000&kind=run",
                "/changes?after=100000&limit=1000&kind=model"],
    "costs": ["/cost?by=owner", "/cost?by=run"],
    "overview": ["/console/overview", "/console/sessions"],
    "quotas": ["/hub/quotas"],
    "lineage": ["/lineage?kind=model&ref=bench/model-005000"],
    "MLflow runs": [(RUNS, {"experiment_ids": ["0"], "max_results": 100}),
                    (RUNS, {"experiment_ids": ["0"], "max_results": 1000, "order_by": ["attributes.start_time DESC"]}),
                    (RUNS, {"experiment_ids": ["0"], "max_results": 100, "order_by": ["metrics.`val/accuracy` DESC"]}),
                    (RUNS, {"experiment_ids": ["0"], "max_results": 100, "filter": "tags.team = 'red'"})],
    "MLflow experiments": [("/api/2.0/mlflow/experiments/search", {"max_results": 100})],
    "MLflow models": [("/api/2.0/mlflow/logged-models/search", {"experiment_ids": ["0"], "max_results": 50}),
                      "/api/2.0/mlflow/registered-models/search?max_results=100",
                      "/api/2.0/mlflow/model-versions/search?max_results=100"],
}


class Server:
    """`sinter serve` on a home, as users start it, and one connection to it."""

    def __init__(self, home):
        self.home = home
        self.process = subprocess.Popen(["taskset", "-c", CORES, SINTER, "serve", "--home", home, "--listen", "127.0.0.1:0",
                                         "--access-log", "off"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().split()[1].removeprefix("http://")
        self.headers = {"Authorization": f"Bearer {(home / 'token').read_text().strip()}", "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection(self.address, timeout=600)

    def ask(self, asked):
        """(the answer, milliseconds)"""
        path, body = asked if isinstance(asked, tuple) else (asked, None)
        if not path.startswith("/api/"):
            path = "/sinter/v1" + path
        began = time.perf_counter()
        self.connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = 1e3 * (time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"{path} has status {answer.status}: {text[:300]}")
        return json.loads(text), took

    def memory(self):
        """Megabytes: {"Pss": ..., "Rss": ...}"""
        lines = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines[1:] if line.endswith("kB")}
        return {name: sizes[name] for name in ("Pss", "Rss")}

    def cpu(self):
        """Milliseconds of the processor so far, of all its threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return 1e3 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def fill(folder):
    home = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "home"
    began = time.perf_counter()
    pinned(CORES, [DRIVER, "fill", home, COUNT])
    print(f"a home with {COUNT} of each kind: made in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return home


def name_of(asked):
    return asked if isinstance(asked, str) else f"{asked[0]} {json.dumps(asked[1])}"


def check_complete(server):
    """Every list of the interface is measured: a new one must be added above."""
    described, _ = server.ask("/openapi.json")
    measured = {urllib.parse.urlsplit(path).path for requests in LISTS.values() for path in requests if isinstance(path, str)}
    for path, methods in described["paths"].items():
        if "get" not in methods or "{" in path or not path.startswith("/sinter/v1/"):
            continue
        path = path.removeprefix("/sinter/v1")
        if path in measured or path in ("/openapi.json", "/changes"):
            continue
        answer, _ = server.ask(path)
        if isinstance(answer, dict) and isinstance(answer.get("items"), list):
            raise SystemExit(f"GET {path} is a list, and is not measured: add it to bench/home_bench.py")


def lists(rounds, home):
    """The slowest request of each kind, beside the limit. The first answer after the start is said apart."""
    server = Server(home)
    rows = []
    try:
        check_complete(server)
        for kind, requests in LISTS.items():
            worst = None
            for asked in requests:
                answer, first = server.ask(asked)
                things = next((value for value in answer.values() if isinstance(value, list)), [])
                before = server.cpu()
                times = sorted(server.ask(asked)[1] for _ in range(8 * rounds))
                cpu = (server.cpu() - before) / len(times)
                middle, late = statistics.median(times), times[int(0.95 * (len(times) - 1))]
                print(f"{kind}: p50 {middle:.1f}, p95 {late:.1f}, first {first:.1f} ms, cpu {cpu:.1f} ms each, {len(things)} items: {name_of(asked)}",
                      file=sys.stderr, flush=True)
                if worst is None or late > worst[1]:
                    worst = (middle, late)
            rows.append(row(f"list over HTTP, {COUNT:,} of each: {kind}, slowest request, p50", "ms", worst[0], LIMIT_MS,
                            "the limit", ">= 1"))
            rows.append(row(f"list over HTTP, {COUNT:,} of each: {kind}, slowest request, p95", "ms", worst[1], LIMIT_MS,
                            "the limit", ">= 1"))
        # With what the lists keep in memory, and what they took for a moment.
        rows.append(row(f"memory of the server, {COUNT:,} of each kind, after every list: PSS", "MB", server.memory()["Pss"],
                        LIMIT_MB, "the limit", ">= 1"))
    finally:
        server.stop()
    return rows


def idle_memory(home, what):
    """Of a server that nobody asks anything: when it says that it is ready, and a minute later."""
    server = Server(home)
    try:
        at_start = server.memory()
        time.sleep(IDLE_SECONDS)
        later = server.memory()
    finally:
        server.stop()
    print(f"memory, {what}: {at_start} at the start, {later} after {IDLE_SECONDS} s", file=sys.stderr, flush=True)
    return [row(f"memory of the idle server, {what}: {name.upper()} {when}", "MB", seen[name], LIMIT_MB, "the limit", ">= 1")
            for when, seen in (("at the start", at_start), (f"after {IDLE_SECONDS} s", later)) for name in ("Pss", "Rss")]


def home_figures(rounds, folder):
    fresh = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "home"
    rows = idle_memory(fresh, "new home")
    home = fill(folder)
    rows += idle_memory(home, f"{COUNT:,} of each kind")
    return rows + lists(rounds, home)
