#!/usr/bin/env python3
"""Each check of the tree catches a violation that is planted, and lets the same tree without it pass."""

import os
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import front_door
import fuzz_targets
import generated_docs
import headers
import layers
import machine_paths
import readme_commands
import sizes
import status
import twin

LAYERS = """
base:
engine/graph:  base
engine/ops:    engine/graph
server:        engine/graph
test engine/graph: engine/ops
"""


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def expect(self, result, *parts):
        """One fault that holds every part; none when no part is given."""
        faults, count = result
        self.assertGreater(count, 0)
        self.assertEqual(len(faults), 1 if parts else 0, faults)
        for part in parts:
            self.assertIn(part, faults[0])


class Layers(Planted):
    def setUp(self):
        super().setUp()
        self.put("tools/layers.txt", LAYERS)
        self.put("src/base/a.h", "#pragma once\n")
        self.put("src/engine/graph/g.h", '#include "base/a.h"\n')
        self.put("src/engine/ops/o.cc", '#include <vector>\n#include "engine/graph/g.h"\n#include "base/a.h"\n')
        self.put("src/engine/ops/o.h", "")
        self.put("src/engine/graph/g_test.cc", '#include "engine/ops/o.h"\n')

    def test_arrows_and_what_is_reached_through_them_pass(self):
        self.expect(layers.faults(self.root))

    def test_an_include_against_the_arrows(self):
        self.put("src/base/a.cc", '#include "base/a.h"\n#include "engine/graph/g.h"\n')
        self.expect(layers.faults(self.root), "src/base/a.cc:2", "base may not include engine/graph")

    def test_a_sibling_that_no_arrow_names(self):
        self.put("src/server/s.cc", '#include "engine/ops/o.h"\n')
        self.expect(layers.faults(self.root), "server may not include engine/ops")

    def test_what_tests_may_is_not_for_sources(self):
        self.put("src/engine/graph/g.cc", '#include "engine/ops/o.h"\n')
        self.expect(layers.faults(self.root), "src/engine/graph/g.cc:1")

    def test_a_room_without_a_line(self):
        self.put("src/cellar/c.cc", "")
        self.expect(layers.faults(self.root), "src/cellar/c.cc", "no line in tools/layers.txt")

    def test_a_path_that_is_not_from_src(self):
        self.put("src/base/b.cc", '#include "a.h"\n')
        self.expect(layers.faults(self.root), "which is not there")

    def test_an_arrow_upwards(self):
        self.put("tools/layers.txt", "base: engine\nengine: base\n")
        self.expect(layers.faults(self.root), "layers.txt:1", "no line above")


class Sizes(Planted):
    def setUp(self):
        super().setUp()
        self.put("src/a.cc", "int x;\n" * 150)
        self.put("src/b.cc", "int x;\n" * 1000)
        self.put("src/c.h", "int x;\n" * 20)
        self.put("src/long_test.cc", "int x;\n" * 900)

    def test_within_both_bounds(self):
        self.expect(sizes.faults(self.root))

    def test_a_long_file_even_of_tests(self):
        self.put("src/long_test.cc", "int x;\n" * 1001)
        self.expect(sizes.faults(self.root), "src/long_test.cc: 1001 lines")

    def test_the_median(self):
        self.put("src/a.cc", "int x;\n" * 151)
        self.expect(sizes.faults(self.root), "median source has 151 lines")

    def test_a_script_without_an_ending_counts(self):
        self.put("tools/thing", "#!/bin/sh\n" + "true\n" * 1000)
        self.put("src/d.h", "")
        self.expect(sizes.faults(self.root), "tools/thing")


class Twin(Planted):
    MINE = "# T\n\n```sh\nrun it   # says\n```\n\n| what | figure |\n|---|---|\n| a | 1.5 ms | 2 |\n"

    def test_other_words_with_the_same_commands_and_figures(self):
        self.put("README.md", self.MINE)
        self.put("README.zh-CN.md", self.MINE.replace("says", "说").replace("what", "项").replace("# T", "# 题"))
        self.expect(twin.faults(self.root))

    def test_another_command(self):
        self.put("README.md", self.MINE)
        self.put("README.zh-CN.md", self.MINE.replace("run it", "run that"))
        self.expect(twin.faults(self.root), "its commands are not those of")

    def test_a_row_that_is_missing(self):
        self.put("README.md", self.MINE + "| b | c |\n")
        self.put("README.zh-CN.md", self.MINE)
        self.expect(twin.faults(self.root), "its table rows")

    def test_an_older_figure(self):
        self.put("README.md", self.MINE)
        self.put("README.zh-CN.md", self.MINE.replace("1.5 ms", "1.4 ms"))
        self.expect(twin.faults(self.root), "its figures")


