#!/usr/bin/env python3
"""Every command block of README.md runs.

A block fenced with ```sh is one script (bash -e), run in a folder that looks like a fresh clone after
`./dev build`: the tree, and this build's binary as build/release/sinter. Lines that call ./dev are left out
(these are the tests' own callers), and so is a block under a line <!-- not run: WHY -->.

usage: readme_commands.py [ROOT] [--binary build/dev/src/sinter] [--file README.md]
"""

import argparse
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

import tree

BLOCK = re.compile(r"(?P<mark><!--\s*not run:\s*\S[^\n]*-->\s*\n)?^```sh\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
SECONDS = 120


def blocks(text):
    """-> (line, script or None when it is not to be run, commands in it)."""
    for match in BLOCK.finditer(text):
        line = text[: match.start("body")].count("\n") + 1
        kept = [l for l in match.group("body").splitlines() if l.strip() and not l.lstrip().startswith("#")]
        run = [l for l in kept if not re.match(r"\s*\./dev\b", l)]
        yield line, None if match.group("mark") else "\n".join(run), kept


def run(script, folder, home):
    """-> (exit code, output). The block's processes end with it: they are a session of their own."""
    environment = dict(os.environ, HOME=str(home), SINTER_HOME=str(home / "sinter"))
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment,
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        try:
            code = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = f"still running after {SECONDS} s"
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()
        output.seek(0)
        return code, output.read()


def faults(root, binary, file="README.md"):
    root, binary = Path(root).resolve(), Path(binary).resolve()
    found, count = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        folder, home = Path(temporary, "clone"), Path(temporary, "home")
        home.mkdir()
        (folder / "build/release").mkdir(parents=True)
        for top in sorted({name.split("/")[0] for name in tree.files(root)}):
            (folder / top).symlink_to(root / top)
        (folder / "build/release/sinter").symlink_to(binary)
        for line, script, kept in blocks((root / file).read_text()):
            count += len(kept)
            if not script:
                continue
            code, said = run(script, folder, home)
            if code != 0:
                found.append(f"{file}:{line}: this block ended with {code}:\n{script}\n--- it said\n{said[-2000:]}")
    return found, count


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--binary", default="build/dev/src/sinter")
    parser.add_argument("--file", default="README.md")
    options = parser.parse_args()
    tree.report("readme_commands", *faults(options.root, options.binary, options.file))
