"""What the checks share: the files of the tree, and how a check reports."""

import os
import subprocess
import sys
from pathlib import Path

SOURCE_ENDINGS = {".cc", ".h", ".py", ".sh", ".js", ".ts", ".tsx", ".css", ".cmake"}


def files(root, *folders):
    """Files under root that git tracks or would track; all files where root is no git work tree (tests)."""
    root = Path(root)
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode().split("\0")
        names = sorted({name for name in listed if name and (root / name).is_file()})
    else:
        names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    if folders:
        names = [n for n in names if any(n == f or n.startswith(f + "/") for f in folders)]
    return names


def is_test(name):
    """Tests and what only they use."""
    stem = Path(name).stem
    return (stem.endswith("_test") or stem.startswith("test_") or name.startswith("tests/")
            or "testing" in Path(name).parts or stem == "testing")


def text(root, name):
    return (Path(root) / name).read_text(encoding="utf-8", errors="replace")


def report(what, faults, count):
    """Prints the faults and ends the process; says how much was looked at, so that nothing passes by looking
    at nothing."""
    for fault in faults:
        print(fault)
    if count == 0:
        faults = ["nothing was checked"]
        print(f"{what}: found nothing to check")
    print(f"{what}: {count} checked, {len(faults)} at fault")
    sys.stdout.flush()
    os._exit(1 if faults else 0)
