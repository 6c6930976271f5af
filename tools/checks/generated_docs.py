#!/usr/bin/env python3
"""The documents of generated_docs.txt are what their programs print today; with --write they become so.

usage: generated_docs.py [ROOT] [--build DIR] [--write]
"""

import argparse
import difflib
import shlex
import subprocess
from pathlib import Path

import tree


def entries(root):
    for line in (Path(root) / "tools/checks/generated_docs.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            document, _, command = line.partition(":")
            yield document.strip(), shlex.split(command)


def faults(root, build, write=False):
    found, count = [], 0
    for document, command in entries(root):
        count += 1
        done = subprocess.run([str(Path(build).resolve() / command[0]), *command[1:]], capture_output=True,
                              text=True, timeout=120)
        if done.returncode != 0 or not done.stdout:
            found.append(f"{document}: {' '.join(command)} failed ({done.returncode}): {done.stderr[:2000]}")
            continue
        path = Path(root) / document
        was = path.read_text() if path.is_file() else ""
        if was == done.stdout:
            continue
        if write:
            path.write_text(done.stdout)
            print(f"{document}: written")
            continue
        change = list(difflib.unified_diff(was.splitlines(), done.stdout.splitlines(), document, "printed now", n=0,
                                           lineterm=""))
        found.append("\n".join(change[:40]) + f"\n{document} is not what its program prints: "
                     "tools/checks/generated_docs.py --write")
    return found, count


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    tree.report("generated_docs", *faults(options.root, options.build, options.write))
