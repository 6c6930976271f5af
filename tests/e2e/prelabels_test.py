"""What models say before people do: classes, sets of classes, boxes and texts, by ONNX models that are made here and whose
right answers NumPy knows; and models of another task, refused."""
import json
import math
import struct
import time
import wave

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from program import Program, main, recipe, small_data

RATE, FRAME = 8000, 400
TONES = {"a": 500, "b": 900, "c": 1700}


class Graph:
    """A model as a list of nodes: op(kind, inputs, **attributes) gives the name of what it makes."""

    def __init__(self, name, dtype, shape):
        self.name, self.nodes, self.constants = name, [], []
        self.given = helper.make_tensor_value_info(name, dtype, ["N", *shape])

    def op(self, kind, *inputs, **attributes):
        out = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    def const(self, value, dtype=numpy.float32):
        value = numpy_helper.from_array(numpy.asarray(value, dtype=dtype), f"c{len(self.constants)}")
        self.constants.append(value)
        return value.name

    def save(self, folder, outputs):
        """outputs: name -> (value, dtype, shape of an example)"""
        for name, (value, _, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [value], [name]))
        given = [helper.make_tensor_value_info(name, dtype, ["N", *shape]) for name, (_, dtype, shape) in outputs.items()]
        graph = helper.make_graph(self.nodes, "g", [self.given], given, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        folder.mkdir(parents=True)
        onnx.save(model, folder / "model.onnx")


class Prelabels(Program):
    def push(self, name, graph, outputs, task, classes, shape, dtype="u8", activations=()):
        folder = self.folder / "models" / name
        graph.save(folder, outputs)
        names = {TensorProto.FLOAT: "f32", TensorProto.INT64: "i64"}
        (folder / "signature.json").write_text(json.dumps({
            "format": "sinter.signature.v1", "task": task, "classes": classes,
            "inputs": [{"name": graph.name, "dtype": dtype, "shape": shape}],
            "outputs": [{"name": n, "dtype": names[t], "shape": s, "activation": dict(activations).get(n, "none")}
                        for n, (_, t, s) in outputs.items()]}))
        self.ok("model", "push", name, folder)

    def make(self, name, status=201, **spec):
        got, said = self.request("POST", "/sinter/v1/labellings", self.token, {"name": name, **spec})
        self.assertEqual(got, status, said)
        return json.loads(said)

    def prelabels(self, name):
        """row -> the prelabel, once all are there"""
        deadline = time.monotonic() + 60
        while True:
            made = self.get(f"/sinter/v1/labellings/{name}")["status"]["prelabels"]
            self.assertEqual(made["error"], "")
            if made["made"] == made["of"]:
                break
            self.assertLess(time.monotonic(), deadline, "no prelabels")
            time.sleep(0.05)
        status, said = self.request("POST", f"/sinter/v1/labellings/{name}/next", self.token, {"count": 100})
        self.assertEqual(status, 200, said)
        return {item["row"]: item["prelabel"] for item in json.loads(said)["items"]}

    def pictures(self):
        """Rows of the data set `small`, as NumPy has them."""
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        raw = (self.folder / "idx" / "train-images-idx3-ubyte").read_bytes()
        return numpy.frombuffer(raw, numpy.uint8, offset=16).reshape(-1, 28, 28)

    def test_boxes(self):
        """The box around what is bright, twice: as it is, and a pixel smaller, less sure; and one nobody believes."""
        pictures = self.pictures()
        g = Graph("image", TensorProto.UINT8, [28, 28])
        bright = g.op("Cast", g.op("Greater", g.op("Cast", "image", to=TensorProto.FLOAT), g.const(60)), to=TensorProto.FLOAT)
        edges = {}
        for side, axis in (("y", 2), ("x", 1)):
            any_of = g.op("ReduceMax", bright, axes=[axis], keepdims=0)  # [N,28]
            edges[side, 0] = g.op("Cast", g.op("ArgMax", any_of, axis=1, keepdims=1), to=TensorProto.FLOAT)
            last = g.op("ArgMax", any_of, axis=1, keepdims=1, select_last_index=1)
            edges[side, 1] = g.op("Add", g.op("Cast", last, to=TensorProto.FLOAT), g.const(1))
        corners = g.op("Concat", edges["x", 0], edges["y", 0], edges["x", 1], edges["y", 1], axis=1)  # [N,4]
        whole = g.op("Unsqueeze", corners, g.const([1], numpy.int64))
        smaller = g.op("Add", whole, g.const([[[1, 1, 0, 0]]]))
        corner = g.op("Add", g.op("Mul", whole, g.const(0)), g.const([[[0, 0, 3, 3]]]))
        boxes = g.op("Concat", smaller, whole, corner, axis=1)  # [N,3,4]
        zero = g.op("Mul", g.op("ReduceMax", boxes, axes=[2], keepdims=0), g.const(0))
        scores = g.op("Add", zero, g.const([[0.6, 0.9, 0.2]]))
        classes = g.op("Cast", g.op("Add", zero, g.const([[1, 1, 0]])), to=TensorProto.INT64)
        self.push("finder", g, {"boxes_pixels": (boxes, TensorProto.FLOAT, [3, 4]), "scores": (scores, TensorProto.FLOAT, [3]),
                                "classes": (classes, TensorProto.INT64, [3])}, "object_detection", ["logo", "garment"], [28, 28])
        self.ok("service", "deploy", "finder", "finder")
        self.make("boxed", dataset="small", task="boxes", classes=["garment", "logo"], column="boxes",
                  rows={"count": 60, "seed": 2}, prelabel={"service": "finder"})
        said = self.prelabels("boxed")
        self.assertEqual(len(said), 60)
        for row, prelabel in said.items():
            lit = numpy.argwhere(pictures[row] > 60)
            (y0, x0), (y1, x1) = lit.min(0), lit.max(0) + 1
            (box,) = prelabel["value"]["boxes"]  # the smaller one overlaps it by more than half
            self.assertEqual(box["class"], "garment")
            self.assertAlmostEqual(prelabel["confidence"], 0.8, places=5)  # that there is no logo
            for field, pixels in (("x", x0), ("y", y0), ("width", x1 - x0), ("height", y1 - y0)):
                self.assertAlmostEqual(box[field], pixels / 28, places=5, msg=f"{field} of row {row}")
        # From a lower threshold on the logo is believed in.
        self.make("low", dataset="small", task="boxes", classes=["garment", "logo"], column="boxes",
                  rows={"count": 5, "seed": 2}, prelabel={"model": "finder@1", "threshold": 0.15})
        for prelabel in self.prelabels("low").values():
            self.assertEqual([b["class"] for b in prelabel["value"]["boxes"]], ["garment", "logo"])
            self.assertAlmostEqual(prelabel["confidence"], 0.2, places=5)
        # An answer that takes it is counted as the model's.
        item = json.loads(self.request("POST", "/sinter/v1/labellings/low/next", self.token, {"count": 1})[1])["items"][0]
        self.request("PUT", f"/sinter/v1/labellings/low/items/{item['item']}/answer", self.token, {"value": item["prelabel"]["value"]})
        (labeller,) = self.get("/sinter/v1/labellings/low")["status"]["labellers"]
        self.assertEqual(labeller["agrees_with_prelabel"], {"right": 1, "of": 1})

    def test_sets_of_classes(self):
        """Sigmoids of where the light is."""
        pictures = self.pictures()
        weights = numpy.zeros((784, 2), numpy.float32)
        weights[:392, 0], weights[392:, 0] = 1, -1                      # more light above than below
        weights[:, 1] = numpy.where(numpy.arange(784) % 28 < 14, 1, -1)  # more at the left
        g = Graph("image", TensorProto.UINT8, [28, 28])
        flat = g.op("Reshape", g.op("Cast", "image", to=TensorProto.FLOAT), g.const([-1, 784], numpy.int64))
        logits = g.op("MatMul", flat, g.const(weights / 20000))
        self.push("light", g, {"p": (logits, TensorProto.FLOAT, [2])}, "multilabel_classification", ["top", "left"], [28, 28],
                  activations={"p": "sigmoid"})
        for name, threshold in (("half", 0.5), ("many", 0.35)):
            self.make(name, dataset="small", task="multilabel", classes=["left", "top"], column="light",
                      rows={"count": 80, "seed": 4}, prelabel={"model": "light", "threshold": threshold}, choice="active")
            sure = []
            for row, prelabel in self.prelabels(name).items():
                p = 1 / (1 + numpy.exp(-(pictures[row].reshape(784).astype(numpy.float32) @ weights / 20000)))
                self.assertEqual(prelabel["value"]["classes"],
                                 [c for c, likely in (("left", p[1]), ("top", p[0])) if likely >= threshold])
                self.assertAlmostEqual(prelabel["confidence"], min(x if x >= threshold else 1 - x for x in p), places=4)
                sure.append(prelabel["confidence"])
            self.assertEqual(sure, sorted(sure), "the least sure come first")
            self.assertGreater(sure[-1] - sure[0], 0.02)

    def test_transcripts_of_sound(self):
        """A spectrum of three tones, frame by frame, read as letters by connectionist temporal classification."""
        self.serve()
        folder = self.folder / "clips" / "spelled"
        folder.mkdir(parents=True)
        words = ["abc", "aab", "cab", "b", "caca", ""]
        frames = 20
        for n, word in enumerate(words):
            samples, path = [], []
            for letter in word:  # two frames each, a silent one between
                path += [letter, letter, ""]
            path += [""] * (frames - len(path))
            for at, letter in enumerate(path):
                for t in range(FRAME):
                    angle = 2 * math.pi * TONES.get(letter, 0) * (at * FRAME + t) / RATE
                    samples.append(int(12000 * math.sin(angle)))
            with wave.open(str(folder / f"{n}.wav"), "wb") as out:
                out.setparams((1, 2, RATE, 0, "NONE", ""))
                out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
        seconds = frames * FRAME / RATE
        self.ok("data", "add", "clips", self.folder / "clips", "--rate", RATE, "--seconds", seconds, "--test-share", "0")
        g = Graph("sound", TensorProto.FLOAT, [frames * FRAME])
        cut = g.op("Reshape", "sound", g.const([-1, frames, FRAME], numpy.int64))
        t = numpy.arange(FRAME) / RATE
        bank = [f(2 * numpy.pi * hertz * t) for hertz in TONES.values() for f in (numpy.cos, numpy.sin)]
        found = g.op("MatMul", cut, g.const(numpy.stack(bank, 1) / FRAME))
        power = g.op("Mul", found, found)
        each = numpy.kron(numpy.eye(3), [[1], [1]])  # a cosine and a sine of each
        energy = g.op("MatMul", power, g.const(each * 200))
        scores = g.op("Concat", g.op("Add", g.op("Mul", g.op("ReduceMax", energy, axes=[2], keepdims=1), g.const(0)), g.const(2)),
                      energy, axis=2)
        self.push("speller", g, {"letters": (scores, TensorProto.FLOAT, [frames, 4])}, "transcription", ["", *TONES],
                  [frames * FRAME], dtype="f32", activations={"letters": "softmax"})
        self.make("typed", dataset="clips", task="transcript", column="said", prelabel={"model": "speller"}, choice="active")
        names = self.column_of_texts("clips", "file")
        said = self.prelabels("typed")
        self.assertEqual({names[row]: p["value"]["text"] for row, p in said.items()},
                         {f"spelled/{n}.wav": word for n, word in enumerate(words)})
        for prelabel in said.values():
            self.assertTrue(0.3 < prelabel["confidence"] <= 1, prelabel)

    def column_of_texts(self, ref, name):
        files = {f["path"]: f["sha256"] for f in self.ok_json("data", "show", ref)["manifest"]["files"]}
        values, offsets = (self.request("GET", f"/sinter/v1/blobs/{files[f'train/{name}.{kind}']}", self.token)[1]
                           for kind in ("bin", "offsets"))
        at = [int.from_bytes(offsets[i:i + 8], "little") for i in range(0, len(offsets), 8)]
        return [values[a:b].decode() for a, b in zip(at, at[1:])]

    def test_models_of_another_task_are_refused(self):
        self.pictures()
        digits = self.ok_json("train", self.recipe_file(recipe("digits", epochs=1)))["model"]
        self.ok("service", "deploy", "digits", digits)
        for task in ("boxes", "spans", "transcript"):
            error = self.make("no", 422, dataset="small", task=task, classes=["a"], column="x",
                              prelabel={"service": "digits"})["error"]
            self.assertIn(f"prelabels for {task}: model {digits} is of the task 'image_classification' and says classes",
                          error["message"])
        self.assertEqual(self.get("/sinter/v1/labellings")["items"], [])
        # What its signature does not tell is not guessed at.
        g = Graph("image", TensorProto.UINT8, [28, 28])
        self.push("silent", g, {"y": (g.op("Cast", "image", to=TensorProto.FLOAT), TensorProto.FLOAT, [28, 28])}, "denoising", [],
                  [28, 28])
        error = self.make("no", 422, dataset="small", prelabel={"model": "silent"})["error"]
        self.assertIn("prelabels for classification by model silent@1: its task is 'denoising'", error["message"])
        # One that knows none of the classes says so while it is asked.
        self.make("strange", dataset="small", classes=["coat"], column="new", rows={"count": 3}, prelabel={"model": digits})
        deadline = time.monotonic() + 60
        while not (error := self.get("/sinter/v1/labellings/strange")["status"]["prelabels"]["error"]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertIn("knows none of the classes", error)
        # The service's own model says its classes as before.
        self.make("yes", dataset="small", rows={"count": 20}, prelabel={"service": "digits"})
        self.assertEqual(len(self.prelabels("yes")), 20)


if __name__ == "__main__":
    main()
