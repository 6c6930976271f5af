"""Transformer encoders as different exporters write them, made with onnx.helper: embeddings, masked attention,
feed-forward, pooling. Weights are seeded; batch and sequence are symbols.

spelling "torch":   opset 17, LayerNormalization, erf GELU in five nodes, heads by Reshape with Shape/Gather/Concat,
                    the mask by Unsqueeze, Cast, Sub and Mul with a large negative number
spelling "torch13": opset 13, LayerNorm in pieces (ReduceMean with axes attribute, Pow, Sqrt), the mask by
                    ConstantOfShape, Mul, Equal, Where and Expand, positions by Range
spelling "keras":   opset 15, LayerNorm as tf2onnx folds BatchNormalization-like Mul/Add, tanh GELU, Gemm on flattened
                    rows, token types by OneHot and MatMul, Split of a joint qkv
spelling "newest":  opset 21, Gelu, LayerNormalization, Reshape with 0 and -1, the mask as bool into Where
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HIDDEN, HEADS, LAYERS, WORDS, LONGEST, CLASSES = 32, 4, 2, 50, 40, 3
HEAD = HIDDEN // HEADS


class Writer:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.initialisers, self.count = [], [], 0

    def fresh(self, hint):
        self.count += 1
        return f"/{hint}_{self.count}"  # with the slash that exporters put in

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [self.fresh(f"{kind}_output") for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=self.fresh(kind), **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, dtype=None):
        return self.op("Constant", value=numpy_helper.from_array(np.asarray(value, dtype)))

    def initialiser(self, value, hint="onnx::weight"):
        name = self.fresh(hint)
        self.initialisers.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, *shape, scale=0.3):
        return self.initialiser((self.random.standard_normal(shape) * scale).astype(np.float32))

    def ints(self, *values):
        return self.constant(list(values), np.int64)

    def dim(self, x, axis):
        """One dimension as i64[1], by Shape, Gather and Unsqueeze."""
        return self.op("Unsqueeze", self.op("Gather", self.op("Shape", x), self.constant(axis, np.int64), axis=0), self.ints(0))


class Encoder(Writer):
    def __init__(self, spelling, seed=7):
        super().__init__(seed)
        self.spelling = spelling
        self.opset = {"torch": 17, "torch13": 13, "keras": 15, "newest": 21}[spelling]

    def layer_norm(self, x):
        gamma = self.initialiser((1 + self.random.standard_normal(HIDDEN) * 0.1).astype(np.float32))
        beta = self.weight(HIDDEN, scale=0.1)
        if self.spelling in ("torch", "newest"):
            return self.op("LayerNormalization", x, gamma, beta, axis=-1, epsilon=1e-5)
        mean = self.op("ReduceMean", x, axes=[-1], keepdims=1)
        centred = self.op("Sub", x, mean)
        epsilon = self.constant(1e-5, np.float32)
        if self.spelling == "torch13":
            variance = self.op("ReduceMean", self.op("Pow", centred, self.constant(2, np.float32)), axes=[-1])
            deviation = self.op("Sqrt", self.op("Add", variance, epsilon))
            return self.op("Add", self.op("Mul", self.op("Div", centred, deviation), gamma), beta)
        variance = self.op("ReduceMean", self.op("Mul", centred, centred), axes=[-1])
        scale = self.op("Mul", self.op("Reciprocal", self.op("Sqrt", self.op("Add", variance, epsilon))), gamma)
        return self.op("Add", self.op("Mul", x, scale), self.op("Sub", beta, self.op("Mul", mean, scale)))

    def gelu(self, x):
        if self.spelling == "newest":
            return self.op("Gelu", x)
        if self.spelling == "keras":
            cubic = self.op("Mul", self.op("Pow", x, self.constant(3, np.float32)), self.constant(0.044715, np.float32))
            inner = self.op("Mul", self.op("Add", x, cubic), self.constant(0.7978845608, np.float32))
            half = self.op("Mul", self.op("Add", self.op("Tanh", inner), self.constant(1, np.float32)), self.constant(0.5, np.float32))
            return self.op("Mul", x, half)
        erf = self.op("Erf", self.op("Div", x, self.constant(1.4142135, np.float32)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.constant(1, np.float32))), self.constant(0.5, np.float32))

    def dense(self, x, units, inputs=HIDDEN):
        weight, bias = self.weight(inputs, units), self.weight(units, scale=0.1)
        if self.spelling != "keras":
            return self.op("Add", bias, self.op("MatMul", x, weight))
        rows = self.op("Reshape", x, self.ints(-1, inputs))
        y = self.op("Gemm", rows, weight, bias, alpha=1.0, beta=1.0)
        shape = self.op("Concat", self.op("Slice", self.op("Shape", x), self.ints(0), self.ints(2)), self.ints(units), axis=0)
        return self.op("Reshape", y, shape)

    def heads(self, x):
        if self.spelling == "newest":
            shape = self.ints(0, 0, HEADS, HEAD)
        else:
            shape = self.op("Concat", self.dim(x, 0), self.dim(x, 1), self.ints(HEADS), self.ints(HEAD), axis=0)
        return self.op("Transpose", self.op("Reshape", x, shape), perm=[0, 2, 1, 3])

    def attention(self, x, mask):
        if self.spelling == "keras":
            q, k, v = self.op("Split", self.dense(x, 3 * HIDDEN), outputs=3, axis=2)
        else:
            q, k, v = (self.dense(x, HIDDEN) for _ in range(3))
        q, k, v = self.heads(q), self.heads(k), self.heads(v)
        scores = self.op("MatMul", q, self.op("Transpose", k, perm=[0, 1, 3, 2]))
        scores = self.op("Div", scores, self.op("Sqrt", self.constant(HEAD, np.float32)))
        if self.spelling in ("torch", "keras"):
            scores = self.op("Add", scores, mask)
        else:
            scores = self.op("Where", mask, scores, self.constant(-3.4e38, np.float32))
        mixed = self.op("Transpose", self.op("MatMul", self.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
        shape = self.ints(0, 0, -1) if self.spelling == "newest" else self.op(
            "Concat", self.dim(mixed, 0), self.dim(mixed, 1), self.ints(HIDDEN), axis=0)
        return self.dense(self.op("Reshape", mixed, shape), HIDDEN)

    def mask(self, given):
        """From i64[batch, sequence] to what the scores meet."""
        if self.spelling in ("torch", "keras"):
            wide = self.op("Cast", self.op("Unsqueeze", given, self.ints(1, 2)), to=TensorProto.FLOAT)
            return self.op("Mul", self.op("Sub", self.constant(1, np.float32), wide), self.constant(-10000, np.float32))
        if self.spelling == "newest":
            return self.op("Cast", self.op("Unsqueeze", given, self.ints(1, 2)), to=TensorProto.BOOL)
        # torch.Tensor.expand(batch, 1, sequence, sequence) in the words of its exporter.
        batch, length = self.dim(given, 0), self.dim(given, 1)
        wanted = self.op("Concat", batch, self.ints(-1), length, length, axis=0)
        ones = self.op("ConstantOfShape", self.op("Shape", wanted), value=helper.make_tensor("v", TensorProto.INT64, [1], [1]))
        kept = self.op("Equal", wanted, self.op("Mul", ones, self.constant(-1, np.int64)))
        shape = self.op("Where", kept, ones, wanted)
        spread = self.op("Expand", self.op("Unsqueeze", given, self.ints(1, 2)), shape)
        return self.op("Equal", spread, self.constant(1, np.int64))

    def embed(self):
        words = self.op("Gather", self.weight(WORDS, HIDDEN), "input_ids", axis=0)
        table = self.weight(LONGEST, HIDDEN)
        length = self.op("Gather", self.op("Shape", "input_ids"), self.constant(1, np.int64), axis=0)
        if self.spelling in ("torch13", "newest"):
            ids = self.op("Range", self.constant(0, np.int64), length, self.constant(1, np.int64))
            places = self.op("Gather", table, ids)
        else:
            places = self.op("Slice", table, self.ints(0), self.op("Unsqueeze", length, self.ints(0)), self.ints(0), self.ints(1))
        types = self.weight(2, HIDDEN)
        if self.spelling == "keras":
            hot = self.op("OneHot", "token_type_ids", self.constant(2, np.int64), self.constant([0, 1], np.float32), axis=-1)
            kinds = self.op("MatMul", hot, types)
        else:
            kinds = self.op("Gather", types, "token_type_ids")
        return self.layer_norm(self.op("Add", self.op("Add", words, kinds), places))

    def build(self):
        x, mask = self.embed(), self.mask("attention_mask")
        for _ in range(LAYERS):
            x = self.layer_norm(self.op("Add", self.attention(x, mask), x))
            inner = self.gelu(self.dense(x, 4 * HIDDEN))
            x = self.layer_norm(self.op("Add", self.dense(inner, HIDDEN, 4 * HIDDEN), x))
        first = self.op("Gather", x, self.constant(0, np.int64), axis=1)
        pooled = self.op("Tanh", self.op("Gemm", first, self.weight(HIDDEN, HIDDEN), self.weight(HIDDEN), transB=1))
        logits = self.op("Gemm", pooled, self.weight(CLASSES, HIDDEN), self.weight(CLASSES), transB=1)
        self.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
        self.nodes.append(helper.make_node("Identity", [logits], ["logits"]))
        ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"])
               for n in ("input_ids", "attention_mask", "token_type_ids")]
        outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", HIDDEN]),
                   helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])]
        graph = helper.make_graph(self.nodes, f"encoder_{self.spelling}", ids, outputs, self.initialisers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model


def sentences(batch, length, seed=3):
    random = np.random.default_rng([seed, batch, length])
    mask = np.ones([batch, length], np.int64)
    for row in range(1, batch):
        mask[row, max(1, length - row):] = 0
    return {"input_ids": random.integers(0, WORDS, [batch, length]), "attention_mask": mask,
            "token_type_ids": random.integers(0, 2, [batch, length])}
