"""sinter explain on a model that several kernels answer for, and some refuse.

usage: explain_test.py SINTER
"""
import re

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from interop import Interop, main, run_program


class Explain(Interop):
    def test_each_node_its_kernel_and_each_refusal_its_reason(self):
        node, info = helper.make_node, helper.make_tensor_value_info
        weights = [numpy_helper.from_array(np.ones((4, 2, 3, 3), np.float32), "w"), numpy_helper.from_array(np.ones((4, 4)), "d")]
        nodes = [
            node("Conv", ["x", "w"], ["c"], name="first", pads=[1, 1, 1, 1]), node("Sin", ["c"], ["s"], name="wave"),
            node("ReduceMax", ["s"], ["m"], name="most", axes=[2, 3], keepdims=0),
            node("Cast", ["m"], ["m64"], name="widen", to=TensorProto.DOUBLE),
            node("MatMul", ["m64", "d"], ["p"], name="wide"), node("Cast", ["p"], ["half"], name="narrow", to=TensorProto.BFLOAT16),
            node("Softplus", ["half"], ["soft"], name="bent"), node("Cast", ["soft"], ["y"], name="back", to=TensorProto.FLOAT),
            node("NonZero", ["m"], ["z"], name="born")]
        graph = helper.make_graph(nodes, "several", [info("x", TensorProto.FLOAT, ["n", 2, 8, 8])],
                                  [info("y", TensorProto.FLOAT, ["n", 4]), info("z", TensorProto.INT64, [2, "k"])], weights)
        path = self.folder / "several.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        code, out, err = run_program("explain", path)
        self.assertEqual((code, err), (0, ""))
        first, *lines = out.splitlines()
        self.assertRegex(first, r"^@forward on cpu: \d+ steps")
        chosen, refused, last = {}, {}, None
        passes = [line.split()[1] for line in lines if line.startswith("  pass ")]
        self.assertEqual(passes[:2], ["inline_calls", "infer_types"])
        self.assertIn("mark_fusion", passes)
        for line in lines:
            if line.startswith("  pass "):
                self.assertRegex(line, r"^  pass \w+ +\d+ changes +\d+ -> \d+ +nodes +\d+\.\d+ ms$")
                continue
            if re.match(r"    with %", line):  # a node that the kernel computes too
                continue
            if refusal := re.fullmatch(r"    not ([a-z_0-9.]+): (.+)", line):
                refused.setdefault(last, []).append(refusal.groups())
                continue
            step = re.fullmatch(r"  ([a-z_0-9.]+)( \(.*?\))? +%(.*)", line)
            self.assertTrue(step, line)
            named = re.search(r'= [A-Za-z.]+ "(\w+)"', line)
            last = named.group(1) if named else line
            chosen[last] = step.group(1)
        self.assertRegex(chosen["first"], r"^(direct|onednn|columns)\.conv")
        self.assertEqual(chosen["born"], "reference")
        self.assertNotEqual(refused, {}, out)
        for name, reasons in refused.items():
            self.assertNotIn(chosen[name], [kernel for kernel, _ in reasons], "a kernel that refused is not the one chosen")
        for kernel in chosen.values():
            self.assertTrue(kernel == "reference" or "." in kernel, kernel)

    def test_passes_are_switched_off_by_name(self):
        info = helper.make_tensor_value_info
        graph = helper.make_graph(
            [helper.make_node("Transpose", ["x"], ["a"]), helper.make_node("Transpose", ["a"], ["b"]),
             helper.make_node("Relu", ["b"], ["y"])], "pair",
            [info("x", TensorProto.FLOAT, ["n", 8])], [info("y", TensorProto.FLOAT, ["n", 8])])
        path = self.folder / "pair.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        for words, transposes in (([], 0), (["--without", "move_transposes"], 2)):
            code, out, err = run_program("explain", path, *words)
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out.count("= Transpose("), transposes, out)
            self.assertEqual("pass move_transposes" in out, not words, out)
        code, out, err = run_program("explain", path, "--without", "move_mountains")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("move_mountains", err)
        self.assertIn("move_transposes", err)

    def test_a_file_that_is_none(self):
        (self.folder / "none.onnx").write_text("no model")
        for words in (["explain", self.folder / "none.onnx"], ["explain", self.folder / "absent.onnx"]):
            code, out, err = run_program(*words)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(str(words[1]), err)
            self.assertEqual("is this an ONNX file?" in err, words[1].name == "none.onnx", err)


if __name__ == "__main__":
    main()
