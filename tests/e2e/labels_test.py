"""Labelling with the whole program: two labellers over HTTP and the command line, gold questions, undo, review, a kill,
the labels as a version with its lineage; and a service's hard cases labelled, committed and trained on."""
import json
import signal
import time
import zlib

from program import Program, main, recipe, small_data

try:
    from sklearn.metrics import cohen_kappa_score
except ImportError:  # scikit-learn itself needs what is not there
    def cohen_kappa_score(a, b):
        n = len(a)
        observed = sum(x == y for x, y in zip(a, b)) / n
        expected = sum(a.count(c) / n * (b.count(c) / n) for c in set(a) | set(b))
        return (observed - expected) / (1 - expected)


class Labels(Program):
    def api(self, method, path, body=None, token=None, status=200):
        got, answer = self.request(method, "/sinter/v1" + path, token or self.token, body)
        self.assertEqual(got, status, answer)
        return json.loads(answer)

    def status(self, name):
        return self.get(f"/sinter/v1/labellings/{name}")["status"]

    def known_labels(self):
        raw = (self.folder / "idx" / "train-labels-idx1-ubyte").read_bytes()
        return [str(label) for label in raw[8:]]

    def test_two_labellers(self):
        server = self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        bo = self.ok_json("token", "create", "bo", "--scope", "write")["token"]
        made = self.ok_json("data", "label", "create", "slice", "small", "--rows", 40, "--seed", 5, "--labellers", 2,
                            "--gold-every", 10, "--review", "disagreements")
        self.assertEqual(made["spec"]["dataset"], "small@1")
        self.assertEqual(made["status"]["items"], 40)
        self.assertIn("classification of small@1", self.ok("data", "label", "show", "slice"))
        known = self.known_labels()
        self.assertEqual(self.request("GET", "/sinter/v1/labellings/slice")[0], 401)
        # bo cannot speak for others; with the owner's token one machine serves several people.
        self.api("POST", "/labellings/slice/next", {"labeller": "ana"}, bo, 403)

        # Every fourth answer of bo's is wrong.
        said = {"ana": {}, "bo": {}}
        gold = {"ana": [], "bo": []}
        count = 0
        while True:
            items = self.api("POST", "/labellings/slice/next", {"count": 7}, bo)["items"]
            if not items:
                break
            for item in items:
                self.assertEqual(item["content"]["kind"], "picture")
                count += 1
                label = known[item["row"]] if count % 4 else str((int(known[item["row"]]) + 1) % 10)
                answered = self.api("PUT", f"/labellings/slice/items/{item['item']}/answer",
                                    {"value": {"class": label}, "seconds": 3}, bo)
                said["bo"][item["item"]] = label
                if answered["gold"]:
                    self.assertEqual(answered["gold"], {"right": label == known[item["row"]],
                                                        "value": {"class": known[item["row"]]}})
                    gold["bo"].append(answered["gold"]["right"])
        self.assertEqual(self.request("GET", item["content"]["url"])[0], 401)
        png = self.request("GET", item["content"]["url"], self.token)[1]
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        at = png.index(b"IDAT")
        pixels = zlib.decompress(png[at + 4:at + 4 + int.from_bytes(png[at - 4:at], "big")])
        raw = (self.folder / "idx" / "train-images-idx3-ubyte").read_bytes()
        begin = 16 + 784 * item["row"]
        self.assertEqual(b"".join(pixels[29 * y + 1:29 * y + 29] for y in range(28)), raw[begin:begin + 784])
        while True:
            items = self.ok_json("data", "label", "next", "slice", "--count", 40, "--labeller", "ana")["items"]
            if not items:
                break
            for item in items:
                label = known[item["row"]]
                if len(said["ana"]) % 10 == 0:  # through the command line too, which takes longer
                    answered = self.ok_json("data", "label", "answer", "slice", item["item"], "--class", label,
                                            "--seconds", 1, "--labeller", "ana")
                else:
                    answered = self.api("PUT", f"/labellings/slice/items/{item['item']}/answer",
                                        {"value": {"class": label}, "seconds": 1, "labeller": "ana"})
                said["ana"][item["item"]] = label
                gold["ana"] += [answered["gold"]["right"]] if answered["gold"] else []
        self.assertEqual(len(said["ana"]), 40)

        status = self.status("slice")
        self.assertEqual((status["done"], status["answers"]), (40, 80))
        order = sorted(said["ana"])
        a, b = [said["ana"][i] for i in order], [said["bo"][i] for i in order]
        cohen = status["agreement"]["cohen"][0]
        self.assertEqual((cohen["a"], cohen["b"], cohen["items"]), ("ana", "bo", 40))
        self.assertAlmostEqual(cohen["kappa"], cohen_kappa_score(a, b), places=12)
        self.assertAlmostEqual(status["agreement"]["observed"], 0.75)
        self.assertEqual([len(gold["ana"]), len(gold["bo"])], [4, 4])
        by_name = {l["name"]: l for l in status["labellers"]}
        self.assertEqual(by_name["bo"]["gold"], {"asked": 4, "right": sum(gold["bo"])})
        self.assertEqual(by_name["ana"]["gold"], {"asked": 4, "right": 4})
        self.assertEqual((by_name["ana"]["median_seconds"], by_name["bo"]["per_hour"]), (1, 1200))

        # Undo: the item is open again, and ana's alone.
        undone = self.ok_json("data", "label", "undo", "slice", "--labeller", "ana")["item"]
        self.assertEqual(self.status("slice")["done"], 39)
        self.assertEqual(self.api("POST", "/labellings/slice/next", {"labeller": "cy"})["items"], [])
        self.api("PUT", f"/labellings/slice/items/{undone['item']}/answer",
                 {"value": {"class": known[undone["row"]]}, "labeller": "ana"})
        self.api("PUT", "/labellings/slice/items/0/answer", {"value": {"class": "cow"}, "labeller": "ana"}, status=400)
        self.api("PUT", "/labellings/slice/items/40/answer", {"skip": True, "labeller": "ana"}, status=404)
        self.api("PUT", "/labellings/slice/items/0/answer", {"skip": True, "labeller": "cy"}, status=409)

        # A kill: all of it is there.
        before = self.status("slice")
        server.send_signal(signal.SIGKILL)
        server.wait()
        self.serve()
        self.assertEqual(self.status("slice"), before)

        review = self.api("GET", "/labellings/slice/review?limit=200")["items"]
        self.assertEqual(len(review), 10)
        first = review[0]
        self.ok("data", "label", "decide", "slice", first["item"], "--class", known[first["row"]], "--reason", "clear")
        for item in review[1:-1]:
            self.api("PUT", f"/labellings/slice/items/{item['item']}/decision", {"value": {"class": known[item["row"]]}})
        self.api("PUT", f"/labellings/slice/items/{review[-1]['item']}/decision", {"skip": True, "reason": "blurred"})
        status = self.status("slice")
        self.assertEqual((status["decided"], status["in_review"]), (10, 0))
        self.assertEqual(status["known"], {"right": 39, "of": 39})

        made = self.ok_json("data", "label", "commit", "slice", "--as", "slice", "--only-labelled")
        self.assertEqual(made["name"], "slice@1")
        lineage = self.get("/sinter/v1/lineage?kind=dataset&ref=slice@1")
        self.assertEqual(lineage["edges"], [{"from": {"kind": "dataset", "ref": "small@1"},
                                             "to": {"kind": "dataset", "ref": "slice@1"}, "how": "labelled"}])
        self.ok("data", "pull", "slice@1", self.folder / "slice")
        lines = [json.loads(l) for l in (self.folder / "slice" / "labels.jsonl").read_text().splitlines()]
        self.assertEqual([l["item"] for l in lines], order)
        self.assertTrue(all(len(l["answers"]) == 2 for l in lines))
        # A gold row stays as it was, whatever was said of it; a row that cannot be told is left out.
        labelled = sum(1 for l in lines if l["label"] and not l["gold"])
        self.assertEqual(made["labels"], labelled)
        self.assertEqual((self.folder / "slice" / "train" / "label.bin").stat().st_size,
                         labelled + sum(l["gold"] for l in lines))
        self.ok("data", "label", "close", "slice")
        self.api("POST", "/labellings/slice/next", {}, status=409)
        listed = self.ok_json("data", "label", "list")["items"]
        self.assertEqual([(l["name"], l["state"], l["done"]) for l in listed], [("slice", "closed", 40)])

    def test_cases_to_training(self):
        server = self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        good = self.ok_json("train", self.recipe_file(recipe("good", epochs=2)))["model"]
        self.ok("service", "deploy", "digits", good, "--golden", "small", "--samples", "200", "--keep-cases")
        self.assertIn("kept no cases", self.fails("service", "cases", "digits", "--label", "hard"))
        self.ok("service", "drift", "digits")  # what is usual is known from then on
        name = self.ok_json("service", "show", "digits")["inputs"][0]["name"]
        sample = self.get("/sinter/v1/services/digits/samples?count=60&dataset=small")
        asked = {}
        for item in sample["items"]:
            data = [255 - v for v in item["data"]]
            asked[tuple(data)] = str(item["label"])
            body = {"inputs": [{"name": name, "datatype": sample["datatype"], "shape": [1, *sample["shape"]], "data": data}]}
            self.assertEqual(self.request("POST", "/v2/models/digits/infer", None, body)[0], 200)
        kept = self.ok_json("service", "cases", "digits", "--limit", 1000)["items"]
        self.assertGreater(len(kept), 10)
        truth = [asked[tuple(case["inputs"][0]["data"])] for case in kept]
        # They outlive a stop, and a kill once they have been written; without consent nothing does.
        for how in (signal.SIGTERM, signal.SIGKILL):
            server.send_signal(how)
            server.wait(30)
            server = self.serve()
            again = self.ok_json("service", "cases", "digits", "--limit", 1000)["items"]
            self.assertEqual([c["inputs"] for c in again], [c["inputs"] for c in kept], how)

        made = self.ok_json("service", "cases", "digits", "--label", "hard", "--export", "digits-hard")
        self.assertEqual(made["cases"], len(kept))
        self.assertEqual((made["spec"]["dataset"], made["spec"]["choice"]), ("digits-hard@1", "active"))
        self.assertEqual(self.ok_json("service", "cases", "digits")["kept"], 0)
        deadline = time.monotonic() + 60
        while self.status("hard")["prelabels"]["made"] < len(kept):
            self.assertEqual(self.status("hard")["prelabels"]["error"], "")
            self.assertLess(time.monotonic(), deadline, "no prelabels")
            time.sleep(0.05)
        # What nobody has labelled yet has no label: not what the model said.
        self.assertEqual(self.status("hard")["known"]["of"], 0)
        self.assertEqual(self.status("hard")["prelabel_known"]["of"], 0)
        columns = self.get("/sinter/v1/datasets/digits-hard@1/profile")["dataset"]["columns"]
        self.assertEqual([c["name"] for c in columns[1:]], ["label", "said"])
        items = self.api("POST", "/labellings/hard/next", {"count": 100})["items"]
        self.assertEqual(len(items), len(kept))
        confidence = [item["prelabel"]["confidence"] for item in items]
        for item, case in ((i, kept[i["row"]]) for i in items):
            self.assertEqual(item["prelabel"]["value"]["class"], case["class_name"])
            self.assertAlmostEqual(item["prelabel"]["confidence"], case["confidence"], places=3)
        self.assertLess(confidence[0], confidence[-1])
        for item in items[:-2]:
            self.api("PUT", f"/labellings/hard/items/{item['item']}/answer", {"value": {"class": truth[item["row"]]}})
        retrain = self.folder / "retrain.yaml"
        # It trains on what was committed, whatever the recipe names.
        retrain.write_text(recipe("again", epochs=1).replace("{dataset: small}", "{dataset: small, train: cases, test: cases}")
                           .replace("batch_size: 50", "batch_size: 10"))
        committed = self.ok_json("data", "label", "commit", "hard", "--only-labelled", "--train", retrain)
        self.assertEqual((committed["name"], committed["labels"]), ("digits-hard@2", len(kept) - 2))
        job = committed["job"]["id"]
        deadline = time.monotonic() + 120
        while (state := self.get(f"/sinter/v1/jobs/{job}")["state"]) not in ("succeeded", "failed", "cancelled"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(state, "succeeded", self.ok("job", "logs", job))
        run = self.get(f"/sinter/v1/runs/{committed['job']['spec']['run']}")
        self.assertEqual((run["state"], run["dataset"]), ("succeeded", "digits-hard@2"))
        kinds = {(s["kind"], s["ref"]) for s in self.get("/sinter/v1/lineage?kind=dataset&ref=digits-hard@1")["steps"]}
        self.assertIn(("model", run["model"]), kinds)


if __name__ == "__main__":
    main()
