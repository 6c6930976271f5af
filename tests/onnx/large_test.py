"""Models of more than 2 GB. In every run: a sparse file, weights behind the fourth gigabyte. With `full`: a model that
Sinter exports, all of its 2.2 GB written, in the program and in ONNX Runtime.

usage: large_test.py SINTER WRITE_LARGE [full]
"""
import os
import subprocess
import sys
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

WRITE_LARGE = sys.argv.pop(2)
FULL = len(sys.argv) > 2 and sys.argv[2] == "full" and bool(sys.argv.pop(2))
from interop import BINARY, Interop, main  # noqa: E402  takes the program's path

GIGA = 1 << 30


# A child's peak counts what its parent held when it forked, so a small process of its own starts the program.
WATCH = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)
"""


def peak_of(*words):
    """Bytes that a process had in memory at most; its output is passed over."""
    done = subprocess.run([sys.executable, "-c", WATCH, BINARY, *map(str, words)], capture_output=True, text=True, check=True)
    code, peak = map(int, done.stdout.split())
    assert code == 0, done.stderr
    return peak


def external(name, dims, offset, length):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "weights.bin"), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


class Sparse(Interop):
    ROWS, WIDTH = 1_200_000, 1024  # 4.9 GB in one tensor

    def test_offsets_beyond_four_gigabytes(self):
        table = self.ROWS * self.WIDTH * 4
        self.assertGreater(table, 4 * GIGA)
        random = np.random.default_rng(8)
        rows = {0: 0, 1: 524_287, 2: 1_048_576, 3: self.ROWS - 1}  # around 2 and 4 GB, and the last
        contents = {at: random.standard_normal(self.WIDTH, dtype=np.float32) for at in rows.values()}
        weight = random.standard_normal([self.WIDTH, 8], dtype=np.float32)
        with open(self.folder / "weights.bin", "wb") as file:
            file.truncate(table)
            for at, row in contents.items():
                file.seek(at * self.WIDTH * 4)
                file.write(row.tobytes())
            file.seek(table)
            file.write(weight.tobytes())
        node, info = helper.make_node, helper.make_tensor_value_info
        graph = helper.make_graph(
            [node("Gather", ["table", "ids"], ["rows"]), node("MatMul", ["rows", "weight"], ["y"])], "sparse",
            [info("ids", TensorProto.INT64, ["n"])], [info("rows", TensorProto.FLOAT, ["n", self.WIDTH]), info("y", TensorProto.FLOAT, ["n", 8])],
            [external("table", [self.ROWS, self.WIDTH], 0, table), external("weight", [self.WIDTH, 8], table, weight.nbytes)])
        path = self.folder / "model.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        ids = np.array([*rows.values(), 5], np.int64)
        out = self.compare(path, {"ids": ids})
        for at, row in rows.items():
            np.testing.assert_array_equal(out["rows"][at], contents[row])
        np.save(self.folder / "ids.npy", ids)
        for words in (["inspect", path], ["predict", path, "-i", f"ids={self.folder / 'ids.npy'}"]):
            self.assertLess(peak_of(*words), GIGA // 4, f"{words[0]} read more than it needed")
        # The same file one byte shorter than what the model says.
        os.truncate(self.folder / "weights.bin", table + weight.nbytes - 1)
        done = subprocess.run([BINARY, "inspect", path], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"bytes {table} to {table + weight.nbytes} of 'weights.bin'", done.stderr)


class Dense(Interop):
    SIDE = 13_500

    @unittest.skipUnless(FULL, "with the word full alone")
    def test_more_than_two_gigabytes_out_and_in(self):
        path = self.folder / "large.onnx"
        subprocess.run([WRITE_LARGE, path, str(self.SIDE)], check=True)
        data = self.folder / "large.onnx.data"
        self.assertGreater(data.stat().st_size, 2 * GIGA)
        self.assertGreater(data.stat().st_blocks * 512, 2 * GIGA, "all of it is written")
        self.assertLess(path.stat().st_size, 1 << 20)
        onnx.checker.check_model(str(path))
        self.assertLess(peak_of("inspect", path), GIGA // 4, "an import maps the weights; it does not read them")
        x = np.random.default_rng(6).standard_normal([2, self.SIDE], dtype=np.float32)
        (y,) = self.compare(path, {"x": x}).values()
        self.assertGreater(float(y.std()), 1e-3)


if __name__ == "__main__":
    main()
