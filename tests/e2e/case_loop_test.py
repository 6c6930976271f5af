"""What a service finds hard comes back to it: kept cases become a labelling by themselves, the committed labels a model, and
with the spec's word a rollout; through kills of the server, and each once."""
import json
import signal
import time

from program import Program, main, recipe, small_data
from tabular_test import RECIPE, table


class CaseLoop(Program):
    def api(self, method, path, body=None, status=200):
        got, answer = self.request(method, "/sinter/v1" + path, self.token, body)
        self.assertEqual(got, status, answer)
        return json.loads(answer)

    def prepare(self):
        self.server = self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        self.good = self.ok_json("train", self.recipe_file(recipe("good", epochs=2)))["model"]
        self.ok("service", "deploy", "digits", self.good, "--blue-green", "--bake", 0)
        self.retrain = self.folder / "retrain.yaml"
        self.retrain.write_text(recipe("again", epochs=1).replace("{dataset: small}", "{dataset: digits-cases, train: cases, test: cases}")
                                .replace("batch_size: 50", "batch_size: 5"))

        self.api("POST", "/services/digits/gates", {"cases": {"consent": True, "below": 0.9999}})

    def loop(self, status=200, **spec):
        return self.api("PUT", "/services/digits/cases/loop", spec, status)

    def ask(self, begin, count):
        """So many requests, inverted pictures; how many were kept of them."""
        name = self.ok_json("service", "show", "digits")["inputs"][0]["name"]
        sample = self.get(f"/sinter/v1/services/digits/samples?count={begin + count}&dataset=small")
        for item in sample["items"][begin:]:
            body = {"inputs": [{"name": name, "datatype": sample["datatype"], "shape": [1, *sample["shape"]],
                                "data": [255 - v for v in item["data"]]}]}
            self.assertEqual(self.request("POST", "/v2/models/digits/infer", None, body)[0], 200)

    def cases(self):
        return self.ok_json("service", "cases", "digits", "--limit", 1000)

    def again(self, how=signal.SIGKILL):
        self.server.send_signal(how)
        self.server.wait(30)
        # Where it was: a job that trains looks for it there.
        self.server = self.serve(port=int(self.origin.rsplit(":", 1)[1]))

    def wait(self, what, ready, patience=120):
        deadline = time.monotonic() + patience
        while not (found := ready()):
            self.assertLess(time.monotonic(), deadline, f"{what}: {self.now()} {[(j['id'], j['state'], j['reason']) for j in self.get('/sinter/v1/jobs')['items']]}")
            time.sleep(0.1)
        return found

    def now(self):
        loop = self.cases()["loop"]
        return loop and loop["round"]

    def round(self, phase):
        return self.wait(phase, lambda: (r := self.now()) and r["phase"] == phase and r)

    def label_all(self, name):
        items = self.api("POST", f"/labellings/{name}/next", {"count": 100})["items"]
        for item in items:
            self.api("PUT", f"/labellings/{name}/items/{item['item']}/answer", {"value": {"class": "3"}})
        return len(items)

    def test_from_hard_cases_to_a_model_through_kills(self):
        self.prepare()
        self.ask(0, 40)
        self.again(signal.SIGTERM)  # what is kept is written
        kept = len(self.cases()["items"])
        self.assertGreater(kept, 10)
        self.assertIsNone(self.cases()["loop"])
        # Fewer than are wanted: nothing happens.
        self.loop(labelling={"after": kept + 1})
        time.sleep(4)
        self.assertIsNone(self.now())
        self.assertIn(f"after {kept} cases", self.ok("service", "loop", "digits", "--after", kept, "--retrain", self.retrain))
        for delay in (0.02, 0.2, 0.5, 1, 0):
            time.sleep(delay)
            self.again()
        first = self.round("labelling")
        self.assertEqual((first["dataset"], first["rows"]), ("digits-cases@1", kept))
        self.wait("forgotten", lambda: self.cases()["kept"] == 0)
        labellings = self.get("/sinter/v1/labellings")["items"]
        self.assertEqual([l["name"] for l in labellings], [first["labelling"]])
        self.assertEqual(labellings[0]["items"], kept)
        shown = self.get(f"/sinter/v1/labellings/{first['labelling']}")
        self.assertEqual((shown["spec"]["dataset"], shown["spec"]["choice"]), ("digits-cases@1", "active"))
        # What nobody has labelled has no label: "said" is what the model said.
        columns = self.get("/sinter/v1/datasets/digits-cases@1/profile")["dataset"]["columns"]
        self.assertEqual([(c["name"], c["kind"]) for c in columns[1:]], [("label", "class"), ("said", "class")])
        labels = self.get(f"/sinter/v1/labellings/{first['labelling']}")["status"]
        self.assertEqual(labels["prelabel_known"], {"right": 0, "of": 0})
        # A round at a time: more cases wait for the next.
        self.ask(40, 30)
        self.assertEqual(self.label_all(first["labelling"]), kept)
        time.sleep(4)
        self.assertEqual(self.now()["phase"], "labelling")
        self.api("POST", f"/labellings/{first['labelling']}/commit", {"only_labelled": True})
        for delay in (0, 0.3, 1):
            time.sleep(delay)
            self.again()
        over = self.wait("model", lambda: (r := self.now())["digest"] == first["digest"] and r["phase"] == "over" and r)
        self.assertEqual((over["version"], over["model"]), ("digits-cases@2", "again@1"))
        self.assertIn("again@1 waits", over["message"])
        run = self.get(f"/sinter/v1/runs/{over['run']}")
        self.assertEqual((run["state"], run["dataset"]), ("succeeded", "digits-cases@2"))
        jobs = [j for j in self.get("/sinter/v1/jobs")["items"] if j["spec"].get("run") == over["run"]]
        self.assertEqual([j["id"] for j in jobs], [over["job"]])
        # Without the spec's word nothing is rolled out.
        self.assertEqual(self.ok_json("service", "show", "digits")["current"]["model"], self.good)
        self.assertIn("again@1 waits", self.ok("service", "loop", "digits"))

    def test_a_rollout_with_the_specs_word(self):
        self.prepare()
        spec = self.folder / "loop.yaml"
        spec.write_text("labelling: {after: 8, instructions: Look twice.}\nrollout: true\nretrain: |\n" +
                        "".join(f"  {line}\n" for line in self.retrain.read_text().splitlines()))
        self.assertIn("a rollout through the gates", self.ok("service", "loop", "digits", "--spec", spec))
        self.ask(0, 30)
        first = self.round("labelling")
        self.assertGreaterEqual(first["rows"], 8)
        self.assertEqual(self.get(f"/sinter/v1/labellings/{first['labelling']}")["spec"]["instructions"], "Look twice.")
        self.label_all(first["labelling"])
        self.api("POST", f"/labellings/{first['labelling']}/commit", {"only_labelled": True})
        self.wait("rollout", lambda: self.ok_json("service", "show", "digits")["current"]["model"] == "again@1")
        over = self.wait("over", lambda: (r := self.now())["digest"] == first["digest"] and r["phase"] == "over" and r)
        self.assertIn("again@1", over["message"])
        # Consent that is withdrawn ends a round; the service that goes takes its loop along.
        self.ok("service", "loop", "digits", "--after", 8)
        self.ask(30, 30)
        second = self.round("labelling")
        self.assertEqual(second["dataset"], "digits-cases@3")
        self.ok("service", "gates", "digits", "--no-keep-cases")
        self.wait("over", lambda: self.get("/sinter/v1/services/digits/cases/loop")["round"]["phase"] == "over")
        self.assertIn("consent", self.now()["message"])
        self.assertEqual(self.cases()["kept"], 0)
        self.loop(409)
        self.ok("service", "delete", "digits")
        self.ok("service", "deploy", "digits", self.good)
        self.wait("the loop's end", lambda: self.cases()["loop"] is None)
        self.assertIn("has no loop", self.fails("service", "loop", "digits", "--off"))

    def test_rows_of_a_table(self):
        """Every column of a row is kept, shown to who labels it, and learned from: numbers, a class, holes in both."""
        self.server = self.serve()
        rows, labels = table("iris.csv")
        cells = []
        for i, row in enumerate(rows):
            size = "small" if float(row[2]) < 2.5 else "middle" if float(row[2]) < 4.9 else "large"
            cells.append([row[0] if i % 7 else "", row[3], size if i % 11 else "", labels[int(row[-1])]])
        path = self.folder / "flowers.csv"
        path.write_text("sepal,width,size,species\n" + "".join(",".join(row) + "\n" for row in cells))
        self.ok("data", "add", "flowers", path, "--label", "species")
        train = RECIPE.format(name="flowers", classes=3, features="", epochs=15)
        model = self.ok_json("train", self.recipe_file(train))["model"]
        retrain = self.folder / "retrain.yaml"
        retrain.write_text(train.replace("name: flowers", "name: again"))
        gates = self.folder / "gates.yaml"
        gates.write_text("golden: {dataset: flowers, split: train, margin: 0.9}\ncases: {consent: true, below: 0.999}\n"
                         "rollout: {strategy: blue-green, bake_s: 0}\nshadow: {percent: 0}\n")
        self.ok("service", "deploy", "digits", model, "--gates", gates)
        names = [i["name"] for i in self.ok_json("service", "show", "digits")["inputs"]]
        self.assertEqual(names, ["sepal", "width", "size"])

        def ask(some):
            inputs = [{"name": "sepal", "datatype": "FP64", "data": [float(r[0]) if r[0] else None for r in some]},
                      {"name": "width", "datatype": "FP64", "data": [float(r[1]) for r in some]},
                      {"name": "size", "datatype": "BYTES", "data": [r[2] for r in some]}]
            for part in inputs:
                part["shape"] = [len(some)]
            status, answer = self.request("POST", "/v2/models/digits/infer", None, {"inputs": inputs})
            self.assertEqual(status, 200, answer)
        for begin in range(0, 150, 5):
            ask(cells[begin:begin + 5])
        # Sure, and unlike any flower: kept without anybody having asked for drift, once the server has looked at the set.
        self.wait("unusual", lambda: ask([["5.1", "900", "small", ""]]) or
                  any(c["why"] == "unusual" for c in self.cases()["items"]))
        self.again(signal.SIGTERM)
        kept = self.cases()["items"]
        self.assertGreater(len(kept), 30)
        for case in kept:
            self.assertEqual([i["name"] for i in case["inputs"]], names)
            self.assertIn(case["inputs"][2]["data"][0], ("small", "middle", "large", None))
        odd = next(c for c in kept if c["why"] == "unusual")
        self.assertEqual([i["data"][0] for i in odd["inputs"]], [5.1, 900, "small"])
        # Said at once, and not to who has labelled for an hour: the cases alone have no split "train".
        self.assertIn("its data are the split 'train', and what it trains on has cases",
                      self.fails("service", "loop", "digits", "--after", len(kept), "--retrain", retrain))
        self.assertIn("into flowers (train)", self.ok("service", "loop", "digits", "--after", len(kept), "--retrain", retrain,
                                                      "--into", "flowers", "--auto-rollout"))
        first = self.round("labelling")
        self.assertEqual(first["rows"], len(kept))
        columns = self.get("/sinter/v1/datasets/digits-cases@1/profile")["dataset"]["columns"]
        self.assertEqual([(c["name"], c["kind"]) for c in columns],
                         [("sepal", "number"), ("width", "number"), ("size", "class"), ("label", "class"), ("said", "class")])
        species = {(r[0], r[1], r[2]): r[3] for r in cells} | {("5.1", "900.0", "small"): labels[0]}
        self.wait("prelabels", lambda: self.get(f"/sinter/v1/labellings/{first['labelling']}")["status"]["prelabels"]["made"]
                  == len(kept))
        labelled = 0
        while items := self.api("POST", f"/labellings/{first['labelling']}/next", {"count": 100})["items"]:
            for item in items:
                shown = {cell["name"]: cell["value"] for cell in item["content"]["cells"]}
                self.assertEqual(list(shown), names, "the whole row in its order, and not what the model said")
                key = (str(shown["sepal"] or ""), str(float(shown["width"])), shown["size"] or "")
                self.api("PUT", f"/labellings/{first['labelling']}/items/{item['item']}/answer",
                         {"value": {"class": species[key]}})
            labelled += len(items)
        self.assertEqual(labelled, len(kept))
        self.api("POST", f"/labellings/{first['labelling']}/commit", {"only_labelled": True})
        for delay in (0, 0.1, 0.5):
            time.sleep(delay)
            self.again()
        self.wait("rollout", lambda: self.ok_json("service", "show", "digits")["current"]["model"] == "again@1")
        self.assertEqual([i["name"] for i in self.ok_json("service", "show", "digits")["inputs"]], names)
        run = self.get(f"/sinter/v1/runs/{self.now()['run']}")
        self.assertEqual((run["state"], run["dataset"]), ("succeeded", "flowers@2"))
        ask(cells[:5])
        # Behind the rows that there were, once; what is tested with is not learned.
        self.fails("data", "show", "flowers@3")
        diff = self.ok_json("data", "diff", "flowers@1", "flowers@2")
        details = self.get("/sinter/v1/datasets/flowers@2")["details"]["appended"]
        self.assertEqual((details["ref"], details["to"]), ("digits-cases@2", "train"))
        self.assertEqual(details["rows"] + details["left_out"], len(kept))
        self.assertGreater(details["left_out"], 0)
        self.assertEqual({s["name"]: s["after"] - s["before"] for s in diff["splits"]}, {"train": details["rows"], "test": 0})
        edges = self.get("/sinter/v1/lineage?kind=dataset&ref=flowers@2")["edges"]
        self.assertIn(({"kind": "dataset", "ref": "digits-cases@2"}, "appended"), [(e["from"], e["how"]) for e in edges])
        self.assertIn("the rollout of again@1 is done", self.ok("service", "loop", "digits"))


if __name__ == "__main__":
    main()
