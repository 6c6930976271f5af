#!/usr/bin/env python3
"""./dev setup, build, test, lint and clean change nothing the second time; setup works as root and through sudo.

usage: twice.py --build DIR

On this machine: setup twice, with an apt-get that only reports, and the build DIR asked what it would still do. On a
small project behind a copy of the same front door: each command from nothing, then again.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = None

PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(small CXX)
enable_testing()
add_executable(small small.cc)
add_test(NAME small COMMAND small)
"""

# Stand-ins: what is installed is a file of names; installing appends to it; all that is asked is kept.
DPKG_QUERY = """#!/bin/bash
grep -qx -- "${@: -1}" "$FAKE/installed" && echo 'install ok installed'
"""
APT_GET = """#!/bin/bash
echo "apt-get $*" >>"$FAKE/asked"
[ ! -e "$FAKE/refuse" ] || exit 100
[ "$1" = install ] || exit 0
for word in "${@:2}"; do [[ $word = -* ]] || echo "$word" >>"$FAKE/installed"; done
"""
SUDO = """#!/bin/bash
echo sudo >>"$FAKE/asked"
"$@"
"""
ID = """#!/bin/bash
cat "$FAKE/uid"
"""


class Twice(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sinter-twice-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.fake = self.folder / "fake"
        (self.fake / "bin").mkdir(parents=True)
        self.environment = os.environ | {"PATH": f"{self.fake}/bin:{os.environ['PATH']}", "FAKE": str(self.fake)}
        self.program("apt-get", APT_GET)

    def program(self, name, text):
        path = self.fake / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def asked(self):
        path = self.fake / "asked"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def dev(self, root, *words, code=0):
        done = subprocess.run(["./dev", *words], cwd=root, env=self.environment, capture_output=True, text=True,
                              timeout=300)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def small_project(self):
        root = self.folder / "project"
        shutil.copytree(ROOT / "tools" / "dev", root / "tools" / "dev")
        for name in ("dev", "CMakePresets.json"):
            shutil.copy(ROOT / name, root)
        (root / "CMakeLists.txt").write_text(PROJECT)
        (root / "small.cc").write_text("int main() { return 0; }\n")
        (root / "tests").mkdir()
        (root / "tests" / "requirements.lock").write_text("# nothing\n")
        return root

    def all_installed(self):
        """Stand-ins of a machine that has every package of every group."""
        self.program("dpkg-query", DPKG_QUERY)
        names = subprocess.run(
            ["bash", "-c", ". tools/dev/packages.sh; for v in ${!packages_*}; do declare -n l=$v; printf '%s\\n' ${l[@]}; done"],
            cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        self.assertGreater(len(names), 20)
        (self.fake / "installed").write_text("".join(f"{n}\n" for n in sorted(set(names))))
        return sorted(set(names))

    def state(self, root):
        """Every file below with its time, its size and, where it is small, what it holds."""
        found = {}
        for path in sorted(Path(root).rglob("*")):
            if path.is_file() and "logs" not in path.parts and "Testing" not in path.parts:
                stat = path.stat()
                digest = hashlib.sha256(path.read_bytes()).hexdigest() if stat.st_size < 1 << 20 else ""
                found[str(path.relative_to(root))] = (stat.st_mtime_ns, stat.st_size, digest)
        return found

    def test_setup_of_this_machine_installs_nothing_again(self):
        (self.fake / "refuse").touch()
        lock = (ROOT / "tests" / "requirements.lock").read_bytes()
        stamp = ROOT / "build" / "venv" / "tests" / ".lock"
        self.assertTrue(stamp.exists() and stamp.read_text().strip() == hashlib.sha256(lock).hexdigest(),
                        "this machine is not set up: ./dev setup")
        before = (stamp.stat().st_mtime_ns, Path("/var/lib/dpkg/status").stat().st_mtime_ns)
        for _ in range(2):
            self.assertEqual(self.dev(ROOT, "setup", "build", "test"), "")
        self.assertEqual(self.asked(), [])
        self.assertEqual((stamp.stat().st_mtime_ns, Path("/var/lib/dpkg/status").stat().st_mtime_ns), before)

    def test_a_built_tree_has_nothing_left_to_build(self):
        """The program, which other tests have had built; after it, neither configuring nor compiling is due."""
        subprocess.run(["cmake", "--build", BUILD, "--target", "sinter", "--", "-j2"], check=True, capture_output=True)
        again = subprocess.run(["cmake", "--build", BUILD, "--target", "sinter", "--", "-d", "explain"],
                               check=True, capture_output=True, text=True)
        self.assertIn("no work to do", again.stdout, again.stdout + again.stderr)

    def test_setup_installs_what_is_absent_then_nothing(self):
        root, names = self.small_project(), self.all_installed()
        for uid, through in (("0", []), ("1000", ["sudo"])):
            with self.subTest(uid=uid):
                self.program("id", ID)
                (self.fake / "uid").write_text(f"{uid}\n")
                self.program("sudo", SUDO)
                there = [n for n in names if n not in ("ninja-build", "libsqlite3-dev")]
                (self.fake / "installed").write_text("".join(f"{n}\n" for n in there))
                said = self.dev(root, "setup", "build")
                self.assertIn("installing ninja-build libsqlite3-dev", said)
                asked = self.asked()
                self.assertEqual([line for line in asked if line == "sudo"], through * 2)
                installs = [line for line in asked if line.startswith("apt-get install")]
                self.assertEqual(len(installs), 1)
                self.assertEqual([w for w in installs[0].split()[2:] if not w.startswith("-")],
                                 ["ninja-build", "libsqlite3-dev"])
                self.assertEqual(self.dev(root, "setup", "build"), "")
                self.assertEqual(self.asked(), [])

    def test_without_root_and_sudo_it_says_what_to_do(self):
        root = self.small_project()
        self.all_installed()
        self.program("id", ID)
        (self.fake / "uid").write_text("1000\n")
        (self.fake / "installed").write_text("")
        # A PATH with everything but sudo.
        for tool in ("bash", "env", "grep", "date", "mkdir", "dirname", "cut", "sha256sum", "cat"):
            if not (self.fake / "bin" / tool).exists():
                (self.fake / "bin" / tool).symlink_to(shutil.which(tool))
        self.environment["PATH"] = str(self.fake / "bin")
        said = self.dev(root, "setup", "build", code=1)
        self.assertIn("neither root nor has sudo", said)
        self.assertIn("apt-get", said)

    def test_build_test_lint_and_clean(self):
        root = self.small_project()
        self.all_installed()
        self.dev(root, "build", "dev")
        log = (root / "build" / "logs" / "build-dev.log")
        self.assertIn("small.cc.o", log.read_text())
        built = self.state(root / "build")
        self.assertIn("dev/small", built)
        self.dev(root, "build", "dev")
        self.assertIn("no work to do", log.read_text())
        left = self.state(root / "build")
        # Ninja's own log may be tidied when it starts.
        self.assertEqual({k: v for k, v in left.items() if ".ninja_" not in k},
                         {k: v for k, v in built.items() if ".ninja_" not in k})
        self.assertIn("100% tests passed", self.dev(root, "test"))
        tested = self.state(root / "build")
        self.assertIn("venv/tests/.lock", tested)
        self.assertIn("100% tests passed", self.dev(root, "test"))
        self.assertEqual({k for k, v in self.state(root / "build").items() if v != tested.get(k) and ".ninja_" not in k},
                         set())
        if shutil.which("clang-format-19") and shutil.which("clang-tidy-19"):
            for name in (".clang-format", ".clang-tidy"):
                shutil.copy(ROOT / name, root)
            subprocess.run("git init -q && git add .", cwd=root, shell=True, check=True)
            for _ in range(2):
                self.assertIn("lint passed", self.dev(root, "lint"))
            self.assertEqual((root / "small.cc").read_text(), "int main() { return 0; }\n")
        for _ in range(2):
            self.dev(root, "clean")
            self.assertFalse((root / "build").exists())
        self.assertEqual(self.asked(), [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    known, rest = parser.parse_known_args()
    BUILD = known.build
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
