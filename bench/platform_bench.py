"""What the platform itself takes, each figure beside its limit: what the disk, or the design, allows.

A figure is a function (rounds, folder) that gives rows; MEASURES lists them. `folder` is new, on the disk of the build.
"""
import pathlib
import shutil
import statistics
import sys
import tempfile

from home_bench import home_figures
from rounds import pinned, row, take_turns

SINTER = pathlib.Path("build/release/sinter").resolve()
BROWSER_PYTHON = "build/venv/tests/bin/python"  # where Playwright is
DRIVER = pathlib.Path("build/release/bench/bench_platform")
CORES = "0,1"
SECONDS = 1


def driver(what, folder, *more):
    return pinned(CORES, [DRIVER, what, folder, *more])


def record_writes(rounds, folder):
    """Records that are made durably, beside how often the disk can sync."""
    sides = {
        "sync": lambda: driver("sync", folder, SECONDS)["per_second"],
        "one": lambda: driver("write", folder, SECONDS, 1, 1)["per_second"],
        "sixteen": lambda: driver("write", folder, SECONDS, 16, 1)["per_second"],
        "batches": lambda: driver("write", folder, SECONDS, 1, 100)["per_second"],
    }
    medians = take_turns(rounds, sides, "records made, /s")
    names = {"one": "record writes, one writer", "sixteen": "record writes, 16 writers",
             "batches": "record writes, 100 a transaction"}
    return [row(name, "/s", medians[side], medians["sync"], "the disk's syncs", None, less_is_better=False)
            for side, name in names.items()]


def store_writes(rounds, folder):
    """Blobs that are made durably, beside plain files of the same bytes, hashed by the same library: written, synced,
    renamed; and with the folder synced, as the store does so that the name survives too."""
    rows = []
    peers = {"files": "sha256, write, fsync, rename", "named": "sha256, write, fsync, rename, fsync of the folder"}
    for size, say, unit in ((16 << 10, "16 KiB", "per_second"), (64 << 20, "64 MiB", "megabytes_per_second")):
        def side(what):
            fresh = pathlib.Path(tempfile.mkdtemp(dir=folder))
            seen = driver(what, fresh, SECONDS, size)
            shutil.rmtree(fresh)  # what one wrote is not there for the next
            return seen[unit]
        medians = take_turns(rounds, {what: lambda what=what: side(what) for what in ("blobs", *peers)},
                             f"store, contents of {say}, {unit}")
        rows += [row(f"store: durable blobs of {say}", "/s" if unit == "per_second" else "MB/s", medians["blobs"],
                     medians[what], peer, None, less_is_better=False) for what, peer in peers.items()]
    return rows


def list_page(rounds, folder):
    """A page of 1,000, of 10,000 resources of each of five kinds."""
    sides = {"list": lambda: driver("list", pathlib.Path(tempfile.mkdtemp(dir=folder)), 10_000)["milliseconds"]}
    return [row("a page of 1,000 of 10,000 records", "ms", take_turns(rounds, sides, "list, ms")["list"], 100, "the limit", ">= 1")]


def jobs_accepted(rounds, folder):
    """Jobs that are accepted durably from 16 clients at once, beside how often the disk can sync."""
    def fresh():
        return pathlib.Path(tempfile.mkdtemp(dir=folder))
    sides = {"sync": lambda: driver("sync", fresh(), SECONDS)["per_second"],
             "jobs": lambda: driver("jobs", fresh(), SECONDS, 16)["per_second"]}
    medians = take_turns(rounds, sides, "jobs accepted, /s")
    return [row("jobs accepted, 16 clients", "/s", medians["jobs"], medians["sync"], "the disk's syncs", ">= 2,000 /s",
                less_is_better=False)]


def console(rounds, folder):
    """A first visit of the console, nothing cached, beside what the design allows and a page that is one word."""
    visits = [pinned(CORES, [BROWSER_PYTHON, "bench/console_paint.py", SINTER, folder]) for _ in range(rounds)]
    median = {name: statistics.median(v[name] for v in visits) for name in visits[0]}
    print(f"console: {median}", file=sys.stderr, flush=True)
    return [row("platform console: first contentful paint", "ms", median["paint"], median["word"], "a page of one word", "< 500 ms"),
            row("platform console: overview shown", "ms", median["whole"], 1000, "the limit", ">= 1"),
            row("platform console: scripts and styles of a first visit, compressed", "kB", median["code"] / 1000, 100, "the limit", ">= 1"),
            row("platform console: all of a first visit, uncompressed", "kB", median["raw"] / 1000, 1000, "the limit", ">= 1")]


MEASURES = [record_writes, store_writes, jobs_accepted, list_page, console, home_figures]


def run(rounds, out):
    rows = []
    for measure in MEASURES:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="platform-", dir=out))
        try:
            rows += measure(rounds, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return rows
