#!/usr/bin/env python3
"""No source file over 1,000 lines; the median of those that are not tests is at most 150.

usage: sizes.py [ROOT]
"""

import statistics
import sys
from pathlib import Path

import tree

MOST = 1000
MEDIAN = 150
FOLDERS = ("src", "tests", "tools", "bench", "fuzz", "web", "python", "cmake", "examples", "packaging", "dev")


def faults(root):
    found, plain, count = [], [], 0
    for name in tree.files(root, *FOLDERS):
        if Path(name).suffix not in tree.SOURCE_ENDINGS and not tree.text(root, name).startswith("#!"):
            continue
        count += 1
        lines = tree.text(root, name).count("\n")
        if lines > MOST:
            found.append(f"{name}: {lines} lines, and {MOST} are the most: part it by what it does")
        if not tree.is_test(name):
            plain.append(lines)
    if plain and statistics.median(plain) > MEDIAN:
        found.append(f"the median source has {statistics.median(plain):g} lines, and {MEDIAN} are the most; "
                     f"tests not counted, {len(plain)} files")
    return found, count


if __name__ == "__main__":
    tree.report("sizes", *faults(sys.argv[1] if len(sys.argv) > 1 else "."))
