"""sinter predict: inputs from NPY files and from JSON, outputs to both, and what it says of mistakes.

usage: predict_test.py SINTER
"""
import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from interop import Interop, main, run_program


class Predict(Interop):
    def setUp(self):
        super().setUp()
        node, info = helper.make_node, helper.make_tensor_value_info
        weight = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(3, 4) / 8, "w")
        graph = helper.make_graph(
            [node("MatMul", ["x", "w"], ["y"]), node("Add", ["k", "k"], ["twice"])], "small",
            [info("x", TensorProto.FLOAT, ["n", 3]), info("k", TensorProto.INT64, ["m"])],
            [info("y", TensorProto.FLOAT, ["n", 4]), info("twice", TensorProto.INT64, ["m"])], [weight])
        self.model = self.folder / "small.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.model)
        self.x = np.array([[1, 2, 3], [-4, 5, 0.5]], np.float32)
        self.k = np.array([1 << 40, -3, 0], np.int64)
        self.y = self.x @ (np.arange(12, dtype=np.float32).reshape(3, 4) / 8)

    def file(self, name, value):
        np.save(self.folder / f"{name}.npy", value)
        return f"{name}={self.folder / name}.npy"

    def run_with(self, *words):
        code, out, err = run_program("predict", self.model, *words)
        self.assertEqual(code, 0, err)
        return out

    def json_outputs(self, out):
        answer = json.loads(out)
        return {o["name"]: np.array(o["data"]).reshape(o["shape"]) for o in answer["outputs"]}

    def test_npy_in_json_out(self):
        for device in ("cpu", "reference"):
            out = self.json_outputs(self.run_with("-i", self.file("x", self.x), "-i", self.file("k", self.k), "--device", device,
                                                  "--threads", "1"))
            np.testing.assert_allclose(out["y"], self.y, rtol=1e-6)
            np.testing.assert_array_equal(out["twice"], self.k * 2)

    def test_orders_and_ends_of_npy(self):
        for x in (np.asfortranarray(self.x), self.x.astype(">f4"), np.asfortranarray(self.x).astype(">f4")):
            out = self.json_outputs(self.run_with("-i", self.file("x", x), "-i", self.file("k", self.k.astype(">i8"))))
            np.testing.assert_allclose(out["y"], self.y, rtol=1e-6)
            np.testing.assert_array_equal(out["twice"], self.k * 2)

    def test_json_in_npy_out(self):
        request = {"inputs": [{"name": "x", "shape": [2, 3], "datatype": "FP32", "data": self.x.tolist()},
                              {"name": "k", "shape": [3], "datatype": "INT64", "data": self.k.tolist()}]}
        (self.folder / "request.json").write_text(json.dumps(request))
        text = self.run_with("--request", self.folder / "request.json", "-o", self.folder / "out")
        self.assertIn("f32[2,4]", text)
        np.testing.assert_allclose(np.load(self.folder / "out" / "y.npy"), self.y, rtol=1e-6)
        np.testing.assert_array_equal(np.load(self.folder / "out" / "twice.npy"), self.k * 2)

    def test_mistakes_are_named(self):
        x, k = self.file("x", self.x), self.file("k", self.k)
        self.file("flat", self.x.reshape(-1))
        (self.folder / "text.npy").write_text("no array")
        (self.folder / "cut.npy").write_bytes((self.folder / "x.npy").read_bytes()[:-3])
        np.save(self.folder / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
        (self.folder / "bad.json").write_text('{"inputs": [{"name": "x"')
        faults = {
            "a missing input": (["-i", x], ["input 'k'", "is not given"]),
            "an unknown input": (["-i", x, "-i", k, "-i", x.replace("x=", "z=", 1)], ["no input 'z'", "x, k"]),
            "an input twice": (["-i", x, "-i", x, "-i", k], ["'x' is given twice"]),
            "another dtype": (["-i", self.file("d", self.x.astype(np.float64)).replace("d=", "x=", 1), "-i", k],
                              ["'x'", "f64[2,3]", "f32"]),
            "another rank": (["-i", f"x={self.folder}/flat.npy", "-i", k], ["'x'", "f32[6]"]),
            "another size": (["-i", self.file("w", self.x.T.copy()).replace("w=", "x=", 1), "-i", k], ["'x'", "f32[3,2]"]),
            "no such file": (["-i", f"x={self.folder}/none.npy", "-i", k], ["none.npy"]),
            "no NPY file": (["-i", f"x={self.folder}/text.npy", "-i", k], ["text.npy", "NPY"]),
            "a file cut off": (["-i", f"x={self.folder}/cut.npy", "-i", k], ["cut.npy", "does not agree"]),
            "pickled objects": (["-i", f"x={self.folder}/objects.npy", "-i", k], ["objects.npy", "|O"]),
            "no name": (["-i", "x.npy"], ["NAME=FILE.npy"]),
            "broken JSON": (["--request", self.folder / "bad.json"], ["bad.json"]),
            "no such function": (["-i", x, "-i", k, "--function", "backward"], ["backward"]),
            "an input to fix that there is not": (["--fix", x.replace("x=", "z=", 1)], ["no input 'z'"]),
        }
        for what, (words, said) in faults.items():
            with self.subTest(what):
                code, out, err = run_program("predict", self.model, *words)
                self.assertEqual((code, out), (1, ""), err)
                for word in said:
                    self.assertIn(word, err)
        for words in (["--device", "gpu"], ["--threads", "0"]):
            self.assertEqual(run_program("predict", self.model, *words)[0], 2)

    def test_an_input_that_shapes_depend_on_is_fixed(self):
        node, info = helper.make_node, helper.make_tensor_value_info
        graph = helper.make_graph([node("Reshape", ["x", "shape"], ["y"])], "reshape",
                                  [info("x", TensorProto.FLOAT, ["n", 3]), info("shape", TensorProto.INT64, [2])],
                                  [info("y", TensorProto.FLOAT, [None, None])])
        self.model = self.folder / "reshape.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.model)
        x, shape = self.file("x", self.x), self.file("shape", np.array([3, -1], np.int64))
        code, _, err = run_program("predict", self.model, "-i", x, "-i", shape)
        self.assertEqual(code, 1)
        self.assertIn("known", err)
        out = self.json_outputs(self.run_with("-i", x, "--fix", shape))
        np.testing.assert_array_equal(out["y"], self.x.reshape(3, -1))


if __name__ == "__main__":
    main()
