#!/usr/bin/env python3
"""Nothing in the tree names one person's machine: home folders and private mounts.

usage: machine_paths.py [ROOT]
"""

import re
import sys

import tree

# Parts are joined here so that this file does not find itself.
PATHS = re.compile(r"(?<![\w.$}/*-])/(?:" + "|".join(["work" + "/", "root" + "/", "home" + r"/[a-z]", "Users" + "/"]) + r")"
                   r"|[A-Z]:\\" + "Users")


def faults(root):
    found, count = [], 0
    for name in tree.files(root):
        content = tree.text(root, name)
        if "\0" in content[:8000]:
            continue  # pictures, models, corpora
        count += 1
        for number, line in enumerate(content.splitlines(), 1):
            match = PATHS.search(line)
            if match:
                found.append(f"{name}:{number}: '{match.group(0)}...' exists on one machine alone: "
                             "use a relative path, or a temporary folder")
    return found, count


if __name__ == "__main__":
    tree.report("machine_paths", *faults(sys.argv[1] if len(sys.argv) > 1 else "."))
