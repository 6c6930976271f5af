#!/usr/bin/env python3
"""Every header under src/ compiles alone.

A header that its own .cc includes first, before anything else, is proven by the build. The others are read by
the compiler here, with the build's own flags, each as a source of its own. What passed is remembered by the hash
of the command and of every file that took part.

usage: headers.py [ROOT] [--build DIR] [--compiler g++]
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import tree

FIRST = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])', re.MULTILINE)


def database(build):
    path = Path(build) / "compile_commands.json"
    return json.loads(path.read_text()) if path.is_file() else []


def compiled(entries):
    """The sources that the build compiles, as absolute paths."""
    return {str(Path(entry["directory"], entry["file"]).resolve()) for entry in entries}


def flags(root, entries):
    """What the build compiles src/main.cc with, less its input and output; plain flags where there is no build."""
    for entry in entries:
        if Path(entry["directory"], entry["file"]).resolve() == root / "src/main.cc":
            words = shlex.split(entry["command"])
            words = words[next(i for i, word in enumerate(words) if word.startswith("-")):]
            return [word for i, word in enumerate(words)
                    if word not in ("-o", "-c") and (i == 0 or words[i - 1] not in ("-o", "-c"))]
    return ["-std=c++23", "-Wall", "-Wextra", "-Werror", f"-I{root}/src"]


def proven(root, name, built):
    """Whether the build compiles a .cc beside the header that includes it before all else."""
    own = name.removeprefix("src/")
    stem = own.removesuffix(".h")
    for source in (f"src/{stem}.cc", f"src/{stem}_test.cc"):
        path = Path(root) / source
        if path.is_file() and str(path.resolve()) in built:
            first = FIRST.search(path.read_text(errors="replace"))
            if first and first.group(1).strip('<">') == own:
                return True
    return False


@functools.lru_cache(None)
def digest(name):
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()


def key_of(command, names):
    """The hash of the command and of the contents of the files; None when one of them is gone."""
    try:
        text = "\n".join([*command, *(f"{name} {digest(name)}" for name in names)])
    except OSError:
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def compile_alone(root, name, out, command):
    """-> the compiler's words, or None when it compiles."""
    flat = name.replace("/", "+")
    source, passed, dependencies = (out / f"{flat}{end}" for end in (".cc", ".passed", ".d"))
    if passed.is_file():
        key, *names = passed.read_text().split("\n")
        if key == key_of(command, names):
            return None
    source.write_text(f'#include "{name.removeprefix("src/")}"\n')
    done = subprocess.run([*command, "-fsyntax-only", "-MD", "-MF", str(dependencies), str(source)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr[:2000]
    names = dependencies.read_text().replace("\\\n", " ").split()[1:]
    passed.write_text("\n".join([key_of(command, names), *names]))
    return None


def faults(root, build, compiler):
    digest.cache_clear()
    root = Path(root).resolve()
    out = Path(build).resolve() / "headers"
    out.mkdir(parents=True, exist_ok=True)
    entries = database(build)
    built = compiled(entries)
    command = [*compiler, *flags(root, entries)]
    headers = [n for n in tree.files(root, "src") if n.endswith(".h")]
    alone = [n for n in headers if not proven(root, n, built)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        words = pool.map(lambda n: compile_alone(root, n, out, command), alone)
        found = [f"{name}: does not compile alone:\n{said}" for name, said in zip(alone, words) if said]
    print(f"headers: {len(headers) - len(alone)} proven by their own source, {len(alone)} read here")
    return found, len(headers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("--compiler", default="g++")
    options = parser.parse_args()
    tree.report("headers", *faults(options.root, options.build, shlex.split(options.compiler)))
