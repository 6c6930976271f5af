"""sinter train's progress: one line written over on a real terminal, plain lines in a pipe."""
import fcntl
import os
import pty
import re
import struct
import termios

from program import Program, conv_recipe, main, recipe, small_data

LINE = re.compile(r"epoch (\d+) step (\d+)/(\d+) loss [\d.]+ \d+ images/s (\d+ s|\d+ min|\d+ h \d\d min) left"
                  r"( \(waiting for data \d+%\))?$")


class Progress(Program):
    def setUp(self):
        super().setUp()
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))

    def on_a_terminal(self, columns, *words):
        """Everything that the terminal got, and the exit code."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = self.start(*words, stderr=theirs)
        os.close(theirs)
        text = b""
        while True:
            try:
                got = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not got:
                break
            text += got
        os.close(ours)
        process.communicate(timeout=60)
        return text.decode(), process.returncode

    def overwritten(self, text, epochs):
        """The states of the one line, in order; it must be the only thing that was written over."""
        states = [part.split("\r\n")[0] for part in text.split("\r\x1b[K")[1:]]
        self.assertGreaterEqual(len(states), 2, text)
        steps = []
        for state in states:
            match = LINE.match(state)
            self.assertIsNotNone(match, repr(state))
            steps.append(int(match[2]))
            self.assertEqual(int(match[3]), 40 * epochs)
        self.assertEqual(steps, sorted(steps))
        self.assertEqual(steps[-1], 40 * epochs)
        self.assertTrue(states[-1].rstrip().endswith("0 s left") or "0 s left (" in states[-1], states[-1])
        self.assertEqual(text.count("\n"), 2, f"the run's name, and the end of the one line: {text!r}")

    def test_on_a_terminal(self):
        text, code = self.on_a_terminal(120, "train", self.recipe_file(conv_recipe(epochs=30)))
        self.assertEqual(code, 0, text)
        self.overwritten(text, 30)

    def test_on_a_terminal_with_ranks(self):
        text, code = self.on_a_terminal(120, "train", self.recipe_file(conv_recipe(epochs=15)), "--ranks", 2)
        self.assertEqual(code, 0, text)
        self.overwritten(text, 15)

    def test_a_narrow_terminal_is_not_wrapped(self):
        text, code = self.on_a_terminal(30, "train", self.recipe_file(recipe(epochs=20)))
        self.assertEqual(code, 0, text)
        for part in text.split("\r\x1b[K")[1:]:
            self.assertLess(len(part.split("\r\n")[0]), 30)

    def test_an_error_begins_on_a_line_of_its_own(self):
        bad = recipe(kind="sgd", rate=1000, epochs=300).replace("0.00392156862745098", "1.0e12")
        text, code = self.on_a_terminal(120, "train", self.recipe_file(bad))
        self.assertEqual(code, 1)
        self.assertRegex(text, r"(^|\n)[^\r\n]*step \d+: ", text)

    def test_in_a_pipe(self):
        code, out, error = self.run_program("train", self.recipe_file(recipe(epochs=30)))
        self.assertEqual(code, 0, error)
        self.assertNotIn("\r", error)
        self.assertNotIn("\x1b", error)
        lines = error.splitlines()
        self.assertGreaterEqual(len(lines), 2, error)
        self.assertRegex(lines[0], r"^run \S+ on small@1$")
        for line in lines[1:]:
            self.assertRegex(line, LINE)
        self.assertIn("step 1200/1200", lines[-1])
        self.assertNotIn("step", out.splitlines()[0].split("accuracy")[0], "results alone go to stdout")


if __name__ == "__main__":
    main()
