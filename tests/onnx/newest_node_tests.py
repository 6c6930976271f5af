"""The node tests of the onnx package of the test environment, newer than Debian's: written out in the form that
sinter_onnx_node_tests reads, and run by it.

usage: newest_node_tests.py NODE_TESTS LIST|--print
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def write(case, folder):
    """False where a value is no tensor: a sequence, an optional."""
    sets = []
    for inputs, outputs in case.data_sets:
        for kind, values, infos in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
            for i, (value, info) in enumerate(zip(values, infos)):
                if isinstance(value, onnx.TensorProto):
                    tensor = value
                elif isinstance(value, (np.ndarray, np.generic)):
                    tensor = numpy_helper.from_array(np.asarray(value), info.name)
                else:
                    return False
                sets.append((f"{kind}_{i}.pb", tensor.SerializeToString()))
    data = folder / case.name / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(case.model, folder / case.name / "model.onnx")
    for name, text in sets:
        (data / name).write_bytes(text)
    return True


def main():
    program, expected = sys.argv[1:]
    np.random.seed(0)
    with tempfile.TemporaryDirectory(prefix="sinter-node-tests-") as name:
        folder = pathlib.Path(name)
        cases = collect_testcases(None)
        written = sum(write(case, folder) for case in cases)
        print(f"onnx {onnx.__version__}: {len(cases)} tests, {written} of tensors alone", file=sys.stderr, flush=True)
        return subprocess.run([program, folder, expected], timeout=500).returncode


if __name__ == "__main__":
    sys.exit(main())
