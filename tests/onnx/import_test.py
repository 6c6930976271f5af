"""What is neither a layer nor an encoder: quantised models, control flow, the odd corners of files; in the program
and in ONNX Runtime.

usage: import_test.py SINTER
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from interop import Interop, main

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def info(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def model_of(nodes, inputs, outputs, initialisers=(), opset=17):
    graph = helper.make_graph(nodes, "made by hand", inputs, outputs, list(initialisers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def random(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


class Quantised(Interop):
    """QuantizeLinear and DequantizeLinear as quantisers write them. Scales are powers of two, so that every sum is
    exact and no rounding depends on the order of a sum."""

    def test_a_cnn_with_a_scale_for_each_channel(self):
        rng = np.random.default_rng(2)
        w1 = rng.integers(-127, 128, [6, 3, 3, 3]).astype(np.int8)
        w2 = rng.integers(-127, 128, [150, 5]).astype(np.int8)
        start = [numpy_helper.from_array(v, n) for n, v in {
            "x_scale": np.float32(1 / 32), "x_zero": np.uint8(128), "w1": w1, "w1_zero": np.zeros(6, np.int8),
            "w1_scale": (2.0 ** -rng.integers(6, 9, 6)).astype(np.float32),
            "b1": rng.integers(-500, 500, 6).astype(np.int32), "b1_scale": np.full(6, 2.0 ** -10, np.float32),
            "y_scale": np.float32(1 / 4), "y_zero": np.int8(-3), "w2": w2, "w2_zero": np.zeros(5, np.int8),
            "w2_scale": (2.0 ** -rng.integers(6, 9, 5)).astype(np.float32), "out_scale": np.float32(0.5),
            "shape": np.array([0, -1], np.int64)}.items()]
        node = helper.make_node
        nodes = [
            node("QuantizeLinear", ["x", "x_scale", "x_zero"], ["xq"]),
            node("DequantizeLinear", ["xq", "x_scale", "x_zero"], ["xd"]),
            node("DequantizeLinear", ["w1", "w1_scale", "w1_zero"], ["w1d"], axis=0),
            node("DequantizeLinear", ["b1", "b1_scale"], ["b1d"], axis=0),
            node("Conv", ["xd", "w1d", "b1d"], ["c"], kernel_shape=[3, 3]),
            node("Relu", ["c"], ["r"]),
            node("QuantizeLinear", ["r", "y_scale", "y_zero"], ["rq"]),
            node("DequantizeLinear", ["rq", "y_scale", "y_zero"], ["rd"]),
            node("Reshape", ["rd", "shape"], ["flat"]),
            node("DequantizeLinear", ["w2", "w2_scale", "w2_zero"], ["w2d"], axis=1),
            node("MatMul", ["flat", "w2d"], ["m"]),
            node("QuantizeLinear", ["m", "out_scale"], ["answer_q"]),
            node("DequantizeLinear", ["answer_q", "out_scale"], ["answer"]),
        ]
        model = model_of(nodes, [info("x", FLOAT, ["n", 3, 7, 7])],
                         [info("answer", FLOAT, ["n", 5]), info("xq", TensorProto.UINT8, ["n", 3, 7, 7]), info("m", FLOAT, ["n", 5])],
                         start, opset=13)
        x = (rng.integers(-100, 100, [4, 3, 7, 7]) / 32).astype(np.float32)
        out = self.compare(model, {"x": x})
        self.assertGreater(out["xq"].std(), 0)
        self.assertGreater(out["m"].std(), 1)

    def test_blocks_and_sixteen_bits(self):
        rng = np.random.default_rng(4)
        node = helper.make_node
        start = [numpy_helper.from_array(v, n) for n, v in {
            "w": rng.integers(-127, 128, [8, 6]).astype(np.int8), "w_scale": (2.0 ** -rng.integers(4, 7, [2, 6])).astype(np.float32),
            "s": np.float32(1 / 256), "z": np.int16(100)}.items()]
        nodes = [node("DequantizeLinear", ["w", "w_scale"], ["wd"], axis=0, block_size=4),
                 node("MatMul", ["x", "wd"], ["m"]),
                 node("QuantizeLinear", ["m", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["y"])]
        model = model_of(nodes, [info("x", FLOAT, ["n", 8])], [info("y", FLOAT, ["n", 6]), info("q", TensorProto.INT16, ["n", 6])],
                         start, opset=21)
        self.compare(model, {"x": (rng.integers(-60, 60, [3, 8]) / 8).astype(np.float32)})


class ControlFlow(Interop):
    def test_if_chooses_and_sees_what_stands_outside(self):
        node = helper.make_node
        weight = numpy_helper.from_array(random(4, 4), "inner_weight")
        then = helper.make_graph([node("MatMul", ["x", "inner_weight"], ["t"])], "then", [], [info("t", FLOAT, ["n", 4])], [weight])
        other = helper.make_graph([node("Mul", ["x", "scale"], ["e"])], "else", [], [info("e", FLOAT, ["n", 4])])
        nodes = [node("ReduceSum", ["x"], ["sum"], keepdims=0), node("Greater", ["sum", "zero"], ["positive"]),
                 node("If", ["positive"], ["y"], then_branch=then, else_branch=other), node("Add", ["y", "x"], ["z"])]
        start = [numpy_helper.from_array(np.float32(0), "zero"), numpy_helper.from_array(np.float32(3), "scale")]
        model = model_of(nodes, [info("x", FLOAT, ["n", 4])], [info("z", FLOAT, ["n", 4])], start)
        x = np.abs(random(2, 4))
        up, down = self.compare(model, {"x": x})["z"], self.compare(model, {"x": -x})["z"]
        np.testing.assert_allclose(down, -4 * x, rtol=1e-5)
        self.assertFalse(np.allclose(up, 4 * x))

    def body(self, condition):
        """state <- tanh(state weight + step); out: its sum; goes on while `condition` says so."""
        node = helper.make_node
        nodes = [node("Cast", ["step"], ["stepf"], to=FLOAT), node("MatMul", ["state", "weight"], ["m"]),
                 node("Add", ["m", "stepf"], ["a"]), node("Tanh", ["a"], ["next"]),
                 node("ReduceMean", ["next"], ["mean"], axes=[1], keepdims=0), *condition]
        return helper.make_graph(nodes, "body", [info("step", INT64, []), info("going", BOOL, []), info("state", FLOAT, [2, 3])],
                                 [info("go", BOOL, []), info("next", FLOAT, [2, 3]), info("mean", FLOAT, [2])])

    def loop(self, condition, trips, start=()):
        nodes = [helper.make_node("Loop", [trips, "", "x"], ["last", "means"], body=self.body(condition))]
        inputs = [info("x", FLOAT, [2, 3])] + ([info("trips", INT64, [])] if trips == "trips" else [])
        weights = [numpy_helper.from_array(random(3, 3, seed=3), "weight"), *start]
        return model_of(nodes, inputs, [info("last", FLOAT, [2, 3]), info("means", FLOAT, ["k", 2])], weights, opset=16)

    def test_a_loop_that_counts(self):
        model = self.loop([helper.make_node("Identity", ["going"], ["go"])], "trips")
        for trips in (1, 4, 0):
            out = self.compare(model, {"x": random(2, 3), "trips": np.array(trips, np.int64)})
            self.assertEqual(out["means"].shape, (trips, 2))

    def test_a_loop_that_stops_when_it_has_had_enough(self):
        node = helper.make_node
        condition = [node("Less", ["step", "most"], ["go"])]
        start = [numpy_helper.from_array(np.array(5, np.int64), "most")]
        out = self.compare(self.loop(condition, "", start), {"x": random(2, 3)})
        self.assertEqual(out["means"].shape, (6, 2))


class Corners(Interop):
    def test_names_constants_and_optional_inputs(self):
        node = helper.make_node
        nodes = [
            node("Constant", [], ["ints/0"], value_ints=[1, -1]), node("Constant", [], ["f:1"], value_float=0.25),
            node("Constant", [], ["fs"], value_floats=[1.0, 2.0, 3.0]), node("Constant", [], ["i"], value_int=2),
            node("Clip", ["x/0:0", "", "f:1"], ["clipped"]),
            node("Reshape", ["clipped", "ints/0"], ["flat"]),
            node("Gather", ["fs", "i"], ["third"]),
            node("Mul", ["flat", "third"], ["9 lives"]),
            node("Dropout", ["9 lives"], ["out/0", ""]),
        ]
        unused = numpy_helper.from_array(random(3), "nobody")
        model = model_of(nodes, [info("x/0:0", FLOAT, [None, 3])], [info("out/0", FLOAT, [1, None])], [unused], opset=14)
        self.compare(model, {"x/0:0": random(2, 3)})

    def test_weights_in_every_form_of_the_file(self):
        """Typed fields, raw bytes, and an initialiser that is listed as an input too."""
        typed = [helper.make_tensor("a", FLOAT, [3], [1.5, -2, 3]), helper.make_tensor("b", TensorProto.DOUBLE, [1], [0.5]),
                 helper.make_tensor("c", TensorProto.FLOAT16, [3], np.array([1, 2, -0.5], np.float16)),
                 helper.make_tensor("d", TensorProto.INT32, [3], [-1, 2, 3]), helper.make_tensor("e", TensorProto.UINT8, [3], [250, 2, 3]),
                 helper.make_tensor("f", BOOL, [3], [1, 0, 1]), helper.make_tensor("g", INT64, [3], [1 << 40, -5, 0]),
                 helper.make_tensor("h", TensorProto.BFLOAT16, [3], [1.0, -2.0, 0.5]),
                 helper.make_tensor("i", FLOAT, [3], random(3).tobytes(), raw=True)]
        nodes, total = [], "x"
        for t in typed:
            nodes += [helper.make_node("Cast", [t.name], [t.name + "_f"], to=FLOAT), helper.make_node("Add", [total, t.name + "_f"], [t.name + "_s"])]
            total = t.name + "_s"
        nodes.append(helper.make_node("Identity", [total], ["y"]))
        model = model_of(nodes, [info("x", FLOAT, [3]), info("a", FLOAT, [3])], [info("y", FLOAT, [3])], typed)
        self.compare(model, {"x": random(3)})

    def test_several_outputs_of_one_node_and_one_given_twice(self):
        nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Identity", ["y"], ["again"]),
                 helper.make_node("Split", ["x"], ["left", "right"], axis=1)]
        model = model_of(nodes, [info("x", FLOAT, [2, 4])], [info(n, FLOAT, s) for n, s in
                         (("y", [2, 4]), ("again", [2, 4]), ("left", [2, 2]), ("right", [2, 2]))], opset=13)
        self.compare(model, {"x": random(2, 4)})


if __name__ == "__main__":
    main()
