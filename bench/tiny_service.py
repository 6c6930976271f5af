"""A tiny service on the real program: eight numbers in, four out. For the figures of serving and of starting."""
import json
import os
import pathlib
import shutil
import subprocess

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

BINARY = pathlib.Path("build/release/sinter").resolve()
REQUEST = json.dumps({"inputs": [{"name": "x", "shape": [1, 8], "datatype": "FP32",
                                  "data": [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]}]})
INFER = "/v2/models/tiny/infer"


def write_model(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    weights = numpy.random.default_rng(1).standard_normal((8, 4)).astype(numpy.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx")
    number = {"dtype": "f32"}
    signature = {"format": "sinter.signature.v1", "task": "tensors", "classes": [],
                 "inputs": [{**number, "name": "x", "shape": [8],
                             "preprocess": {"scale": 1, "mean": [0], "deviation": [1], "model_shape": [8]}}],
                 "outputs": [{**number, "name": "y", "shape": [4], "activation": "none"}]}
    (folder / "signature.json").write_text(json.dumps(signature))


class TinyService:
    def __init__(self, home, cores):
        self.home, self.cores = home, cores
        self.environment = {**os.environ, "SINTER_HOME": str(home), "SINTER_THREADS": "1"}
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["taskset", "-c", self.cores, BINARY, "serve", "--home", self.home, "--listen", "127.0.0.1:0", "--io-threads", "1",
             "--access-log", "off"],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.origin = self.process.stdout.readline().split()[1]

    def command(self, *words):
        subprocess.run([BINARY, *words], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def deploy(self, out):
        write_model(out / "tiny")
        self.command("model", "push", "tiny", out / "tiny")
        self.command("service", "deploy", "tiny", "tiny")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None
