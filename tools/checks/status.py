#!/usr/bin/env python3
"""docs/status.md tells the truth about what there is: each test that it names exists in this build, each file and
each command too, and no line is called done with nothing that shows it.

A row is | what is asked | what shows it | state |. In the middle, `code` is: a test of ctest, * standing for
anything (`Trainer.*`); a command (`./dev demo`, `sinter explain`); or a path of the tree, with a slash or an ending.

usage: status.py [ROOT] [--build DIR] [--sinter BINARY]
"""

import argparse
import fnmatch
import json
import re
import subprocess
from pathlib import Path

import tree

STATES = ("done", "partly", "missing")


def tests_of(build):
    listed = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"], capture_output=True,
                            text=True, check=True)
    return [test["name"] for test in json.loads(listed.stdout)["tests"]]


def rows(text):
    """-> (line number, asked, shown, state)"""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
        if len(cells) == 5 and cells[0] == cells[4] == "" and not re.match(r"-+$|asked$", cells[1]):
            yield number, *cells[1:4]


def unknown(root, span, tests, commands):
    """Why the span stands for nothing; None when it is there."""
    words = span.split()
    if words[0] == "./dev":
        return None if (root / f"tools/dev/help/{words[1]}.txt").is_file() else "no such command of ./dev"
    if words[0] == "sinter":
        return None if commands is None or words[1] in commands else "no such command of sinter"
    if any(fnmatch.fnmatchcase(test, span) for test in tests):
        return None
    if (root / words[0]).exists():
        return None
    return "no test, file or command has this name"


def commands_of(sinter):
    if sinter is None:
        return None
    help_text = subprocess.run([str(sinter), "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  (\w+) ", help_text.partition("Subcommands:")[2], re.MULTILINE)


def faults(root, tests, commands=None):
    root = Path(root)
    found, count = [], 0
    for number, asked, shown, state in rows((root / "docs/status.md").read_text()):
        count += 1
        at = f"docs/status.md:{number}"
        if state not in STATES:
            found.append(f"{at}: the state is '{state}', not one of {', '.join(STATES)}")
        spans = re.findall(r"`([^`]+)`", shown)
        if state == "done" and not spans:
            found.append(f"{at}: called done, and no test or command shows it: {asked}")
        for span in spans:
            reason = unknown(root, span, tests, commands)
            if reason:
                found.append(f"{at}: `{span}`: {reason}")
    return found, count


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("--sinter")
    options = parser.parse_args()
    states = [state for *_, state in rows((Path(options.root) / "docs/status.md").read_text())]
    print(", ".join(f"{states.count(state)} {state}" for state in STATES))
    tree.report("status", *faults(options.root, tests_of(options.build), commands_of(options.sinter)))
