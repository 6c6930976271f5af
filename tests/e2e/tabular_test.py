"""From a CSV to a served model: the tables that scikit-learn's package carries."""
import csv
import importlib.util
import json
import math
import pathlib
import unittest

from program import Program, main

IRIS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
WINE = ["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
        "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline"]

RECIPE = """\
name: {name}
data: {{dataset: {name}{features}}}
model:
  layers:
    - dense: {{units: 16, activation: relu}}
    - dense: {{units: {classes}}}
optimizer: {{kind: adam, learning_rate: 0.01}}
epochs: {epochs}
batch_size: 16
seed: 1
"""


def table(name):
    """The rows of one of the package's CSV files, as texts, and the names of its classes."""
    spec = importlib.util.find_spec("sklearn")  # its files are read, not its code: that would need SciPy
    if spec is None:
        raise unittest.SkipTest("scikit-learn's files are not here: ./dev setup installs tests/requirements.lock")
    path = pathlib.Path(list(spec.submodule_search_locations)[0], "datasets", "data", name)
    rows = list(csv.reader(path.read_text().splitlines()))
    return rows[1:], rows[0][2:]


class Tabular(Program):
    def setUp(self):
        super().setUp()
        self.serve()

    def write(self, name, header, rows):
        path = self.folder / f"{name}.csv"
        with path.open("w", newline="") as out:
            csv.writer(out).writerows([header, *rows])
        return path

    def train(self, name, classes, features="", epochs=40):
        recipe = RECIPE.format(name=name, classes=classes, features=features, epochs=epochs)
        return self.ok_json("train", self.recipe_file(recipe))

    def ask(self, service, inputs, code=200):
        """The probabilities of each row; inputs: {column: values}, texts for classes."""
        body = {"inputs": [{"name": name, "shape": [len(values)], "data": values,
                            "datatype": "BYTES" if isinstance(values[0], str) else "FP64"}
                           for name, values in inputs.items()]}
        status, answer = self.request("POST", f"/v2/models/{service}/infer", self.token, body)
        self.assertEqual(status, code, answer)
        answer = json.loads(answer)
        if code != 200:
            return answer["error"]
        output = answer["outputs"][0]
        width = output["shape"][1]
        return [output["data"][i:i + width] for i in range(0, len(output["data"]), width)]

    def from_csv_to_service(self, name, header, rows, labels, least):
        path = self.write(name, [*header, "species"], [[*row[:-1], labels[int(row[-1])]] for row in rows])
        self.ok("data", "add", name, path, "--label", "species")
        result = self.train(name, len(labels))
        self.assertGreaterEqual(result["figures"]["accuracy"], least)
        self.ok("service", "deploy", name, name)
        columns = {h: [float(row[i]) for row in rows] for i, h in enumerate(header)}
        answers = self.ask(name, columns)
        right = sum(max(range(len(labels)), key=a.__getitem__) == sorted(labels).index(labels[int(row[-1])])
                    for a, row in zip(answers, rows))
        # All rows, through the service, from the numbers as they stand in the file.
        self.assertGreater(right, least * len(rows))
        for answer in answers:
            self.assertAlmostEqual(sum(answer), 1, places=5)
        return columns, answers

    def test_a_label_is_named_not_guessed(self):
        path = self.write("nolab", ["size", "sex"], [[i, "fm"[i % 2]] for i in range(40)])
        self.ok("data", "add", "nolab", path)
        recipe = self.recipe_file(RECIPE.format(name="nolab", classes=2, features="", epochs=1))
        self.assertIn("data set nolab has no label (sinter data add nolab FILE --label COLUMN)",
                      self.fails("train", recipe))
        self.ok("data", "add", "nolab", path, "--label", "sex")
        code, _, error = self.run_program("train", recipe)
        self.assertEqual(code, 0, error)
        self.assertIn("predicts sex from 1 column\n", error)

    def test_iris(self):
        rows, labels = table("iris.csv")
        columns, answers = self.from_csv_to_service("iris", IRIS, rows, labels, 0.85)
        # The same by one process without a server, from the model's folder.
        self.ok("model", "pull", "iris", self.folder / "model")
        request = self.folder / "request.json"
        request.write_text(json.dumps({"inputs": [{"name": n, "shape": [150], "datatype": "FP64", "data": v}
                                                  for n, v in columns.items()]}))
        alone = json.loads(self.ok("predict", self.folder / "model", "--request", request))["outputs"][0]["data"]
        for a, b in zip((p for row in answers for p in row), alone):
            self.assertAlmostEqual(a, b, places=4)

    def gates(self, text):
        path = self.folder / "gates.yaml"
        path.write_text(text)
        return path

    def test_golden_set_of_a_table(self):
        """Models of four inputs, judged on the rows that they were trained on."""
        rows, labels = table("iris.csv")
        path = self.write("iris", [*IRIS, "species"], [[*row[:-1], labels[int(row[-1])]] for row in rows])
        self.ok("data", "add", "iris", path, "--label", "species")
        good = self.train("iris", 3)["model"]
        bad = self.train("iris", 3, epochs=1)["model"]
        gates = self.gates("golden: {dataset: iris, split: train, margin: 0.1}\ndrift: {minimum: 100}\n")
        self.ok("service", "deploy", "iris", good, "--gates", gates)
        error = self.fails("service", "rollout", "iris", bad, "--wait", code=3)
        self.assertIn("worse on the golden set by more than 0.1: accuracy", error)
        rollout = self.get("/sinter/v1/services/iris/rollout")
        figures = rollout["history"][-1]["figures"]
        self.assertGreater(figures["samples"], 100)
        self.assertGreater(figures["live_accuracy"], 0.9)
        self.ok("service", "rollout", "iris", good, "--wait")
        self.assertEqual(self.get("/sinter/v1/services/iris/rollout")["state"], "done")
        # The same set says what the service's traffic looks like.
        for _ in range(2):
            for row in rows:
                self.ask("iris", {h: [float(row[i])] for i, h in enumerate(IRIS)})
        report = self.ok_json("service", "drift", "iris")
        self.assertEqual((report["live_sample"], report["drifted"]), (300, False), report)
        self.assertEqual({m["name"] for m in report["measures"]}, {*(f"input {h}" for h in IRIS), "confidence", "class"})
        # One column of four is off: by several rows a request, of which each counts.
        width = IRIS[1]
        for begin in range(0, 150, 5):
            for _ in range(10):
                self.ask("iris", {h: [float(row[i]) + (1.5 if h == width else 0) for row in rows[begin:begin + 5]]
                                  for i, h in enumerate(IRIS)})
        report = self.ok_json("service", "drift", "iris")
        self.assertEqual((report["verdict"], report["live_sample"]), ("drift", 1800), report)
        drifted = [m for m in report["measures"] if m["drifted"]]
        self.assertEqual(report["measures"][:len(drifted)], drifted, "what drifted stands first")
        by_name = {m["name"]: m for m in report["measures"]}
        self.assertTrue(by_name[f"input {width}"]["drifted"])
        self.assertAlmostEqual(by_name[f"input {width}"]["live_mean"] - by_name[f"input {width}"]["reference_mean"],
                               1.25, delta=0.1)
        for name in IRIS[:1] + IRIS[2:]:
            self.assertFalse(by_name[f"input {name}"]["drifted"], by_name)
        self.assertIn(f"input {width}", self.ok("service", "drift", "iris"))

    def test_golden_set_of_numbers(self):
        """Regressors: price = 3 size, off by one in turns."""
        import numpy as np
        import onnx
        from onnx import TensorProto, helper, numpy_helper
        rows = [[size / 10 + 0.05, 3 * (size / 10 + 0.05) + (1 if size % 2 == 0 else -1)] for size in range(400)]
        self.ok("data", "add", "lines", self.write("lines", ["size", "price"], rows))

        def line(name, off):
            graph = helper.make_graph(
                [helper.make_node("Mul", ["size", "factor"], ["a"]), helper.make_node("Add", ["a", "off"], ["price"])],
                "line", [helper.make_tensor_value_info("size", TensorProto.DOUBLE, ["n"])],
                [helper.make_tensor_value_info("price", TensorProto.DOUBLE, ["n"])],
                [numpy_helper.from_array(np.array(v, np.float64), n) for n, v in (("factor", 3), ("off", off))])
            folder = self.folder / name
            folder.mkdir()
            onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
                      folder / "model.onnx")
            (folder / "signature.json").write_text(json.dumps(
                {"format": "sinter.signature.v1", "task": "regression",
                 "inputs": [{"name": "size", "dtype": "f64", "shape": []}],
                 "outputs": [{"name": "price", "dtype": "f64", "shape": []}]}))
            self.ok("model", "push", name, folder)
        line("even", 0)
        line("almost", 0.001)
        line("off", 0.5)
        gates = self.gates("golden: {dataset: lines, split: train, margin: 0.02, error: squared}\n")
        out = self.ok("service", "deploy", "line", "even", "--gates", gates)
        self.assertIn("lines (train), 2000 examples", out)
        error = self.fails("service", "rollout", "line", "off", "--wait", code=3)
        self.assertIn("worse on the golden set by more than 2%: mean squared error 1.", error)
        figures = self.get("/sinter/v1/services/line/rollout")["history"][-1]["figures"]
        self.assertAlmostEqual(figures["live_error"], 1, places=6)
        self.assertAlmostEqual(figures["difference"], 0.25, delta=0.1)
        self.assertGreater(figures["difference_high"], figures["limit"])
        # The answers are watched as the input is.
        sizes = [[row[0] for row in rows[begin::80]] for begin in range(80)]
        for some in sizes:
            self.ask_line(some)
        report = self.ok_json("service", "drift", "line")
        self.assertEqual(([m["name"] for m in report["measures"]], report["live_sample"], report["verdict"]),
                         (["input size", "output price"], 400, "no drift"))
        for some in sizes:
            for _ in range(3):
                self.ask_line([size / 4 for size in some])
        report = self.ok_json("service", "drift", "line")
        self.assertEqual([m["drifted"] for m in report["measures"]], [True, True], report)
        price = report["measures"][1]
        self.assertLess(price["live_mean"], 0.6 * price["reference_mean"])
        self.assertLess(price["ks_p_value"], 1e-6)
        # Unusual rows are kept; there are no classes to label them with, and nothing is lost by asking.
        self.ok("service", "gates", "line", "--keep-cases")
        self.ok("service", "drift", "line")
        self.ask_line([5000.0])
        self.assertIn("size 5000", self.ok("service", "cases", "line"))
        self.assertIn("no classes that could be chosen from", self.fails("service", "cases", "line", "--label", "hard"))
        self.assertEqual(self.ok_json("service", "cases", "line")["kept"], 1)
        self.ok("service", "cases", "line", "--export", "odd")
        self.ok("data", "append", "lines", "odd")
        self.assertEqual(self.get("/sinter/v1/datasets/lines@2")["details"]["appended"]["rows"], 1)
        self.ok("service", "rollout", "line", "almost", "--wait")
        self.assertIn("not worse on the golden set by more than 2%: mean squared error 1",
                      json.dumps(self.get("/sinter/v1/services/line/rollout")["history"]))

    def ask_line(self, sizes):
        body = {"inputs": [{"name": "size", "shape": [len(sizes)], "datatype": "FP64", "data": sizes}]}
        self.assertEqual(self.request("POST", "/v2/models/line/infer", self.token, body)[0], 200)

    def test_wine(self):
        self.from_csv_to_service("wine", WINE, *table("wine_data.csv"), 0.9)

    def test_breast_cancer(self):
        rows, labels = table("breast_cancer.csv")
        self.from_csv_to_service("cancer", [f"feature {i}" for i in range(30)], rows, labels, 0.9)

    def test_classes_missing_values_and_chosen_columns(self):
        rows, labels = table("iris.csv")
        # The petals' length alone tells the species; as a class with holes it does so less well.
        table_rows = []
        for i, row in enumerate(rows):
            size = "small" if float(row[2]) < 2.5 else "middle" if float(row[2]) < 4.9 else "large"
            table_rows.append([i, row[0] if i % 7 else "", size if i % 11 else "", labels[int(row[-1])]])
        path = self.write("sizes", ["id", "sepal", "petal", "species"], table_rows)
        self.ok("data", "add", "sizes", path, "--label", "species")
        result = self.train("sizes", 3, ", features: [sepal, petal]")
        self.assertGreaterEqual(result["figures"]["accuracy"], 0.75)
        self.ok("model", "pull", "sizes", self.folder / "model")
        signature = json.loads((self.folder / "model" / "signature.json").read_text())
        sepal, petal = signature["inputs"]
        self.assertEqual(petal["preprocess"]["categories"], ["large", "middle", "small"])
        self.assertAlmostEqual(sepal["preprocess"]["fill"], sepal["preprocess"]["mean"][0])
        self.ok("service", "deploy", "sizes", "sizes")
        small, missing = self.ask("sizes", {"sepal": [5.0, 5.0], "petal": ["small", ""]})
        self.assertGreater(small[0], 0.8)
        self.assertLess(missing[0], small[0])
        self.assertTrue(all(math.isfinite(p) for p in missing))
        self.assertIn("'tiny' is none of 3 classes", self.ask("sizes", {"sepal": [5.0], "petal": ["tiny"]}, code=400))
        self.assertIn("'sepal'", self.ask("sizes", {"petal": ["small"]}, code=400))
        # By their indexes too, of which there are three, and -1 where it is missing.
        body = {"inputs": [{"name": "sepal", "shape": [2], "datatype": "FP64", "data": [5.0, 5.0]},
                           {"name": "petal", "shape": [2], "datatype": "INT64", "data": [2, -1]}]}
        status, answer = self.request("POST", "/v2/models/sizes/infer", self.token, body)
        self.assertEqual(status, 200, answer)
        for a, b in zip(json.loads(answer)["outputs"][0]["data"], small + missing):
            self.assertAlmostEqual(a, b, places=5)
        body["inputs"][1]["data"] = [2, 3]
        status, answer = self.request("POST", "/v2/models/sizes/infer", self.token, body)
        self.assertEqual(status, 400)
        self.assertIn("input 'petal': 3 is none of 3 classes", json.loads(answer)["error"])
        self.assertRegex(self.ok("data", "profile", "sizes"), r"petal: (small|middle|large) \d+, ")
        # The same columns tell which labels are suspect.
        report = self.ok_json("data", "profile", "sizes", "--model", "sizes")["suspects"]
        self.assertEqual(sum(s["rows"] for s in report["splits"]), 150)
        self.assertIn("no column 'weight'", self.fails("train", self.recipe_file(
            RECIPE.format(name="sizes", classes=3, features=", features: [weight]", epochs=1))))


if __name__ == "__main__":
    main()