class MachinePaths(Planted):
    def test_folders_that_any_machine_has(self):
        self.put("docs/a.md", "/tmp, /usr/share/x, https://example.org/home/it, $ROOT/home/x, ${a}/home/me, src/root/a\n")
        self.expect(machine_paths.faults(self.root))

    def test_folders_of_one_machine(self):
        for planted in ("/wor" "k/main/x", "see `/hom" "e/jane/sinter`", "/Use" "rs/jane", "HOME=/roo" "t/x"):
            self.put("docs/a.md", f"one\n{planted}\n")
            self.expect(machine_paths.faults(self.root), "docs/a.md:2")


class Headers(Planted):
    def setUp(self):
        super().setUp()
        self.build = self.root / "build"
        self.put("src/base/good.h", "#pragma once\n#include <string>\ninline std::string S() { return {}; }\n")

    def faults(self):
        return headers.faults(self.root, self.build, ["g++"])

    def test_a_header_that_leans_on_others(self):
        self.expect(self.faults())
        self.put("src/base/bad.h", "#pragma once\ninline std::string S() { return {}; }\n")
        self.expect(self.faults(), "src/base/bad.h: does not compile alone", "std")

    def test_what_passed_is_not_believed_after_a_change(self):
        below = self.put("src/base/below.h", "#pragma once\nstruct B {};\n")
        self.put("src/base/above.h", '#pragma once\n#include "base/below.h"\ninline B b;\n')
        self.expect(self.faults())
        below.write_text("#pragma once\nstruct C {};\n")
        self.expect(self.faults(), "src/base/above.h")

    def test_the_build_proves_only_what_a_source_includes_first(self):
        self.put("src/base/bad.h", "#pragma once\ninline std::string S() { return {}; }\n")
        source = self.put("src/base/bad.cc", '// why\n#include "base/bad.h"\n')
        built = {str(source.resolve())}
        self.assertTrue(headers.proven(self.root, "src/base/bad.h", built))
        self.assertFalse(headers.proven(self.root, "src/base/bad.h", set()))
        source.write_text('#include <string>\n#include "base/bad.h"\n')
        self.assertFalse(headers.proven(self.root, "src/base/bad.h", built))


class FrontDoor(Planted):
    def setUp(self):
        super().setUp()
        self.put("dev", """#!/bin/sh
            case "$*" in help) printf 'usage: ./dev\n\n  one [X]  does\n  two  does too\n' ;;
            "one --help") echo 'usage: ./dev one [X]' ;; "two --help") . ./two ;; esac
            """).chmod(stat.S_IRWXU)
        self.put("two", "echo 'usage: ./dev two'")

    def test_each_explains_itself(self):
        self.expect(front_door.faults(self.root))

    def test_one_that_does_not(self):
        self.put("two", "echo 'usage: ./dev'")
        self.expect(front_door.faults(self.root), "./dev two --help")


class FuzzTargets(Planted):
    def setUp(self):
        super().setUp()
        self.put("src/base/a.h", "// ParseNothing(x)\nint ParseA(int);\nint CheckB(int);\n")
        self.put("tools/checks/parsers.txt", "# why\nbase/a.h ParseA: one_two\nbase/a.h CheckB: one_two by ParseA\n")
        self.put("fuzz/CMakeLists.txt", "set(SINTER_FUZZ_TARGETS\n  # why (this)\n  OneTwo)\n")
        self.put("fuzz/targets/one_two.cc", "int x = ParseA(1);\n")
        self.put("fuzz/corpus/one_two/one", "1")

    def test_parsers_with_targets_and_corpora(self):
        self.expect(fuzz_targets.faults(self.root))

    def test_a_parser_without_a_line(self):
        self.put("src/base/b.h", "int DecodeB(int);\n")
        self.expect(fuzz_targets.faults(self.root), "src/base/b.h", "DecodeB", "no line")

    def test_a_parser_that_needs_none_says_why(self):
        self.put("src/base/b.h", "int DecodeB(int);\n")
        lines = (self.root / "tools/checks/parsers.txt").read_text()
        self.put("tools/checks/parsers.txt", lines + "base/b.h DecodeB: none, it is ours\n")
        self.expect(fuzz_targets.faults(self.root))
        self.put("tools/checks/parsers.txt", lines + "base/b.h DecodeB: none,\n")
        faults, _ = fuzz_targets.faults(self.root)
        self.assertIn("parsers.txt:4: expected", faults[0])

    def test_a_target_that_does_not_call_its_parser(self):
        self.put("fuzz/targets/one_two.cc", "int x = 1;  // ParseA(1)\n")
        self.put("tools/checks/parsers.txt", "base/a.h ParseA: one_two\n")
        self.expect(fuzz_targets.faults(self.root), "does not call ParseA")

    def test_a_line_for_what_is_gone(self):
        self.put("src/base/a.h", "int ParseA(int);\n")
        self.expect(fuzz_targets.faults(self.root), "parsers.txt:3", "declares no CheckB")

    def test_a_target_that_nobody_lists(self):
        self.put("fuzz/targets/c.cc", "")
        self.expect(fuzz_targets.faults(self.root), "fuzz/targets/c.cc is not listed")

    def test_a_target_without_a_file(self):
        self.put("fuzz/CMakeLists.txt", "set(SINTER_FUZZ_TARGETS OneTwo C)\n")
        self.expect(fuzz_targets.faults(self.root), "target c has no")

    def test_a_target_without_a_corpus(self):
        (self.root / "fuzz/corpus/one_two/one").unlink()
        self.expect(fuzz_targets.faults(self.root), "fuzz/corpus/one_two has 0 files")

    def test_a_corpus_without_a_target(self):
        self.put("fuzz/corpus/c/one", "1")
        self.expect(fuzz_targets.faults(self.root), "fuzz/corpus/c belongs to no target")

    def test_a_corpus_that_is_too_large(self):
        self.put("fuzz/corpus/one_two/two", "1" * (1 << 20))
        self.expect(fuzz_targets.faults(self.root), "minimise")


