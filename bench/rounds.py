"""Sides that take turns: what all benchmarks share."""
import json
import statistics
import subprocess
import sys


def pinned(cores, command, environment=None):
    """Runs a command on the given cores; gives the JSON object that is its last line of output."""
    words = ["taskset", "-c", cores, *map(str, command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout.strip().splitlines()[-1])


def take_turns(rounds, sides, say):
    """sides: name -> function that measures once (a number). Gives name -> median; every round asks all sides."""
    seen = {name: [] for name in sides}
    for number in range(rounds):
        for name in (list(sides) if number % 2 == 0 else list(sides)[::-1]):
            seen[name].append(sides[name]())
    print(f"{say}: " + ", ".join(f"{name} {statistics.median(v):.4g} ({min(v):.4g} to {max(v):.4g})"
                                 for name, v in seen.items()), file=sys.stderr, flush=True)
    return {name: statistics.median(v) for name, v in seen.items()}


def row(what, unit, sinter, peer, peer_name, aim, less_is_better=True):
    ratio = peer / sinter if less_is_better else sinter / peer
    return {"what": what, "unit": unit, "sinter": sinter, "peer": peer, "peer_name": peer_name, "ratio": ratio, "aim": aim}
