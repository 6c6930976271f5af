#!/usr/bin/env python3
"""Every command that `./dev help` lists explains itself: `./dev COMMAND --help` starts with its own usage.

usage: front_door.py [ROOT]
"""

import re
import subprocess
import sys

import tree


def said(root, *words):
    done = subprocess.run(["./dev", *words], cwd=root, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def faults(root):
    _, usage = said(root, "help")
    commands = re.findall(r"^  (\w+)\b", usage, re.MULTILINE)
    found = []
    for command in commands:
        code, text = said(root, command, "--help")
        if code != 0 or not text.startswith(f"usage: ./dev {command}"):
            found.append(f"./dev {command} --help ended with {code} and does not explain itself: "
                         f"'{text.splitlines()[0] if text else ''}'")
    return found, len(commands)


if __name__ == "__main__":
    tree.report("front_door", *faults(sys.argv[1] if len(sys.argv) > 1 else "."))