class FuzzOne(Planted):
    """tools/dev/fuzz-one, with a script in the place of libFuzzer's binary."""

    def run_one(self, script):
        binary = self.put("binary", "#!/bin/sh\n" + script)
        binary.chmod(stat.S_IRWXU)
        runner = Path(__file__).parent.parent / "dev/fuzz-one"
        return subprocess.run([runner, binary, self.root / "corpus", self.root / "made"], capture_output=True,
                              text=True, env={**os.environ, "SINTER_FUZZ_SECONDS": "7"})

    def test_nothing_found(self):
        done = self.run_one('echo "Done 5 runs, $*"\n')
        self.assertEqual(done.returncode, 0)
        self.assertIn("-max_total_time=7 ", done.stdout)

    def test_a_finding_names_its_reproducer(self):
        done = self.run_one('echo x > "$(dirname "$0")/made/artefacts/crash-1"; exit 77\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(self.root / "made/artefacts/crash-1"), done.stdout)


class GeneratedDocs(Planted):
    def setUp(self):
        super().setUp()
        self.put("tools/checks/generated_docs.txt", "# why\ndocs/table.md: bin/printer new\n")
        self.put("build/bin/printer", "#!/bin/sh\necho one; echo $1\n").chmod(stat.S_IRWXU)
        self.put("docs/table.md", "one\nnew\n")

    def faults(self, write=False):
        return generated_docs.faults(self.root, self.root / "build", write)

    def test_current(self):
        self.expect(self.faults())

    def test_out_of_date_and_written_anew(self):
        self.put("docs/table.md", "one\nold\n")
        self.expect(self.faults(), "-old", "+new", "docs/table.md")
        self.expect(self.faults(write=True))
        self.expect(self.faults())

    def test_a_printer_that_fails(self):
        self.put("build/bin/printer", "#!/bin/sh\necho one; echo new; echo broken >&2; exit 3\n")
        self.expect(self.faults(), "failed (3)", "broken")


class ReadmeCommands(Planted):
    def setUp(self):
        super().setUp()
        self.binary = self.put("built/sinter", '#!/bin/sh\n[ "$1" = good ] && echo fine\n')
        self.binary.chmod(stat.S_IRWXU)

    def faults(self, text):
        self.put("README.md", text)
        return readme_commands.faults(self.root, self.binary)

    def test_commands_run_where_the_binary_is(self):
        self.expect(self.faults("```sh\n./dev test\nbuild/release/sinter good | grep -q fine\ntest -f README.md\n```\n"))

    def test_a_command_that_fails(self):
        self.expect(self.faults("text\n\n```sh\nbuild/release/sinter bad\n```\n"), "README.md:4", "ended with 1")

    def test_a_marked_block_is_left_out_and_the_next_is_not(self):
        marked = "<!-- not run: takes an hour -->\n```sh\nfalse\n```\n"
        self.expect(self.faults(marked))
        self.expect(self.faults(marked + "\n```sh\nfalse\n```\n"), "README.md:7")


class Status(Planted):
    def faults(self, *cells):
        self.put("tools/dev/help/demo.txt", "usage")
        self.put("docs/status.md", "| asked | shown by | state |\n|---|---|---|\n| a | `A.One` | done |\n| "
                 + " | ".join(cells) + " |\n")
        return status.faults(self.root, ["A.One", "B.Two/x"], ["data"])

    def test_what_is_there(self):
        self.expect(self.faults("b", "`B.*`, `./dev demo`, `docs/status.md`, `sinter data add`", "done"))
        self.expect(self.faults("b", "nothing yet", "missing"))

    def test_what_is_not(self):
        for planted in ("C.Three", "./dev dance", "sinter sing", "docs/poem.md"):
            self.expect(self.faults("b", f"`{planted}`", "partly"), "status.md:4", planted)

    def test_done_with_nothing_to_show(self):
        self.expect(self.faults("b", "believe me", "done"), "no test or command")

    def test_another_state(self):
        self.expect(self.faults("b", "`A.One`", "nearly"), "nearly")


if __name__ == "__main__":
    unittest.main()
