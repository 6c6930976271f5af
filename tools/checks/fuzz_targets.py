#!/usr/bin/env python3
"""Every parser of foreign bytes has a fuzz target, and every target a corpus: tools/checks/parsers.txt says which.

usage: fuzz_targets.py [ROOT]
"""

import re
import sys
from pathlib import Path

import tree

PARSER = re.compile(r"\b((?:Parse|Read|Decode|Import|Unquote|Normalise)[A-Z]\w*|Parse)\(")
LINE = re.compile(r"(\S+)\s+(\w+):\s+(?:none,\s+(\S.*)|(\w+)(?:\s+by\s+(\w+))?)$")
MOST_FILES = 40  # of a target's corpus: the few that reach what there is; libFuzzer keeps the rest for itself
MOST_BYTES = 1 << 20  # of all corpora


def snake(name):
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def listed_targets(root):
    """The names in fuzz/CMakeLists.txt, as their files are called."""
    text = re.sub(r"#.*", "", tree.text(root, "fuzz/CMakeLists.txt"))
    return [snake(name) for name in re.search(r"set\(SINTER_FUZZ_TARGETS([^)]*)\)", text).group(1).split()]


def code(root, name):
    return re.sub(r"//.*", "", tree.text(root, name))


def parser_faults(root, targets):
    found, count, known = [], 0, set()
    for number, line in enumerate(tree.text(root, "tools/checks/parsers.txt").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        count += 1
        at = f"parsers.txt:{number}"
        match = LINE.match(line)
        if not match:
            found.append(f"{at}: expected 'header function: target [by Caller]' or '...: none, why', found '{line}'")
            continue
        header, function, _, target, caller = match.groups()
        known.add((header, function))
        if not (root / "src" / header).is_file() or not re.search(rf"\b{function}\(", code(root, f"src/{header}")):
            found.append(f"{at}: src/{header} declares no {function}")
        elif target and target not in targets:
            found.append(f"{at}: fuzz/CMakeLists.txt lists no target {target}")
        elif target and not re.search(rf"\b{caller or function}\(", code(root, f"fuzz/targets/{target}.cc")):
            found.append(f"{at}: fuzz/targets/{target}.cc does not call {caller or function}")
    for name in tree.files(root, "src"):
        if not name.endswith(".h") or tree.is_test(name):
            continue
        header = name.removeprefix("src/")
        for function in sorted(set(PARSER.findall(code(root, name)))):
            count += 1
            if (header, function) not in known:
                found.append(f"{name}: {function} reads something and has no line in tools/checks/parsers.txt: give it "
                             f"a fuzz target (fuzz/targets/), or say why it needs none")
    return found, count


def faults(root):
    root = Path(root)
    targets = listed_targets(root)
    found = [f"fuzz/CMakeLists.txt: target {t} has no fuzz/targets/{t}.cc" for t in targets
             if not (root / f"fuzz/targets/{t}.cc").is_file()]
    if found:
        return found, len(targets)
    found, count = parser_faults(root, targets)
    corpora, size = {}, 0
    for name in tree.files(root, "fuzz/corpus"):
        corpora.setdefault(Path(name).parts[2], []).append(name)
        size += (root / name).stat().st_size
    for target in targets:
        files = len(corpora.pop(target, []))
        if not 0 < files <= MOST_FILES:
            found.append(f"fuzz/corpus/{target} has {files} files; 1 to {MOST_FILES} are wanted")
    found += [f"fuzz/corpus/{name} belongs to no target of fuzz/CMakeLists.txt" for name in corpora]
    found += [f"{name} is not listed in fuzz/CMakeLists.txt" for name in tree.files(root, "fuzz/targets")
              if Path(name).stem not in targets]
    if size > MOST_BYTES:
        found.append(f"fuzz/corpus has {size} bytes, and {MOST_BYTES} are the most: minimise what is kept")
    return found, count + len(targets)


if __name__ == "__main__":
    tree.report("fuzz_targets", *faults(sys.argv[1] if len(sys.argv) > 1 else "."))
