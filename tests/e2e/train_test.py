"""sinter train on one rank: the run's record, recipes that are wrong, numbers that leave the finite."""
import json

from program import Program, main, recipe, small_data


class Train(Program):
    def setUp(self):
        super().setUp()
        self.serve()
        self.version = self.ok_json("data", "add", "small", small_data(self.folder / "data"))

    def test_from_recipe_to_an_answering_service(self):
        result = self.ok_json("train", self.recipe_file(recipe(epochs=10)))
        self.assertEqual(result["model"], "digits@1")
        self.assertEqual(result["steps"], 400)
        self.assertGreater(result["figures"]["accuracy"], 0.6)  # 2,000 pictures teach so much; chance is 0.1
        run = self.get(f"/sinter/v1/runs/{result['run']}")
        self.assertEqual(run["state"], "succeeded")
        self.assertEqual(run["dataset_version"], self.version["id"], "the run records exactly what it was trained on")
        steps = self.get(f"/sinter/v1/runs/{result['run']}/metrics?name=train.loss&points=100000")["steps"]
        self.assertEqual(len(steps), 400, "every step's metrics are kept")
        self.ok("model", "pull", "digits@1", self.folder / "model")
        signature = json.loads((self.folder / "model" / "signature.json").read_text())
        self.assertEqual(signature["inputs"][0]["shape"][-2:], [28, 28])
        self.assertEqual(self.ok_json("service", "deploy", "digits", "digits@1")["name"], "digits")
        self.assertEqual(self.request("GET", "/v2/models/digits/ready")[0], 200)
        row = self.ok("service", "rollout", "digits", "digits@1").splitlines()[-1].split()
        self.assertEqual(row, ["digits", "ready", "2", "digits@1"])
        self.assertEqual(self.ok("service", "rollback", "digits").splitlines()[-1].split()[2], "1")
        for words in (["runs", "list"], ["model", "list"], ["service", "list"], ["runs", "show", result["run"]],
                      ["explain", self.folder / "model"], ["inspect", self.folder / "model"]):
            self.assertNotEqual(self.ok(*words), "")

    def test_the_same_seed_gives_the_same_bits(self):
        first = self.ok_json("train", self.recipe_file(recipe("one")))
        second = self.ok_json("train", self.recipe_file(recipe("two")))
        files = []
        for ref in (first["model"], second["model"]):
            folder = self.folder / ref
            self.ok("model", "pull", ref, folder)
            files.append((folder / "model.onnx").read_bytes())
        self.assertEqual(files[0], files[1])

    def test_a_wrong_recipe_says_where(self):
        good = recipe()
        faults = {
            "an unknown field": (good + "learning: 3\n", "learning"),
            "a wrong type": (good.replace("epochs: 2", "epochs: two"), "line 10, column 9"),
            "an unknown layer": (good.replace("flatten", "flattern"), "line 5, column 7"),
            "no number": (good.replace("learning_rate: 0.001", "learning_rate: -1"), "learning_rate"),
            "broken YAML": (good.replace("]", "").replace("{units: 10}", "{units: 10"), "recipe.yaml"),
            "no such data": (good.replace("dataset: small", "dataset: large"), "large"),
        }
        for what, (text, named) in faults.items():
            with self.subTest(what):
                self.assertIn(named, self.fails("train", self.recipe_file(text)))
        self.assertEqual(self.get("/sinter/v1/runs")["items"], [])

    def test_more_ranks_than_a_batch_reaches_are_refused_before_they_start(self):
        error = self.fails("train", self.recipe_file(recipe()), "--ranks", 51)
        self.assertIn("a batch of 50 does not reach 51 ranks", error)
        self.assertEqual(self.get("/sinter/v1/runs")["items"], [])

    def test_a_model_is_pushed_without_what_lies_outside_its_folder(self):
        self.ok("train", self.recipe_file(recipe(epochs=1)))
        model = self.folder / "model"
        self.ok("model", "pull", "digits@1", model)
        (model / "again.json").symlink_to("signature.json")
        self.assertEqual(self.ok("model", "push", "mine", model), "mine@1\n")
        secret = self.folder / "secret"
        secret.write_text("secret")
        (model / "notes.txt").symlink_to(secret)
        error = self.fails("model", "push", "mine", model)
        self.assertIn(str(secret), error)
        self.assertIn("notes.txt", error)

    def test_a_loss_that_is_not_finite_stops_and_is_named(self):
        error = self.fails("train", self.recipe_file(recipe(kind="sgd", rate=1000).replace("0.00392156862745098", "1.0e12")))
        self.assertRegex(error, r"step \d+: .*(loss|gradient)")
        run = self.get("/sinter/v1/runs")["items"][0]
        self.assertEqual(run["state"], "failed")
        self.assertRegex(run["message"], r"step \d+")


if __name__ == "__main__":
    main()
