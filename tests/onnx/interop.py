"""One model in ONNX Runtime and in the program, compared: max|a-b| <= 1e-4 max|b| for each output."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
from program import BINARY, Program, main, small_data  # noqa: E402,F401  the tests take them from here

TOLERANCE = 1e-4


def ours(name):
    """A value's name as the IR can carry it; see the importer."""
    clean = re.sub(r"[^0-9A-Za-z_.]", "_", name)
    return "_" + clean if clean[:1].isdigit() or clean[:1] == "." else clean


def run_program(*words, timeout=300, env=None):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def predict(model, inputs, *words, timeout=300):
    """{output: array} of `sinter predict`."""
    with tempfile.TemporaryDirectory(prefix="sinter-predict-") as name:
        folder = pathlib.Path(name)
        given = []
        for i, (key, value) in enumerate(inputs.items()):
            np.save(folder / f"in{i}.npy", value)
            given += ["--input", f"{ours(key)}={folder / f'in{i}.npy'}"]
        code, out, err = run_program("predict", model, *given, "--output", folder / "out", "--json", *words, timeout=timeout)
        if code != 0:
            raise AssertionError(f"sinter predict {model} {' '.join(map(str, words))}: {err}")
        return {one["name"]: np.load(one["file"]) for one in json.loads(out)["outputs"]}


def runtime(model, inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model if isinstance(model, bytes) else str(model), options,
                                           providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))


class Interop(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sinter-interop-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assert_close(self, given, expected, what):
        self.assertEqual(given.dtype, expected.dtype, what)
        self.assertEqual(given.shape, expected.shape, what)
        if expected.dtype.kind != "f":
            np.testing.assert_array_equal(given, expected, what)
            return
        self.assertTrue(np.isfinite(expected).all(), f"{what}: what is expected is no finite number")
        if expected.size == 0:
            return
        most = np.abs(expected.astype(np.float64)).max()
        far = np.abs(given.astype(np.float64) - expected.astype(np.float64)).max()
        self.assertLessEqual(far, TOLERANCE * most, f"{what}: differs by {far}, the largest is {most}")

    def compare(self, model, inputs, devices=("cpu", "reference"), words=()):
        """A file or a ModelProto; returns what ONNX Runtime gives."""
        if isinstance(model, onnx.ModelProto):
            path = self.folder / "model.onnx"
            onnx.save(model, path)
            model = path
        expected = runtime(model, inputs)
        self.assertTrue(expected)
        for device in devices:
            given = predict(model, inputs, "--device", device, *words)
            self.assertEqual(list(given), [ours(name) for name in expected])
            for name, value in expected.items():
                self.assert_close(given[ours(name)], value, f"{name} on {device}")
        return expected
