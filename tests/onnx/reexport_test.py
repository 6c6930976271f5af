"""Every operator there and back: ONNX's node tests that Sinter passes, imported and exported again by it, give in ONNX
Runtime what their files expect.

usage: reexport_test.py NODE_TESTS DATA LIST
"""
import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

TOLERANCE = {np.dtype(np.float16): 2e-3}
# Before opset 22 the checker's shape inference leaves a window in that would begin in the padding; ONNX Runtime, and the
# file's own answer, do not.
INFERRED_OTHERWISE = {"test_maxpool_2d_ceil_output_size_reduce_by_one"}


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def tensors(folder, kind):
    files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda p: int(p.stem.split("_")[1]))
    return [numpy_helper.to_array(onnx.load_tensor(str(file))) for file in files]


def difference(given, expected):
    if given.dtype != expected.dtype or given.shape != expected.shape:
        return f"{given.dtype}{given.shape} instead of {expected.dtype}{expected.shape}"
    if expected.dtype.kind != "f":
        return "" if np.array_equal(given, expected) else "other elements"
    finite = np.isfinite(expected)
    if not np.array_equal(given[~finite], expected[~finite], equal_nan=True):
        return "other infinities"
    if not finite.any():
        return ""
    a, b = given[finite].astype(np.float64), expected[finite].astype(np.float64)
    far, most = np.abs(a - b).max(), max(np.abs(b).max(), 1e-3)
    return "" if far <= TOLERANCE.get(expected.dtype, 1e-4) * most else f"differs by {far}, the largest is {most}"


def refused(model):
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # noqa: BLE001  any refusal of the checker is the finding
        return str(error).splitlines()[0]
    return ""


def main():
    program, data, expected_list = sys.argv[1:]
    data = pathlib.Path(data)
    with tempfile.TemporaryDirectory(prefix="sinter-reexport-") as name:
        exports = pathlib.Path(name)
        done = subprocess.run([program, data, expected_list, exports], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout
        counts, wrong = collections.Counter(), []
        for path in sorted(exports.glob("*.onnx")):
            folder = data / path.stem
            original = onnx.load(folder / "model.onnx")
            model = onnx.load(path)
            refusal = refused(model)
            if refusal and path.stem not in INFERRED_OTHERWISE:
                wrong.append(f"{path.stem}: checker: {refusal}")
                continue
            given = dict(zip([i.name for i in original.graph.input], tensors(folder / "test_data_set_0", "input")))
            inputs = {i.name: given[i.name] for i in model.graph.input}
            try:
                results = session(path).run(None, inputs)
            except Exception as error:  # noqa: BLE001
                # What ONNX Runtime has no kernel for, it cannot run in its first form either.
                try:
                    session(folder / "model.onnx").run(None, given)
                except Exception:  # noqa: BLE001
                    counts["not run by ONNX Runtime"] += 1
                    continue
                wrong.append(f"{path.stem}: {str(error).splitlines()[0][:300]}")
                continue
            words = [difference(a, b) for a, b in zip(results, tensors(folder / "test_data_set_0", "output"))]
            if any(words):
                wrong.append(f"{path.stem}: {words}")
            else:
                counts["agree"] += 1
        print(dict(counts), f"{len(wrong)} wrong")
        for line in wrong:
            print("WRONG", line)
        return 1 if wrong or counts["agree"] < 400 else 0


if __name__ == "__main__":
    sys.exit(main())
