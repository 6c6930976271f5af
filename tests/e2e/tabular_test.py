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
        # The same columns tell which labels are suspect.
        report = self.ok_json("data", "profile", "sizes", "--model", "sizes")["suspects"]
        self.assertEqual(sum(s["rows"] for s in report["splits"]), 150)
        self.assertIn("no column 'weight'", self.fails("train", self.recipe_file(
            RECIPE.format(name="sizes", classes=3, features=", features: [weight]", epochs=1))))


if __name__ == "__main__":
    main()
