"""safetensors both ways with the package of Hugging Face: what it writes, Sinter reads; what Sinter writes, it reads.

usage: safetensors_test.py SAFETENSORS_COPY
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import ml_dtypes
import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

COPY = None
WORDS = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16", "int8": "i8", "int16": "i16", "int32": "i32",
         "int64": "i64", "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64", "bool": "bool"}


class Both(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sinter-safetensors-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def copy(self, source):
        target = self.folder / "copy.safetensors"
        done = subprocess.run([COPY, source, target], capture_output=True, text=True, timeout=60)
        return done, target

    def round_trip(self, tensors, metadata=None):
        source = self.folder / "source.safetensors"
        save_file(tensors, source, metadata)
        done, target = self.copy(source)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        for name, value in tensors.items():
            shape = "[" + ",".join(map(str, value.shape)) + "]"
            self.assertIn(f"tensor {name} {WORDS[value.dtype.name]}{shape}", lines)
        again = load_file(target)
        self.assertEqual(sorted(again), sorted(tensors))
        for name, value in tensors.items():
            self.assertEqual(again[name].dtype, value.dtype, name)
            self.assertEqual(again[name].shape, value.shape, name)
            self.assertEqual(again[name].tobytes(), value.tobytes(), name)
        with safetensors.safe_open(target, "np") as file:
            self.assertEqual(file.metadata() or {}, metadata or {})
        return lines

    def test_every_dtype(self):
        random = np.random.default_rng(1)
        tensors = {}
        for name in WORDS:
            dtype = ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)
            tensors[f"layer.{name}"] = (random.standard_normal([3, 5]) * 50).astype(np.int64).astype(dtype)
        special = np.array([np.inf, -np.inf, np.nan, -0.0, 6e-8], np.float32)
        tensors["half"] = special.astype(np.float16)
        tensors["brain"] = special.astype(ml_dtypes.bfloat16)
        self.round_trip(tensors)

    def test_empty_tensors_and_scalars(self):
        self.round_trip({"none": np.zeros([0], np.float32), "flat": np.zeros([3, 0, 2], np.int8),
                         "scalar": np.array(2.5, np.float64), "brain": np.array(-1.5, ml_dtypes.bfloat16), "one": np.ones([1, 1, 1], np.uint8)})
        self.round_trip({})

    def test_metadata_and_names(self):
        lines = self.round_trip({"a b/\"c\"\\.ü": np.arange(3, dtype=np.float32)}, {"format": "pt", "note": "one \"two\" ü", "empty": ""})
        self.assertIn("metadata note one \"two\" ü", lines)

    def test_a_file_of_some_size_in_mixed_alignment(self):
        random = np.random.default_rng(2)
        self.round_trip({f"t{i:03}": random.integers(0, 255, 1 + i * 37 % 101).astype([np.uint8, np.float16, np.float64][i % 3])
                         for i in range(200)})

    def test_headers_that_lie(self):
        def refused(header, data=b"\0" * 8, length=None):
            text = header if isinstance(header, bytes) else json.dumps(header).encode()
            path = self.folder / "lie.safetensors"
            path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
            with self.assertRaises(safetensors.SafetensorError):
                load_file(path)
            done, target = self.copy(path)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("lie.safetensors", done.stderr)
            self.assertFalse(target.exists())

        def tensor(shape, begin, end, dtype="F32"):
            return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

        refused({"a": tensor([2], 0, 8)}, length=1 << 62)
        refused({"a": tensor([2], 0, 8)}, length=1000)
        refused({"a": tensor([3], 0, 8)})
        refused({"a": tensor([2], 0, 8)}, data=b"\0" * 7)
        refused({"a": tensor([2], 0, 8)}, data=b"\0" * 9)
        refused({"a": tensor([2], 8, 0)})
        refused({"a": tensor([1 << 62, 16], 0, 8)})
        refused({"a": tensor([1], 0, 4), "b": tensor([1], 0, 4)}, data=b"\0" * 4)
        refused({"a": tensor([2], 0, 8, "F33")})
        refused({"a": {"dtype": "F32", "shape": [2]}})
        refused(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]')
        refused(b"[]")


if __name__ == "__main__":
    COPY = sys.argv.pop(1)
    unittest.main(verbosity=2)
