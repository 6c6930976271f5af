"""Training that begins from an ONNX file: models made elsewhere are trained further on Fashion-MNIST, the loss falls,
and what comes out agrees with ONNX Runtime.

usage: finetune_test.py SINTER
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from interop import Interop, Program, main, runtime, small_data

RECIPE = """\
name: {name}
data: {{dataset: small}}
model: {{onnx: {file}}}
input: {{scale: 0.00392156862745098, mean: 0.2860, deviation: 0.3530}}
optimizer: {{kind: adam, learning_rate: {rate}}}
epochs: {epochs}
batch_size: 100
seed: 4
"""


class Weights:
    def __init__(self):
        self.random = np.random.default_rng(9)
        self.tensors = []

    def add(self, name, *shape, scale=None, value=None):
        if value is None:
            fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
            value = self.random.standard_normal(shape) * (np.sqrt(2 / fan_in) if scale is None else scale)
        self.tensors.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name


def written(nodes, weights, shape, opset):
    graph = helper.make_graph(nodes, "elsewhere", [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", *shape])],
                              [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])], weights.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def cnn():
    """As PyTorch writes a small CNN: Conv, BatchNormalization, Relu, MaxPool, Flatten, Gemm with transB."""
    w, node = Weights(), helper.make_node
    w.tensors.append(numpy_helper.from_array(np.float32(0.2), "ratio"))
    nodes = [
        node("Conv", ["pixels", w.add("conv.weight", 8, 1, 3, 3), w.add("conv.bias", 8, scale=0.01)], ["c"], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["c", w.add("bn.weight", value=np.ones(8)), w.add("bn.bias", value=np.zeros(8)),
                                    w.add("bn.running_mean", value=np.zeros(8)), w.add("bn.running_var", value=np.ones(8))], ["b"]),
        node("HardSwish", ["b"], ["r"]),
        node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("LRN", ["p"], ["l"], size=3, alpha=0.01),
        node("Dropout", ["l", "ratio"], ["d"]),
        node("Flatten", ["d"], ["f"]),
        node("Gemm", ["f", w.add("fc.weight", 10, 1568), w.add("fc.bias", 10, scale=0.01)], ["scores"], transB=1),
    ]
    return written(nodes, w, [1, 28, 28], 17)


def attention():
    """Each row of a picture a word: embedded, mixed by one head of attention with LayerNorm in pieces and x erf(x)."""
    w, node = Weights(), helper.make_node
    const = lambda name, value: w.tensors.append(numpy_helper.from_array(np.asarray(value), name)) or name
    norm = lambda x, tag: [
        node("ReduceMean", [x], [f"{tag}.m"], axes=[-1]), node("Sub", [x, f"{tag}.m"], [f"{tag}.c"]),
        node("Pow", [f"{tag}.c", two], [f"{tag}.s"]), node("ReduceMean", [f"{tag}.s"], [f"{tag}.v"], axes=[-1]),
        node("Add", [f"{tag}.v", epsilon], [f"{tag}.ve"]), node("Sqrt", [f"{tag}.ve"], [f"{tag}.d"]),
        node("Div", [f"{tag}.c", f"{tag}.d"], [f"{tag}.n"]),
        node("Mul", [f"{tag}.n", w.add(f"{tag}.weight", value=np.ones(32))], [f"{tag}.w"]),
        node("Add", [f"{tag}.w", w.add(f"{tag}.bias", value=np.zeros(32))], [tag])]
    two, epsilon = const("two", np.float32(2)), const("epsilon", np.float32(1e-5))
    scale = const("scale", np.float32(1 / np.sqrt(32)))
    nodes = [
        node("Reshape", ["pixels", const("rows", np.array([0, 28, 28]))], ["x0"]),
        node("MatMul", ["x0", w.add("embed", 28, 32)], ["x1"]), node("Add", ["x1", w.add("places", 28, 32, scale=0.1)], ["x2"]),
        *norm("x2", "ln1"),
        *[node("MatMul", ["ln1", w.add(f"{p}.weight", 32, 32)], [p]) for p in ("q", "k", "v")],
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]), node("MatMul", ["q", "kt"], ["qk"]), node("Mul", ["qk", scale], ["qks"]),
        node("Softmax", ["qks"], ["a"], axis=-1), node("MatMul", ["a", "v"], ["mixed"]), node("Add", ["mixed", "x2"], ["x3"]),
        *norm("x3", "ln2"),
        node("MatMul", ["ln2", w.add("up", 32, 64)], ["u"]), node("Erf", ["u"], ["ue"]),
        node("Mul", ["u", "ue"], ["g"]), node("MatMul", ["g", w.add("down", 64, 32)], ["dn"]), node("Add", ["dn", "x3"], ["x4"]),
        node("ReduceMean", ["x4"], ["pooled"], axes=[1], keepdims=0),
        node("Gemm", ["pooled", w.add("head.weight", 32, 10), w.add("head.bias", 10, scale=0.01)], ["scores"]),
    ]
    return written(nodes, w, [1, 28, 28], 17)


class Finetune(Program, Interop):
    def setUp(self):
        Program.setUp(self)
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))

    def train(self, name, model, rate, epochs):
        path = self.folder / f"{name}.onnx"
        onnx.save(model, path)
        result = self.ok_json("train", self.recipe_file(RECIPE.format(name=name, file=path, rate=rate, epochs=epochs)))
        loss = self.get(f"/sinter/v1/runs/{result['run']}/metrics?name=train.loss&points=100000")["mean"]
        self.assertLess(np.mean(loss[-10:]), 0.7 * np.mean(loss[:3]), loss)
        self.assertGreater(result["figures"]["accuracy"], 0.5)  # chance is 0.1
        folder = self.folder / f"{name}-trained"
        self.ok("model", "pull", result["model"], folder)
        return path, folder

    def check(self, name, model, rate, epochs):
        before, folder = self.train(name, model, rate, epochs)
        trained = folder / "model.onnx"
        onnx.checker.check_model(onnx.load(trained), full_check=True)
        given = onnx.load(trained).graph.input[0].name
        x = np.random.default_rng(2).standard_normal([6, 1, 28, 28], dtype=np.float32)
        (answer,) = self.compare(trained, {given: x}, words=["--function", "forward"]).values()
        (untrained,) = runtime(before, {"pixels": x}).values()
        self.assertGreater(np.abs(answer - untrained).max(), 0.1 * np.abs(untrained).max(), "training changed it")
        weights = {i.name: numpy_helper.to_array(i) for i in onnx.load(trained).graph.initializer}
        for tensor in model.graph.initializer:
            if tensor.data_type == TensorProto.FLOAT and tensor.dims:
                self.assertIn(tensor.name, weights, "weights keep their names")
                self.assertEqual(list(weights[tensor.name].shape), list(tensor.dims))
                start = numpy_helper.to_array(tensor)
                self.assertFalse(np.array_equal(weights[tensor.name], start), f"{tensor.name}: trained, or a running statistic")

    def test_a_cnn(self):
        self.check("cnn", cnn(), 0.002, 3)

    def test_attention(self):
        self.check("attention", attention(), 0.003, 8)

    def test_a_file_that_cannot_be_trained_says_why(self):
        error = self.fails("train", self.recipe_file(RECIPE.format(name="none", file=self.folder / "none.onnx", rate=0.1, epochs=1)))
        self.assertIn("none.onnx", error)


if __name__ == "__main__":
    main()
