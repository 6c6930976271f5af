"""What Sinter trains and exports, ONNX Runtime runs with the same results: every kind of layer, activation and
optimiser, trained some steps on Fashion-MNIST, then run by both.

usage: export_test.py SINTER
"""
import numpy as np
import onnx

from interop import Interop, Program, main, predict, runtime, small_data

RECIPE = """\
name: {name}
data: {{dataset: small}}
model:
  layers: [{layers}]
  precision: {precision}
input: {{scale: 0.00392156862745098, mean: 0.2860, deviation: 0.3530}}
optimizer: {optimizer}
epochs: 1
batch_size: 100
seed: 11
"""
ADAM = "{kind: adam, learning_rate: 0.002}"
ACTIVATIONS = ["none", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus"]
MODELS = {
    # every activation inside a layer, and every one as a layer of its own
    "mlp": (["flatten", *(f"dense: {{units: 20, activation: {a}}}" for a in ACTIVATIONS), "dense: {units: 10}"], ADAM),
    "acts": (["flatten", "dense: {units: 24, bias: false}", *(f"activation: {{kind: {a}}}" for a in ACTIVATIONS),
              "dense: {units: 10}"], "{kind: adamw, learning_rate: 0.002, weight_decay: 0.05, clip_norm: 1}"),
    "norms": (["flatten", "layer_norm", "dense: {units: 30, activation: gelu}", "layer_norm: {epsilon: 0.001}",
               "dropout: {rate: 0.3}", "batch_norm", "dense: {units: 10}"],
              "{kind: sgd, learning_rate: 0.05, momentum: 0.8, nesterov: true}"),
    "cnn": (["conv2d: {filters: 6, padding: same, activation: relu}", "batch_norm: {momentum: 0.8}", "max_pool",
             "conv2d: {filters: 9, kernel: [5, 3], stride: [1, 2], bias: false}", "batch_norm",
             "activation: {kind: silu}", "avg_pool: {kernel: 3, stride: 2, padding: same}", "flatten", "dropout",
             "dense: {units: 10}"], ADAM),
    "global": (["conv2d: {filters: 8, kernel: 7, stride: 3, padding: same, activation: elu}",
                "avg_pool: {kernel: 2, stride: 1}", "max_pool: {kernel: [2, 3], stride: [2, 1], padding: same}",
                "layer_norm", "conv2d: {filters: 12, kernel: 1, activation: gelu}", "global_avg_pool", "flatten",
                "dense: {units: 10}"], "{kind: sgd, learning_rate: 0.1}"),
    "double": (["flatten", "dense: {units: 16, activation: relu}", "dense: {units: 10}"], ADAM),
}


class Export(Program, Interop):
    def setUp(self):
        Program.setUp(self)

    def test_trained_models_give_the_same_in_onnx_runtime(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        seen = set()
        for name, (layers, optimizer) in MODELS.items():
            with self.subTest(name):
                recipe = self.recipe_file(RECIPE.format(name=name, layers=", ".join(
                    layer if ":" not in layer else "{" + layer + "}" for layer in layers), optimizer=optimizer, precision="f64" if name == "double" else "f32"))
                result = self.ok_json("train", recipe)
                self.assertEqual(result["steps"], 20)
                folder = self.folder / f"model-{name}"
                self.ok("model", "pull", result["model"], folder)
                model = onnx.load(folder / "model.onnx")
                onnx.checker.check_model(model, full_check=True)
                seen |= {node.op_type for node in model.graph.node}
                self.same_results(folder, model)
        for op in ("Conv", "BatchNormalization", "MaxPool", "AveragePool", "GlobalAveragePool", "LayerNormalization",
                   "LeakyRelu", "Elu", "Erf", "Sigmoid", "Tanh", "Softplus"):
            self.assertIn(op, seen)

    def same_results(self, folder, model):
        graph = onnx.shape_inference.infer_shapes(model).graph
        shape = [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim]
        self.assertEqual(len(graph.input), 1)
        dtype = onnx.helper.tensor_dtype_to_np_dtype(graph.input[0].type.tensor_type.elem_type)
        random = np.random.default_rng(5)
        for rows in (1, 3, 64):
            x = random.standard_normal([rows, *shape[1:]]).astype(dtype)
            self.compare(folder / "model.onnx", {graph.input[0].name: x}, words=["--function", "forward"])
        # Raw pictures through the signature: the same, with the steps before and after done by hand.
        pixels = random.integers(0, 256, [5, 28, 28], dtype=np.uint8)
        x = ((pixels * 0.00392156862745098 - 0.2860) / 0.3530).astype(dtype).reshape([5, *shape[1:]])
        (logits,) = runtime(folder / "model.onnx", {graph.input[0].name: x}).values()
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        (given,) = predict(folder, {"image": pixels}).values()
        self.assert_close(given, e / e.sum(axis=1, keepdims=True), "probabilities")


if __name__ == "__main__":
    main()
