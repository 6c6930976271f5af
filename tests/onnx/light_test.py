"""The `light` models that the onnx package carries (ResNet-50, DenseNet-121, Inception, SqueezeNet, ShuffleNet,
VGG-19, AlexNet, ZFNet), brought to opset 13, in the program and in ONNX Runtime.

Their weights are ConstantOfShape nodes; with constant weights every picture would give the same, so each is made an
initialiser of seeded random numbers, scaled to the fan-in as it was drawn for.

With `small`, those whose weights are below 50 MB.

usage: light_test.py SINTER [small|NAME]
"""
import pathlib
import sys
import zlib

import numpy as np
import onnx
from onnx import numpy_helper, version_converter

from interop import Interop, main

LIGHT = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
LARGE = ("bvlc_alexnet", "resnet50", "vgg19", "zfnet512")
ONLY = [sys.argv.pop(1)] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else []


def with_random_weights(model):
    """The model, its ConstantOfShape weights drawn; what is a variance or a scale stays positive."""
    graph = model.graph
    shapes = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    positive = {name for n in graph.node if n.op_type == "BatchNormalization" for name in (n.input[1], n.input[4])}
    kept, weights = [], []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = [int(d) for d in shapes[node.input[0]]]
        random = np.random.default_rng(zlib.crc32(node.output[0].encode()))
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
        value = random.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in) if len(shape) > 1 else 0.1)
        if node.output[0] in positive:
            value = 1 + np.abs(value)
        weights.append(numpy_helper.from_array(value, node.output[0]))
    del graph.node[:]
    graph.node.extend(kept)
    graph.initializer.extend(weights)
    return model


def with_inner_outputs(model):
    """The model, which gives some of its inner values as well: a softmax hides what it is made of."""
    inferred = onnx.shape_inference.infer_shapes(model)
    types = {v.name: v for v in inferred.graph.value_info}
    inner = [n.output[0] for n in model.graph.node if n.output[0] in types]
    chosen = inner[:: max(1, len(inner) // 6)] + inner[-1:]
    model.graph.output.extend(types[name] for name in dict.fromkeys(chosen))
    return model, len(dict.fromkeys(chosen))


class Light(Interop):
    pass


def test_of(file):
    def test(self):
        model = with_random_weights(version_converter.convert_version(onnx.load(file), 13))
        model, inner = with_inner_outputs(model)
        self.assertGreaterEqual(inner, 5)
        self.assertEqual(model.opset_import[0].version, 13)
        names = {i.name for i in model.graph.initializer}
        (given,) = [i for i in model.graph.input if i.name not in names]
        shape = [d.dim_value for d in given.type.tensor_type.shape.dim]
        picture = np.random.default_rng(1).standard_normal(shape, dtype=np.float32)
        for name, value in self.compare(model, {given.name: picture}, devices=["cpu"]).items():
            self.assertGreater(float(value.std()), 0, f"{name}: a value that is the same everywhere shows nothing")
    return test


for path in sorted(LIGHT.glob("*.onnx")):
    name = path.stem.removeprefix("light_")
    if not ONLY or name in ONLY or (ONLY == ["small"] and name not in LARGE):
        setattr(Light, f"test_{name}", test_of(path))

if __name__ == "__main__":
    main()
