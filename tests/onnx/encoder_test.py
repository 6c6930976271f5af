"""Transformer encoders in four exporters' spellings, at several shapes, in the program and in ONNX Runtime.

usage: encoder_test.py SINTER NODE_TESTS
"""
import subprocess
import sys

import numpy as np
import onnx
from onnx import numpy_helper

NODE_TESTS = sys.argv.pop(2)
from interop import Interop, main, ours, run_program, runtime  # noqa: E402  takes the program's path
from spellings import Encoder, sentences  # noqa: E402

SPELLINGS = ("torch", "torch13", "keras", "newest")
SHAPES = ((1, 1), (2, 7), (5, 3), (3, 16), (1, 40), (2, 7))


class Encoders(Interop):
    def test_each_from_the_command_line(self):
        for spelling in SPELLINGS:
            path = self.folder / f"{spelling}.onnx"
            onnx.save(Encoder(spelling).build(), path)
            for batch, length in ((2, 7), (1, 40)):
                with self.subTest(spelling=spelling, batch=batch, length=length):
                    self.compare(path, sentences(batch, length))

    def test_one_compiled_model_answers_all_shapes(self):
        for spelling in SPELLINGS:
            folder = self.folder / "tests" / spelling
            folder.mkdir(parents=True)
            model = Encoder(spelling).build()
            onnx.save(model, folder / "model.onnx")
            for n, (batch, length) in enumerate(SHAPES):
                data = folder / f"test_data_set_{n}"
                data.mkdir()
                inputs = sentences(batch, length)
                expected = runtime(folder / "model.onnx", inputs)
                for kind, values in (("input", [inputs[i.name] for i in model.graph.input]), ("output", expected.values())):
                    for i, value in enumerate(values):
                        (data / f"{kind}_{i}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
        (self.folder / "list").write_text("\n".join(SPELLINGS) + "\n")
        done = subprocess.run([NODE_TESTS, self.folder / "tests", self.folder / "list"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("4 tests: 4 passed", done.stderr)

    def test_a_sentence_longer_than_the_table_of_positions_is_refused(self):
        path = self.folder / "model.onnx"
        onnx.save(Encoder("torch").build(), path)
        words = []
        for name, value in sentences(1, 41).items():
            np.save(self.folder / f"{name}.npy", value)
            words += ["-i", f"{ours(name)}={self.folder / name}.npy"]
        code, out, err = run_program("predict", path, *words)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("sequence", err)
        self.assertIn("40", err)


if __name__ == "__main__":
    main()
