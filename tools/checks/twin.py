#!/usr/bin/env python3
"""README.zh-CN.md says what README.md says, as far as a machine can see: the same commands (comments apart), the same
headings and table rows in number, and the same figures.

usage: twin.py [ROOT]
"""

import re
import sys
from pathlib import Path

import tree

COUNTERPARTS = ("README.md", "README.zh-CN.md")


def blocks(text):
    """The commands of each block, without comments."""
    found = []
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in block.splitlines())
        found.append([line for line in lines if line])
    return found


def shape(text):
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {
        "headings": len(re.findall(r"^#+ ", prose, re.MULTILINE)),
        "table rows": len(re.findall(r"^\|", prose, re.MULTILINE)),
        "figures": re.findall(r"^\|[^|]*\| ([\d.,]+ (?:ms|\D*/\D*?)) \|", prose, re.MULTILINE),
    }


def faults(root):
    texts = [(Path(root) / name).read_text(encoding="utf-8") for name in COUNTERPARTS]
    found = []
    mine, other = map(blocks, texts)
    if mine != other:
        found.append(f"{COUNTERPARTS[1]}: its commands are not those of {COUNTERPARTS[0]}")
    mine, other = map(shape, texts)
    for what, value in mine.items():
        numbers = [re.sub(r"[^\d.]", "", str(v)) for v in (value, other[what])]
        if numbers[0] != numbers[1]:
            found.append(f"{COUNTERPARTS[1]}: its {what} are not those of {COUNTERPARTS[0]}")
    return found, sum(map(len, blocks(texts[0]))) + mine["table rows"]


if __name__ == "__main__":
    tree.report("twin", *faults(sys.argv[1] if len(sys.argv) > 1 else "."))
